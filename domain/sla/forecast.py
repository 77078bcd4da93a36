"""The deadlines and warnings of a clock if nothing else happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar.business_time import (
    breach_at,
    due_at,
    elapsed,
    is_open,
    next_open,
    previous_open,
)
from domain.calendar.calendar import Calendar
from domain.copies import replace
from domain.sla.clock import Clock
from domain.sla.facts import PreBreachStep, Warned
from domain.sla.threshold import parse_threshold

ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A step before the breach. `wall`: its distance is wall time, not the clock's."""

    step: int
    threshold: str
    wall: bool


@dataclass(frozen=True, kw_only=True)
class Hours:
    """`calendar`: when the clock runs; `quiet`: when people may be warned. None =
    always. `early`: steps of the escalation policy before the breach.
    """

    calendar: Calendar | None = None
    quiet: Calendar | None = None
    early: tuple[Lead, ...] = ()


def used(clock: Clock, at: datetime, calendar: Calendar | None) -> timedelta:
    """The time that counts against the target: business time less pauses, plus what a
    change carried over.
    """
    if clock.elapsed is not None:
        return clock.elapsed
    return clock.carried + elapsed(calendar, clock.counted_from, at, clock.pauses)


def forecast(
    clock: Clock, warn_at: tuple[str, ...], at: datetime, hours: Hours
) -> Clock:
    """The clock with its deadlines and the warnings still to be given as of `at`.

    A warning already given counts for a new deadline only if it would have been given
    by now under that one too.
    """
    left = max(clock.target - clock.carried, ZERO)
    question = (hours.calendar, clock.counted_from, left, clock.pauses)
    timed = replace(clock, due_at=due_at(*question), breach_at=breach_at(*question))
    planned = tuple(
        Warned(threshold=text, at=_at_once_or_later(timed, when, at, hours.quiet))
        for text, when in _planned(timed, warn_at, hours)
        if when > at or text not in clock.warned
    )
    early = tuple(
        PreBreachStep(step=lead.step, at=when)
        for lead in hours.early
        if (when := _lead_at(timed, lead, hours.calendar)) is not None
    )
    return replace(timed, warnings=planned, early=early)


def _planned(
    clock: Clock, warn_at: tuple[str, ...], hours: Hours
) -> Iterator[tuple[str, datetime]]:
    for text in warn_at:
        when = _warning_at(clock, text, hours.calendar)
        if when is not None:
            yield text, _not_in_quiet(clock, when, hours.quiet)


def _lead_at(clock: Clock, lead: Lead, calendar: Calendar | None) -> datetime | None:
    """In wall time it is counted back from the due instant, which people are shown, or
    is a share of the time until then. None if it would be before the start of the
    clock.
    """
    if not lead.wall:
        return _warning_at(clock, lead.threshold, calendar)
    if clock.due_at is None:
        return None
    threshold, start = parse_threshold(lead.threshold), clock.started_at
    if isinstance(threshold, timedelta):
        when = clock.due_at - threshold
        return when if when > start else None
    way = clock.due_at - start
    return start + way * threshold.numerator / threshold.denominator


def _warning_at(clock: Clock, text: str, calendar: Calendar | None) -> datetime | None:
    """A share of the target is reached as early as possible; a duration is counted back
    from the breach: half an hour before Tuesday 09:30 is Tuesday 09:00, not Monday's
    closing. None if it would be before the start of the clock.
    """
    threshold = parse_threshold(text)
    if isinstance(threshold, timedelta):
        if threshold >= clock.target:
            return None
        amount, reached = clock.target - threshold - clock.carried, breach_at
    else:
        share = clock.target * threshold.numerator / threshold.denominator
        amount, reached = share - clock.carried, due_at
    if amount <= ZERO:
        return clock.counted_from
    return reached(calendar, clock.counted_from, amount, clock.pauses)


def _at_once_or_later(
    clock: Clock, when: datetime, at: datetime, quiet: Calendar | None
) -> datetime:
    """Overdue warnings are not given in quiet hours either."""
    if when >= at or is_open(quiet, at):
        return when
    return _after_quiet(clock, at, quiet) or when


def _not_in_quiet(clock: Clock, when: datetime, quiet: Calendar | None) -> datetime:
    """Given before the quiet hours begin; if the clock did not run then, when they end;
    never after the breach.
    """
    if quiet is None or is_open(quiet, when):
        return when
    before = previous_open(quiet, when)
    if before is not None and before > clock.counted_from:
        return before
    return _after_quiet(clock, when, quiet) or when


def _after_quiet(
    clock: Clock, when: datetime, quiet: Calendar | None
) -> datetime | None:
    """None if the promise would be breached by then."""
    after, breach = next_open(quiet, when), clock.breach_at
    return after if after and breach and after < breach else None
