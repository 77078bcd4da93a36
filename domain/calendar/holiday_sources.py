"""Holidays that somebody else knows: a package of a country's, or an iCalendar file.

    {package: chinesecalendar, hours: [["09:00", "18:00"]]}
    {package: holidays, country: DE, subdivision: BE, years: [2026, 2027]}
    {ical: "BEGIN:VCALENDAR…", except: ["2026-12-24"]}

`expand` puts {dates: […]} in the place of each, so that every JSON pointer stays true.
Weekend days that are worked to make up for a bridge day (调休) become shifts with the
entry's `hours`, else Monday's, but never over a shift that was written. The looking up
is handed in; what was found is kept with the version, because packages change.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from domain.calendar.calendar import Calendar
from domain.calendar.document import parse_calendar
from domain.calendar.lint import calendar_warnings
from domain.calendar.window import read_window
from domain.documents.fields import (
    below,
    read_date,
    read_list,
    read_text,
    read_year,
    refuse,
)
from domain.errors import FieldError, InvalidError
from domain.event import Json

CHINESE = "chinesecalendar"
BY_COUNTRY = "holidays"
MEMBERS = {
    CHINESE: ("package", "years", "hours", "except"),
    BY_COUNTRY: ("package", "country", "subdivision", "years", "hours", "except"),
}
ICAL_MEMBERS = ("ical", "hours", "except")
MAX_YEARS = 50
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class HolidaySource:
    """One entry as it was written; without `years` the years around today."""

    pointer: str
    package: str | None = None
    country: str | None = None
    subdivision: str | None = None
    years: tuple[int, ...] = ()
    ical: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """The result of a source; `warnings` with pointers into the whole document."""

    holidays: Iterable[date]
    working_days: Iterable[date] = ()
    warnings: tuple[FieldError, ...] = ()


LookUp = Callable[[HolidaySource], Found]
"""Raises InvalidError for a package, country, year or file that it does not know."""


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """The document with dates instead of sources. A source with an `errors` entry is
    empty in it, so that one answer can name the other faults too. `made` says which
    entry added a shift: date to pointer.
    """

    document: Json
    warnings: tuple[FieldError, ...] = ()
    errors: tuple[FieldError, ...] = ()
    made: Mapping[str, str] = field(default_factory=dict)

    def calendar(self) -> Calendar:
        """Raises InvalidError with the faults of the sources and of the rest."""
        try:
            calendar = parse_calendar(self.document)
        except InvalidError as error:
            raise InvalidError((*self.errors, *error.errors)) from error
        if self.errors:
            raise InvalidError(self.errors)
        return calendar

    def advice(self, calendar: Calendar) -> Iterator[FieldError]:
        """What is allowed in it but probably unintended, and what its sources do not
        know.
        """
        yield from self.warnings
        yield from self._placed(calendar_warnings(calendar))

    def _placed(self, warnings: Iterable[FieldError]) -> Iterator[FieldError]:
        """Faults of a shift that nobody wrote belong to the entry that added it."""
        for warning in warnings:
            _, _, below_shifts = warning.pointer.partition("/shifts/")
            day = below_shifts.partition("/")[0]
            if day in self.made:
                message = f"the working day {day} {warning.message}"
                yield FieldError(self.made[day], message)
            else:
                yield warning


def expand(document: Json, look_up: LookUp) -> Expansion:
    """Calls `look_up` once for every entry that is a source."""
    entries = document.get("holidays")
    if not isinstance(entries, list) or not any(map(_is_source, entries)):
        return Expansion(document=document)
    expander = _Expander(document, look_up)
    holidays = [
        expander.dates(entry, below("/holidays", index)) if _is_source(entry) else entry
        for index, entry in enumerate(entries)
    ]
    return Expansion(
        document={**document, "holidays": holidays, "shifts": expander.shifts},
        warnings=tuple(expander.warnings),
        errors=tuple(expander.errors),
        made=expander.made,
    )


def _is_source(entry: object) -> bool:
    return isinstance(entry, dict) and ("package" in entry or "ical" in entry)


class _Expander:
    def __init__(self, document: Json, look_up: LookUp) -> None:
        self._look_up = look_up
        self._monday = _monday(document)
        shifts = document.get("shifts", {})
        self.shifts = dict(shifts) if isinstance(shifts, dict) else shifts
        self.made: dict[str, str] = {}
        self.warnings: list[FieldError] = []
        self.errors: list[FieldError] = []

    def dates(self, entry: Mapping[str, object], pointer: str) -> Json:
        excepted = self._attempt(_excepted, entry, pointer) or {}
        hours = self._attempt(_hours, entry, pointer)
        source = self._attempt(_source, entry, pointer)
        found = None if source is None else self._ask(source)
        if found is None:
            return {"dates": []}
        self.warnings += found.warnings
        holidays, working = set(found.holidays), set(found.working_days)
        for day, where in excepted.items():
            if day not in holidays | working:
                self.warnings.append(FieldError(where, "is not one of its days"))
        chosen = self._monday if hours is None else hours
        self._work(sorted(working - excepted.keys()), chosen, pointer)
        return {"dates": [str(day) for day in sorted(holidays - excepted.keys())]}

    def _ask(self, source: HolidaySource) -> Found | None:
        try:
            return self._look_up(source)
        except InvalidError as error:
            self.errors += error.errors
            return None

    def _work(self, days: list[date], hours: list[object], pointer: str) -> None:
        if days and not hours:
            message = f"{len(days)} working days stay as they are: give their `hours`"
            self.warnings.append(FieldError(pointer, message))
        for day in map(str, days if hours else ()):
            if isinstance(self.shifts, dict) and day not in self.shifts:
                self.shifts[day], self.made[day] = hours, pointer

    def _attempt(
        self,
        read: Callable[[Mapping[str, object], str], T],
        entry: Mapping[str, object],
        pointer: str,
    ) -> T | None:
        try:
            return read(entry, pointer)
        except InvalidError as error:
            self.errors += error.errors
            return None


def _source(entry: Mapping[str, object], pointer: str) -> HolidaySource:
    if "ical" in entry:
        _only(entry, ICAL_MEMBERS, pointer)
        text = read_text(entry["ical"], f"{pointer}/ical")
        return HolidaySource(pointer=pointer, ical=text)
    package = read_text(entry["package"], f"{pointer}/package")
    if package not in MEMBERS:
        message = f"unknown holiday package; there are {', '.join(MEMBERS)}"
        refuse(f"{pointer}/package", message)
    _only(entry, MEMBERS[package], pointer)
    source = HolidaySource(
        pointer=pointer, package=package, years=_years(entry, pointer)
    )
    if package == CHINESE:
        return source
    country = read_text(entry.get("country"), f"{pointer}/country")
    part = entry.get("subdivision")
    subdivision = None if part is None else read_text(part, f"{pointer}/subdivision")
    return replace(source, country=country, subdivision=subdivision)


def _only(entry: Mapping[str, object], members: tuple[str, ...], pointer: str) -> None:
    if unknown := [name for name in entry if name not in members]:
        message = f"unknown field; there are {', '.join(members)}"
        raise InvalidError(FieldError(below(pointer, n), message) for n in unknown)


def _years(entry: Mapping[str, object], pointer: str) -> tuple[int, ...]:
    given = read_list(entry.get("years", []), f"{pointer}/years")
    if len(given) > MAX_YEARS:
        refuse(f"{pointer}/years", f"has more than {MAX_YEARS}")
    return tuple(read_year(y, f"{pointer}/years/{i}") for i, y in enumerate(given))


def _excepted(entry: Mapping[str, object], pointer: str) -> dict[date, str]:
    """Each date and its place."""
    given = read_list(entry.get("except", []), f"{pointer}/except")
    places = [(day, f"{pointer}/except/{i}") for i, day in enumerate(given)]
    return {read_date(day, where): where for day, where in places}


def _hours(entry: Mapping[str, object], pointer: str) -> list[object] | None:
    if "hours" not in entry:
        return None
    hours = read_list(entry["hours"], f"{pointer}/hours")
    for index, window in enumerate(hours):
        read_window(window, f"{pointer}/hours/{index}")
    return hours


def _monday(document: Json) -> list[object]:
    """Monday's windows; none if they cannot be read, which the calendar itself
    reports.
    """
    hours = document.get("hours")
    monday = hours.get("mon", []) if isinstance(hours, dict) else []
    try:
        return _hours({"hours": monday}, "") or []
    except InvalidError:
        return []
