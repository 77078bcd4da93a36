"""The written form of a calendar: reading, checking and writing it.

    tz: Asia/Shanghai
    hours: {mon: [["09:00", "12:00"], ["13:30", "18:00"]], fri: [["22:00", "06:00"]]}
    holidays: ["2026-10-01", {from: "2026-10-02", to: "2026-10-07"}, {yearly: "05-01"}]
    shifts: {"2026-10-10": [["09:00", "18:00"]]}
    breaks: {"2026-12-24": [["12:00", "13:00"]]}

Times are HH:MM or HH:MM:SS. A window may close at "24:00", or after midnight by closing
earlier than it opens. Closing at 23:59 means 24:00: nobody wants the hole of a minute.
"05-01" is short for {yearly: "05-01"}, {dates: [...]} for several of one source. What
{package: ...} and {ical: ...} stand for is put in their place by `calendar_sources`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from domain.calendar.calendar import ALWAYS, WEEKDAYS, Calendar, Windows
from domain.calendar.window import read_window
from domain.documents.fields import (
    MONTH_DAY,
    read_date,
    read_month_day,
    read_object,
    read_zone,
    refuse,
    time_text,
)
from domain.documents.reader import Reader
from domain.errors import InvalidError

Form: TypeAlias = dict[str, object]
DateRange: TypeAlias = tuple[date, date]

FIELDS = ("name", "tz", "hours", "holidays", "shifts", "breaks")
MAX_WINDOWS = 100
"""A day: each is compared with all others."""


def parse_calendar(document: object) -> Calendar:
    """The calendar that the document describes. `InvalidError` lists all its faults."""
    reader = Reader(document)
    if not reader.fields(FIELDS):
        raise InvalidError(reader.errors)
    tz = reader["tz"].read(read_zone)
    weekly = _read_week(reader.get("hours", {}))
    shifts = tuple(sorted(_read_dates(reader.get("shifts", {}))))
    breaks = tuple(sorted(_read_dates(reader.get("breaks", {}))))
    holidays = _Holidays()
    for entry in reader.get("holidays", []).entries():
        holidays.add(entry)
    if not reader.errors and not any((*weekly, *(hours for _, hours in shifts))):
        message = "never open; for round the clock name the calendar `always`"
        reader["hours"].fault(message)
    if tz is None or reader.errors:
        raise InvalidError(reader.errors)
    return Calendar(
        tz=tz,
        weekly=weekly,
        shifts=shifts,
        breaks=breaks,
        holidays=_merged(holidays.ranges),
        yearly=tuple(sorted(holidays.month_days)),
    )


def read_calendar_name(reader: Reader) -> str | None:
    """In another document; `always` stands for no document."""
    return ALWAYS if reader.value == ALWAYS else reader.name("calendars")


def calendar_form(calendar: Calendar) -> Form:
    """The document that `parse_calendar` reads as an equal calendar."""
    hours = zip(WEEKDAYS, calendar.weekly, strict=True)
    return {
        "tz": calendar.tz,
        "hours": {day: _pairs(windows) for day, windows in hours if windows},
        "holidays": [
            *({"from": str(a), "to": str(b)} for a, b in calendar.holidays),
            *({"yearly": f"{m:02}-{d:02}"} for m, d in calendar.yearly),
        ],
        "shifts": {str(day): _pairs(windows) for day, windows in calendar.shifts},
        "breaks": {str(day): _pairs(windows) for day, windows in calendar.breaks},
    }


def _read_week(reader: Reader) -> tuple[Windows, ...]:
    for name in reader.read(read_object) or ():
        if name not in WEEKDAYS:
            reader[name].fault(f"unknown day; use {', '.join(WEEKDAYS)}")
    return tuple(_read_windows(reader.get(day, [])) for day in WEEKDAYS)


def _read_dates(reader: Reader) -> Iterator[tuple[date, Windows]]:
    for name in reader.read(read_object) or ():
        day = replace(reader[name], value=name).read(read_date)
        windows = _read_windows(reader[name])
        if day is not None:
            yield day, windows


def _read_windows(reader: Reader) -> Windows:
    windows = [pair.read(read_window) for pair in reader.entries(MAX_WINDOWS)]
    return tuple(window for window in windows if window is not None)


class _Holidays:
    def __init__(self) -> None:
        self.ranges: list[DateRange] = []
        self.month_days: set[tuple[int, int]] = set()

    def add(self, reader: Reader) -> None:
        match reader.value:
            case {"dates": _, **rest} if not rest:
                days = [day.read(read_date) for day in reader["dates"].entries()]
                self.ranges += [(day, day) for day in days if day is not None]
            case _:
                reader.read(self._add)

    def _add(self, entry: object, pointer: str) -> None:
        match entry:
            case {"from": first, "to": last, **rest} if not rest:
                self.ranges.append(_range(first, last, pointer))
            case {"yearly": day, **rest} if not rest:
                self.month_days.add(read_month_day(day, f"{pointer}/yearly"))
            case {"package": _} | {"ical": _}:
                refuse(pointer, "stands for dates that have to be looked up first")
            case str() if MONTH_DAY.fullmatch(entry):
                self.month_days.add(read_month_day(entry, pointer))
            case str() | date():
                self.ranges.append(_range(entry, entry, pointer, ends=("", "")))
            case _:
                known = "{from, to}, {yearly}, {dates}, {package} or {ical}"
                refuse(pointer, f"must be a date, {known}")


def _range(
    first: object, last: object, pointer: str, ends: tuple[str, str] = ("/from", "/to")
) -> DateRange:
    begin = read_date(first, pointer + ends[0])
    end = read_date(last, pointer + ends[1])
    if end < begin:
        refuse(pointer + ends[1], "is before `from`")
    return begin, end


def _merged(ranges: Iterable[DateRange]) -> tuple[DateRange, ...]:
    merged: list[DateRange] = []
    for first, last in sorted(ranges):
        if merged and first.toordinal() <= merged[-1][1].toordinal() + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _pairs(windows: Windows) -> list[list[str]]:
    return [
        [time_text(window.opens_s), time_text(window.closes_s)] for window in windows
    ]
