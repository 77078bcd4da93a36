"""From wall-clock windows to open spans: the open hours of a calendar on local dates.

The midnights of a zone are computed once and shared by all of its calendars. Between
two that are 24 hours apart the clock was not changed, and wall times are plain sums.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from domain.calendar.calendar import Calendar, Window, Windows
from domain.calendar.instants import DAY_US, SECOND_US, Span, merge, subtract, wall_us
from domain.duration import DAY_S

ONE_DAY: Final = timedelta(days=1)
WHOLE_DAY: Final = (Window(0, DAY_S),)
PAGE_DAYS: Final = 512


def open_spans(calendar: Calendar, first: date, last: date) -> Iterator[Span]:
    """Business time of the windows that open from `first` to `last`, inclusive."""
    zone = calendar.zone
    opened: list[Span] = []
    for day in _days(first, last):
        if windows := calendar.windows_on(day):
            opened += _spans(zone, day, windows)
    shut: list[Span] = []
    if opened:  # a window and a break may both reach into the days around
        for day in _days(first - ONE_DAY, last + 2 * ONE_DAY):
            if calendar.is_holiday(day):
                shut += _spans(zone, day, WHOLE_DAY)
            if breaks := calendar.breaks_on(day):
                shut += _spans(zone, day, breaks)
    return subtract(merge(opened), merge(shut))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + n * ONE_DAY for n in range((last - first).days + 1))


def _spans(zone: ZoneInfo, day: date, windows: Windows) -> list[Span]:
    begin, end = _midnight(zone, day.toordinal()), _midnight(zone, day.toordinal() + 1)
    if begin == end:  # the zone skipped this date, as Samoa 2011-12-30: no hours
        return []
    if end - begin == DAY_US and all(closes <= DAY_S for _, closes in windows):
        return [(begin + o * SECOND_US, begin + c * SECOND_US) for o, c in windows]
    return [(wall_us(zone, day, o), wall_us(zone, day, c)) for o, c in windows]


def _midnight(zone: ZoneInfo, ordinal: int) -> int:
    page, line = divmod(ordinal, PAGE_DAYS)
    return _midnights(zone, page)[line]


@lru_cache(maxsize=1024)  # 4 kB each; all calendars of a zone share them
def _midnights(zone: ZoneInfo, page: int) -> Sequence[int]:
    ordinals = range(page * PAGE_DAYS, (page + 1) * PAGE_DAYS)
    return array("q", (wall_us(zone, date.fromordinal(n), 0) for n in ordinals))
