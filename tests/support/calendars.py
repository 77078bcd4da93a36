"""Calendars for the tests, and a slow second opinion on their business time.

`MinuteReference` knows nothing of offsets or folds: it lists the local time of every
minute of a few days and looks wall times up in that list.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.calendar.business_time import Pauses
from domain.calendar.calendar import Calendar, Windows
from domain.calendar.document import parse_calendar

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
REACH = timedelta(days=4)
LESS_THAN_BETWEEN_CHANGES = timedelta(days=6)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WEEKDAYS, "sat", "sun")


def calendar(
    tz: str = "Europe/Berlin",
    hours: Iterable[tuple[str, str]] = (("09:00", "17:00"),),
    days: Iterable[str] = WEEKDAYS,
    **fields: object,
) -> Calendar:
    windows = [list(window) for window in hours]
    weekly = dict.fromkeys(days, windows)
    return parse_calendar({"tz": tz, "hours": weekly, **fields})


OFFICE = calendar()


def local(text: str, tz: str = "Europe/Berlin", *, fold: int = 0) -> datetime:
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz), fold=fold)
    return at.astimezone(UTC)


@cache
def transitions(tz: str) -> tuple[datetime, ...]:
    """The minutes in 2000-2040 at which the offset of the zone changes."""
    zone = ZoneInfo(tz)
    found = []
    for before in _near_changes(zone):
        after = before + LESS_THAN_BETWEEN_CHANGES
        if _offset(before, zone) != _offset(after, zone):
            found.append(_change(zone, before, after))
    return tuple(found)


@cache
def _steps() -> list[datetime]:
    """So close to each other that a zone changes at most once between two of them."""
    first, last = datetime(2000, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
    count = (last - first) // LESS_THAN_BETWEEN_CHANGES + 1
    return [first + n * LESS_THAN_BETWEEN_CHANGES for n in range(count)]


def _near_changes(zone: ZoneInfo) -> list[datetime]:
    """The steps about which the zone changes. Read as local times: that is much quicker
    than to convert each, and wrong by less than a step.
    """
    steps = _steps()
    offsets = [zone.utcoffset(step) for step in steps]
    changed = [n for n, (a, b) in enumerate(pairwise(offsets)) if a != b]
    near = {n + beside for n in changed for beside in (-1, 0, 1)}
    return [steps[n] for n in sorted(near) if 0 <= n < len(steps)]


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    was = _offset(before, zone)
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        if _offset(middle, zone) == was:
            before = middle
        else:
            after = middle
    return after


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


@lru_cache(maxsize=32)
def _local_minutes(tz: str, first: datetime) -> list[datetime]:
    zone = ZoneInfo(tz)
    count = 2 * REACH // MINUTE
    return [
        (first + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in range(count)
    ]


class MinuteReference:
    """Business time within `REACH` of an instant, minute by minute."""

    def __init__(self, calendar: Calendar, around: datetime) -> None:
        self.first = around - REACH
        self._walls = _local_minutes(calendar.tz, self.first)
        minutes = range(len(self._walls))
        latest_first = zip(reversed(self._walls), reversed(minutes), strict=True)
        self._minute_of = dict(latest_first)  # the first of two minutes wins
        self.open = bytearray(len(self._walls))
        days = sorted({wall.date() for wall in self._walls})[1:-1]
        for day in days[:-1]:
            self._mark(day, _windows(calendar, day), 1)
        for day in days[:-1]:
            whole_day = calendar.is_holiday(day)
            self._mark(day, ((0, 86_400),) if whole_day else (), 0)
            self._mark(day, calendar.breaks_on(day), 0)

    def _mark(self, day: date, windows: Iterable[tuple[int, int]], value: int) -> None:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
        for opens_s, closes_s in windows:
            begin = self._find(midnight + timedelta(seconds=opens_s))
            end = self._find(midnight + timedelta(seconds=closes_s))
            self.open[begin:end] = bytes([value]) * max(0, end - begin)

    def _find(self, wall: datetime) -> int:
        if wall in self._minute_of:
            return self._minute_of[wall]
        after = next(n for n, shown in enumerate(self._walls) if shown > wall)
        jump_from = self._walls[after - 1] + MINUTE
        return after + (wall - jump_from) // MINUTE

    def minute(self, at: datetime) -> int:
        return (at - self.first) // MINUTE

    def time(self, minute: int) -> datetime:
        return self.first + minute * MINUTE

    def running(self, pauses: Pauses) -> bytearray:
        """The open minutes that are in no pause."""
        running = bytearray(self.open)
        for begin, end in pauses:
            first = max(0, self.minute(begin))
            last = len(running) if end is None else self.minute(end)
            running[first:last] = bytes(len(running[first:last]))
        return running


def _windows(calendar: Calendar, day: date) -> Windows:
    if calendar.is_holiday(day):
        return ()
    return dict(calendar.shifts).get(day, calendar.weekly[day.weekday()])
