"""A change rule applied to a running clock: see `change_rules` for what each means."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.calendar.business_time import breach_at, elapsed
from domain.calendar.calendar import Calendar
from domain.calendar.instants import MICROSECOND
from domain.calendar.span import Span, ended
from domain.sla.change_rules import ChangeRule
from domain.sla.clock import Clock

ZERO = timedelta(0)

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Calendars:
    old: Calendar | None
    new: Calendar | None


def changed(
    clock: Clock, target: timedelta, rule: ChangeRule, at: datetime, by: Calendars
) -> Clock:
    """The clock under its new target; its deadlines are not computed yet."""
    match rule:
        case "keep":
            return clock
        case "restart":
            pauses = (Span(at),) if clock.state == "paused" else ()
            return replace(
                clock, target=target, counted_from=at, carried=ZERO, pauses=pauses
            )
        case "carry_share":
            return _sharing(clock, target, at, by.old)
        case "keep_tighter":
            new = replace(clock, target=target)
            later = _breaks(new, at, by.new) > _breaks(clock, at, by.old)
            return clock if later else new
        case "from_start":
            return replace(clock, target=target)


def _breaks(clock: Clock, at: datetime, calendar: Calendar | None) -> datetime:
    """When it would be breached if a pause ended now."""
    left = max(clock.target - clock.carried, ZERO)
    pauses = ended(clock.pauses, at)
    return breach_at(calendar, clock.counted_from, left, pauses) or NEVER


def _sharing(
    clock: Clock, target: timedelta, at: datetime, calendar: Calendar | None
) -> Clock:
    used = clock.carried + elapsed(calendar, clock.counted_from, at, clock.pauses)
    share = (used // MICROSECOND) * (target // MICROSECOND)
    carried = share // (clock.target // MICROSECOND) * MICROSECOND
    pauses = (Span(at),) if clock.state == "paused" else ()
    return replace(
        clock, target=target, counted_from=at, carried=carried, pauses=pauses
    )


def graced(
    clock: Clock, at: datetime, grace: timedelta, calendar: Calendar | None
) -> Clock:
    """If the change put the target into the past, the grace period applies."""
    if grace <= ZERO or clock.breached_at is not None:
        return clock
    left = clock.target - clock.carried
    last = None
    if left >= ZERO:
        last = breach_at(calendar, clock.counted_from, left, clock.pauses)
        if last is None or last >= at:
            return clock
    used = clock.carried + elapsed(calendar, clock.counted_from, at, clock.pauses)
    return replace(clock, target=used + grace)
