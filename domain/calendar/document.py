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

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import TypeAlias

from domain.calendar.calendar import WEEKDAYS, Calendar, DatedWindows, Windows
from domain.calendar.window import read_window
from domain.documents.attempts import Reader
from domain.documents.fields import (
    MONTH_DAY,
    below,
    read_date,
    read_list,
    read_month_day,
    read_object,
    read_zone,
    refuse,
    time_text,
)
from domain.errors import FieldError, InvalidError, UnknownFieldError

Form: TypeAlias = dict[str, object]
DateRange: TypeAlias = tuple[date, date]

FIELDS = ("name", "tz", "hours", "holidays", "shifts", "breaks")
MAX_WINDOWS = 100
"""A day: each is compared with all others."""


def parse_calendar(document: object) -> Calendar:
    """The calendar that the document describes. `InvalidError` lists all its faults."""
    fields = read_object(document, "")
    reader = _Reader()
    for name in fields:
        if name not in FIELDS:
            reader.errors.append(UnknownFieldError.of(below("", name), name, FIELDS))
    tz = reader.attempt(read_zone, fields.get("tz"), "/tz")
    weekly = reader.weekly(fields.get("hours", {}))
    shifts = reader.dated(fields.get("shifts", {}), "/shifts")
    breaks = reader.dated(fields.get("breaks", {}), "/breaks")
    reader.holidays(fields.get("holidays", []))
    if not reader.errors and not any((*weekly, *(hours for _, hours in shifts))):
        message = "never open; for round the clock name the calendar `always`"
        reader.errors.append(FieldError("/hours", message))
    if tz is None or reader.errors:
        raise InvalidError(reader.errors)
    return Calendar(
        tz=tz,
        weekly=weekly,
        shifts=shifts,
        breaks=breaks,
        holidays=_merged(reader.ranges),
        yearly=tuple(sorted(reader.month_days)),
    )


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


class _Reader(Reader):
    def __init__(self) -> None:
        super().__init__()
        self.ranges: list[DateRange] = []
        self.month_days: set[tuple[int, int]] = set()

    def weekly(self, value: object) -> tuple[Windows, ...]:
        days = self.attempt(read_object, value, "/hours") or {}
        for name in days:
            if name not in WEEKDAYS:
                message = f"unknown day; use {', '.join(WEEKDAYS)}"
                self.errors.append(FieldError(below("/hours", name), message))
        return tuple(
            self._windows(days.get(day, []), below("/hours", day)) for day in WEEKDAYS
        )

    def dated(self, value: object, pointer: str) -> DatedWindows:
        days = self.attempt(read_object, value, pointer) or {}
        return tuple(sorted(self._each_date(days, pointer)))

    def _each_date(
        self, days: Mapping[object, object], pointer: str
    ) -> Iterator[tuple[date, Windows]]:
        for key, value in days.items():
            day = self.attempt(read_date, key, below(pointer, key))
            windows = self._windows(value, below(pointer, key))
            if day is not None:
                yield day, windows

    def _windows(self, value: object, pointer: str) -> Windows:
        read_pairs = partial(read_list, limit=MAX_WINDOWS)
        pairs = enumerate(self.attempt(read_pairs, value, pointer) or [])
        read = (self.attempt(read_window, pair, below(pointer, i)) for i, pair in pairs)
        return tuple(window for window in read if window is not None)

    def holidays(self, value: object) -> None:
        entries = self.attempt(read_list, value, "/holidays") or []
        for index, entry in enumerate(entries):
            self.attempt(self._holiday, entry, below("/holidays", index))

    def _holiday(self, entry: object, pointer: str) -> None:
        match entry:
            case {"from": first, "to": last, **rest} if not rest:
                self.ranges.append(_range(first, last, pointer))
            case {"yearly": day, **rest} if not rest:
                self.month_days.add(read_month_day(day, f"{pointer}/yearly"))
            case {"dates": days, **rest} if not rest:
                self._dates(days, f"{pointer}/dates")
            case {"package": _} | {"ical": _}:
                refuse(pointer, "stands for dates that have to be looked up first")
            case str() if MONTH_DAY.fullmatch(entry):
                self.month_days.add(read_month_day(entry, pointer))
            case str() | date():
                self.ranges.append(_range(entry, entry, pointer, ends=("", "")))
            case _:
                known = "{from, to}, {yearly}, {dates}, {package} or {ical}"
                refuse(pointer, f"must be a date, {known}")

    def _dates(self, value: object, pointer: str) -> None:
        for index, day in enumerate(read_list(value, pointer)):
            only = self.attempt(read_date, day, below(pointer, index))
            if only is not None:
                self.ranges.append((only, only))


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
