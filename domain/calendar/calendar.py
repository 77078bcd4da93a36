"""A calendar: the wall-clock hours of one time zone in which business time runs.

A `Calendar` is an immutable value, one version of a configured calendar. On one local
date, what is said more narrowly wins: break over holiday over shift over weekly hours.

A window belongs to the date on which it opens, also when it closes after midnight: a
shift or a holiday on that date replaces all of it. A holiday closes its whole date, so
a window of the evening before ends at midnight; a shift leaves that window alone.

`None` stands for "always open" wherever a calendar is taken. Reading and checking the
JSON form is in `calendar_form`, the arithmetic in `business_time`.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

ALWAYS = "always"
"""The reserved name of the calendar that is never closed."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Window(NamedTuple):
    """Seconds after local midnight, half-open; past 86,400 it ends the day after."""

    opens_s: int
    closes_s: int


Windows: TypeAlias = tuple[Window, ...]
DatedWindows: TypeAlias = tuple[tuple[date, Windows], ...]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Build one with `calendar_form.parse_calendar`, which checks it.

    `weekly` starts on Monday; `holidays` are inclusive date ranges, sorted and apart;
    `yearly` are holidays as (month, day). Only `identity` is compared and hashed: it is
    the text of all other fields, and a calendar is the key of the caches behind it.
    """

    tz: str = field(compare=False)
    weekly: tuple[Windows, ...] = field(compare=False)
    shifts: DatedWindows = field(default=(), compare=False)
    breaks: DatedWindows = field(default=(), compare=False)
    holidays: tuple[tuple[date, date], ...] = field(default=(), compare=False)
    yearly: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    identity: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(self.weekly) == len(WEEKDAYS)
        own = (self.weekly, self.shifts, self.breaks, self.holidays, self.yearly)
        object.__setattr__(self, "identity", f"{self.tz} {own!r}")

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @cached_property
    def _shift_of(self) -> dict[date, Windows]:
        return dict(self.shifts)

    @cached_property
    def _breaks_of(self) -> dict[date, Windows]:
        return dict(self.breaks)

    @cached_property
    def _holiday_starts(self) -> list[date]:
        return [first for first, _ in self.holidays]

    def is_holiday(self, day: date) -> bool:
        if (day.month, day.day) in self.yearly:
            return True
        latest = bisect_right(self._holiday_starts, day) - 1
        return latest >= 0 and day <= self.holidays[latest][1]

    def windows_on(self, day: date) -> Windows:
        """The windows that open on that date, breaks not yet taken out."""
        if self.is_holiday(day):
            return ()
        return self._shift_of.get(day, self.weekly[day.weekday()])

    def breaks_on(self, day: date) -> Windows:
        return self._breaks_of.get(day, ())
