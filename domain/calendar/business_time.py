"""Business-time arithmetic: elapsed time, deadlines and their inverse.

E(a, b) is the business time in [a, b) less the union of the pauses. Then

    due_at    = the first instant t with E(start, t) >= budget  (what people are shown)
    breach_at = the last instant t with E(start, t) <= budget   (what a timer awaits)

They differ when the budget ends where business time stops: due at closing, breached
at the next opening, and an answer in between is in time. All functions are pure, take
aware datetimes, answer in UTC to the microsecond, and accept `None` for "always open".

The answer is `None` where no such instant comes: the calendar does not open again
within a hundred years, or an open-ended pause holds the clock.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from operator import ge, gt
from typing import NamedTuple, TypeAlias

from domain.calendar import instants, timeline
from domain.calendar.calendar import Calendar
from domain.calendar.instants import FOREVER, MICROSECOND, from_us, merge, to_us
from domain.calendar.span import Span

Pauses: TypeAlias = Iterable[Span]


class Segment(NamedTuple):
    """An uninterrupted piece of business time, [start, end)."""

    start: datetime
    end: datetime


def elapsed(
    calendar: Calendar | None,
    start: datetime,
    end: datetime,
    pauses: Pauses = (),
) -> timedelta:
    """E(start, end); zero when `end` is before `start`."""
    begin, until = to_us(start), to_us(end)
    total = timeline.between(calendar, begin, until)
    for pause in _union(pauses, begin, until):
        total -= timeline.between(calendar, *pause)
    return total * MICROSECOND


def due_at(
    calendar: Calendar | None,
    start: datetime,
    budget: timedelta,
    pauses: Pauses = (),
) -> datetime | None:
    """The first instant at which the budget is used up; `start` for a zero budget."""
    begin = to_us(start)
    amount = _with_pauses(calendar, begin, _amount(budget), pauses, uses_up=gt)
    return _instant(amount, lambda us: timeline.earliest(calendar, begin, us))


def breach_at(
    calendar: Calendar | None,
    start: datetime,
    budget: timedelta,
    pauses: Pauses = (),
) -> datetime | None:
    """The last instant at which no more than the budget is used."""
    begin = to_us(start)
    amount = _with_pauses(calendar, begin, _amount(budget), pauses, uses_up=ge)
    return _instant(amount, lambda us: timeline.latest(calendar, begin, us))


def back(
    calendar: Calendar | None,
    end: datetime,
    duration: timedelta,
    pauses: Pauses = (),
) -> datetime | None:
    """The last instant with `duration` of business time between it and `end`.

    It is where a warning "d before" belongs: half an hour before Tuesday 09:30 is
    Tuesday 09:00, not Monday's closing.
    """
    until = to_us(end)
    amount = _amount(duration)
    for begin, finish in reversed(_union(pauses, -FOREVER, until)):
        if timeline.between(calendar, finish, until) >= amount:
            break
        amount += timeline.between(calendar, begin, finish)
    return _instant(amount, lambda us: timeline.rewind(calendar, until, us))


def is_open(calendar: Calendar | None, at: datetime) -> bool:
    return timeline.is_open(calendar, to_us(at))


def next_open(calendar: Calendar | None, at: datetime) -> datetime | None:
    """`at` while open, else the next opening."""
    return breach_at(calendar, at, timedelta(0))


def previous_open(calendar: Calendar | None, at: datetime) -> datetime | None:
    """`at` while open and at closing, else the last closing before it."""
    if calendar is None or is_open(calendar, at):
        return from_us(to_us(at))
    closing = timeline.last_closing(calendar, to_us(at))
    return None if closing is None else from_us(closing)


def segments(
    calendar: Calendar | None, start: datetime, end: datetime
) -> tuple[Segment, ...]:
    """The pieces of [start, end) that are business time, in order, none touching."""
    pieces = timeline.spans(calendar, to_us(start), to_us(end))
    return tuple(Segment(from_us(begin), from_us(until)) for begin, until in pieces)


def _amount(duration: timedelta) -> int:
    if duration < timedelta(0):
        raise ValueError("a duration of business time must not be negative")
    return duration // MICROSECOND


def _instant(
    amount: int | None, search: Callable[[int], int | None]
) -> datetime | None:
    found = None if amount is None else search(amount)
    return None if found is None else from_us(found)


def _union(pauses: Pauses, begin: int, end: int) -> list[instants.Span]:
    if not pauses:
        return []
    return merge(
        (
            max(begin, to_us(first)),
            end if last is None else min(end, to_us(last)),
        )
        for first, last in pauses
    )


def _with_pauses(
    calendar: Calendar | None,
    start: int,
    amount: int,
    pauses: Pauses,
    *,
    uses_up: Callable[[int, int], bool],
) -> int | None:
    """The amount and the business part of every pause that the clock runs into."""
    for begin, end in _union(pauses, start, FOREVER):
        if not uses_up(amount, timeline.between(calendar, start, begin)):
            break
        if end == FOREVER:
            return None
        amount += timeline.between(calendar, begin, end)
    return amount
