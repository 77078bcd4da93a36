"""The final schedule over a range: shifts, and the gaps between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.calendar.instants import FOREVER, Span, from_us, subtract, to_us
from domain.errors import InvalidError
from domain.oncall.final import final_holders
from domain.oncall.holding import Held, joined, spans
from domain.oncall.override import absences
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_RANGE: Final = timedelta(days=2 * 366)


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Half-open, in UTC; cut to the requested range."""

    begin: datetime
    end: datetime
    person: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Nobody is on call."""

    begin: datetime
    end: datetime


def shifts(plan: Plan, begin: datetime, end: datetime) -> tuple[Shift, ...]:
    """By begin and person. Shifts overlap where several are on call together, but
    nobody has two at an instant; adjacent shifts for the same reason are one. Raises
    InvalidError, pointers /from and /to, for an invalid range.
    """
    return tuple(map(shift, holders(plan, *_checked(begin, end))))


def gaps(plan: Plan, begin: datetime, end: datetime) -> tuple[Gap, ...]:
    """The rest of the range. Raises InvalidError as `shifts`."""
    asked = _checked(begin, end)
    uncovered = subtract([asked], spans(holders(plan, *asked)))
    return tuple(Gap(begin=from_us(a), end=from_us(b)) for a, b in uncovered)


def shift(held: Held) -> Shift:
    begin, end = from_us(held.begin), from_us(held.end)
    return Shift(begin=begin, end=end, person=held.person, reason=held.reason)


def holders(plan: Plan, begin: int, end: int) -> list[Held]:
    """`shifts` in microseconds since 1970, of any range."""
    away = absences(plan.leaves)
    return joined(
        piece
        for schedule, span in _reigns(plan, begin, end)
        for piece in final_holders(schedule, plan.changes, away, span)
    )


def _reigns(plan: Plan, begin: int, end: int) -> Iterator[tuple[Schedule, Span]]:
    """Each version within the time that it was in force."""
    since = [
        -FOREVER if version.since is None else to_us(version.since)
        for version in plan.versions
    ]
    for version, first, last in zip(
        plan.versions, since, [*since, FOREVER][1:], strict=True
    ):
        span = max(begin, first), min(end, last)
        if version.schedule is not None and span[0] < span[1]:
            yield version.schedule, span


def _checked(begin: datetime, end: datetime) -> Span:
    if not EARLIEST <= begin < LATEST:
        raise InvalidError.at("/from", "must be in the years 1970 to 2199")
    if not begin < end <= min(LATEST, begin + LONGEST_RANGE):
        message = f"must be after `from`, by {LONGEST_RANGE.days} days at most"
        raise InvalidError.at("/to", message)
    return to_us(begin), to_us(end)
