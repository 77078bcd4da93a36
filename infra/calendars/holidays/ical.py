"""The all-day events of an iCalendar text (RFC 5545), as dates.

A series is expanded from one year back to three years ahead of today; single events are
kept whatever their date. `DTEND` of an all-day event is the day after its last. Events
with a time of day are not holidays; a warning says how many were left out. Events that
mark a working day close none: it is a working day, also within a holiday.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from icalendar import Event

from domain.calendar.holiday_sources import Found
from domain.documents.fields import MAX_ENTRIES
from domain.errors import FieldError
from infra.calendars.holidays.working_days import is_worked
from infra.calendars.ical.refusal import IcalError, refusing
from infra.calendars.ical.series import in_series, spelled_out
from infra.calendars.ical.text import events_of, is_cancelled, is_timed, start_of

ONE_DAY = timedelta(days=1)
YEARS_BACK, YEARS_AHEAD = 1, 3


def found(text: str, pointer: str, today: date) -> Found:
    """Raises InvalidError for an invalid or too large calendar."""
    where = f"{pointer}/ical"
    with refusing(where):
        events = events_of(text)
        all_day = [event for event in events if not is_timed(event)]
        working = set(_days(filter(is_worked, all_day), today))
        closed = (event for event in all_day if not is_worked(event))
        days = set(_days(closed, today)) - working
        if len(days) + len(working) > MAX_ENTRIES:
            raise IcalError(f"more than {MAX_ENTRIES:,} days")
    timed = sum(is_timed(event) and not is_cancelled(event) for event in events)
    left_out = f"{timed} events with a time of day are no holidays: left out"
    nothing = "holds no all-day event of these years"
    warnings = [left_out] if timed else [] if days | working else [nothing]
    return Found(
        holidays=days,
        working_days=working,
        warnings=tuple(FieldError(where, w) for w in warnings),
    )


def _days(events: Iterable[Event], today: date) -> Iterator[date]:
    alone, series = in_series(events)
    for event in alone:
        yield from _span(event)
    first, last = _shifted(today, -YEARS_BACK), _shifted(today, YEARS_AHEAD)
    for occurrence in spelled_out(series, first, last).occurrences:
        yield from (day for day in _span(occurrence) if first <= day <= last)


def _span(event: Event) -> Iterator[date]:
    start = start_of(event)
    length = event.end - start or ONE_DAY  # some write the same day twice
    if not ONE_DAY <= length <= MAX_ENTRIES * ONE_DAY:
        raise IcalError(f"an event of {length.days:,} days")
    return (start + n * ONE_DAY for n in range(length.days))


def _shifted(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
