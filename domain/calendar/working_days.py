"""The other unit of a target: working days instead of business time.

A working day is a local date with a window that opens on it and is not swallowed by
breaks. "n working days later" keeps the wall-clock time of the start, also over a
change of offset, or takes the end of that day. To pause or measure such a target, turn
it into business time once: E(start, working_days_later(calendar, start, n)).

Always open (`None`) means days of 24 hours, ending at midnight UTC.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from domain.calendar.business_time import is_open, next_open, previous_open
from domain.calendar.calendar import Calendar
from domain.calendar.instants import from_us, wall_to_utc
from domain.calendar.open_hours import open_spans
from domain.calendar.timeline import HORIZON_DAYS

ONE_DAY = timedelta(days=1)


def working_days_later(
    calendar: Calendar | None, start: datetime, days: int, *, end_of_day: bool = False
) -> datetime | None:
    """The instant `days` working days after `start`, or before it if negative.

    The date of `start` is not counted. A result outside hours moves on to the next
    opening (counted backwards: to the closing before); exactly at closing it stays.
    With `end_of_day` and 0 days it is the next end of a working day from `start` on.
    """
    if calendar is None:
        return _days_later(start, days, end_of_day=end_of_day)
    local = start.astimezone(calendar.zone)
    day = _working_day(calendar, local.date(), days)
    if day is None:
        return None
    if end_of_day:
        return closing_of(calendar, day) if days else _end_of_day(calendar, day, start)
    wall = datetime.combine(day, local.time())
    return _within_hours(calendar, wall_to_utc(calendar.zone, wall), days)


def closing_of(calendar: Calendar, day: date) -> datetime | None:
    """When the last window that opens on that date ends; None on a day off."""
    ends = [end for _, end in open_spans(calendar, day, day)]
    return from_us(ends[-1]) if ends else None


def is_working_day(calendar: Calendar, day: date) -> bool:
    return closing_of(calendar, day) is not None


def _working_day(calendar: Calendar, day: date, days: int) -> date | None:
    """The `days`th working day from `day`, not counting it."""
    if days == 0:
        return day
    step = ONE_DAY if days > 0 else -ONE_DAY
    candidates = (day + n * step for n in range(1, HORIZON_DAYS))
    working = (day for day in candidates if is_working_day(calendar, day))
    return next(islice(working, abs(days) - 1, None), None)


def _end_of_day(calendar: Calendar, day: date, after: datetime) -> datetime | None:
    """The first closing, from that date on, that is not before `after`."""
    closings = (closing_of(calendar, day + n * ONE_DAY) for n in range(HORIZON_DAYS))
    return next((at for at in closings if at is not None and at >= after), None)


def _within_hours(calendar: Calendar, at: datetime, days: int) -> datetime | None:
    if is_open(calendar, at):
        return at
    closing = previous_open(calendar, at)
    if days < 0 or closing == at:
        return closing
    return next_open(calendar, at)


def _days_later(start: datetime, days: int, *, end_of_day: bool) -> datetime:
    later = start.astimezone(UTC) + timedelta(days=days)
    if not end_of_day:
        return later
    return datetime.combine(later.date() + ONE_DAY, time(), tzinfo=UTC)
