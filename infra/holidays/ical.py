"""The all-day events of an iCalendar text (RFC 5545), as dates.

A series is spelled out from one year back to three years ahead of today; what does not
repeat is kept whenever it is. `DTEND` of an all-day event is the day after its last.
Events with a time of day are no holidays; how many were left out is said. What a rule
may ask for is bounded: one of seconds would never end.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import recurring_ical_events
from icalendar import Calendar, Event

from domain.errors import FieldError, InvalidError
from domain.sla.calendar_sources import Found
from domain.sla.calendar_words import FIRST_YEAR, LAST_YEAR, MAX_ENTRIES

ONE_DAY = timedelta(days=1)
YEARS_BACK, YEARS_AHEAD = 1, 3
MAX_SERIES = 500
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
OF_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the two libraries raise for text that is not what it says it is."""


class IcalError(ValueError):
    """What the text asks for is not taken."""


def found(text: str, pointer: str, today: date) -> Found:
    """Raises InvalidError for what is no calendar, or asks for too much."""
    where = f"{pointer}/ical"
    try:
        events = _events(text)
        all_day = [e for e in events if not isinstance(_start(e), datetime)]
        days = set(_days(all_day, today))
        if len(days) > MAX_ENTRIES:
            raise IcalError(f"more than {MAX_ENTRIES:,} days")
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        message = f"is no iCalendar text that can be used: {reason}"
        raise InvalidError.at(where, message) from error
    timed = len(events) - len(all_day)
    left_out = f"{timed} events with a time of day are no holidays: left out"
    nothing = "holds no all-day event of these years"
    warnings = [left_out] if timed else [] if days else [nothing]
    return Found(holidays=days, warnings=tuple(FieldError(where, w) for w in warnings))


def _events(text: str) -> list[Event]:
    calendar = Calendar.from_ical(text)
    if calendar.name != "VCALENDAR":
        raise IcalError(f"begins with {calendar.name}")
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    for event in events:
        for name, reason in event.errors:
            if name in OF_DATES:  # a broken description does not matter
                raise IcalError(f"{name}: {reason}")
    return [event for event in events if not _cancelled(event)]


def _start(event: Event) -> date:
    start: date = event.start
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise IcalError(f"an event of the year {start.year}")
    return start


def _cancelled(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _days(events: Iterable[Event], today: date) -> Iterator[date]:
    events = list(events)
    series = {e.get("UID") for e in events if "RRULE" in e or "RDATE" in e}
    for event in events:
        if event.get("UID") not in series:
            yield from _span(event)
    yield from _repeated([e for e in events if e.get("UID") in series], today)


def _span(event: Event) -> Iterator[date]:
    start = _start(event)
    length = event.end - start or ONE_DAY  # some write the same day twice
    if not ONE_DAY <= length <= MAX_ENTRIES * ONE_DAY:
        raise IcalError(f"an event of {length.days:,} days")
    return (start + n * ONE_DAY for n in range(length.days))


def _repeated(events: list[Event], today: date) -> Iterator[date]:
    if len(events) > MAX_SERIES:
        raise IcalError(f"more than {MAX_SERIES} series")
    first, last = _shifted(today, -YEARS_BACK), _shifted(today, YEARS_AHEAD)
    bare = Calendar()
    for event in events:
        _bound(event, last)
        bare.add_component(event)
    for occurrence in recurring_ical_events.of(bare).between(first, last):
        if not _cancelled(occurrence):
            yield from (day for day in _span(occurrence) if first <= day <= last)


def _bound(event: Event, last: date) -> None:
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = rule.get("FREQ", [""])[0]
        if frequency not in FREQUENCIES or any(part in rule for part in WITHIN_A_DAY):
            raise IcalError("a series that is not of days, weeks, months or years")
        if min(rule.get("INTERVAL", [1])) < 1:
            raise IcalError("a series that never moves on")
        if "COUNT" not in rule and "UNTIL" not in rule:
            rule["UNTIL"] = [last]


def _shifted(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
