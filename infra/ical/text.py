"""The events of an iCalendar text (RFC 5545) that somebody else wrote: untrusted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from icalendar import Calendar, Event

from domain.errors import InvalidError
from domain.sla.calendar_words import FIRST_YEAR, LAST_YEAR

OF_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
WITH_ZONES = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the two libraries raise for text that is not what it says it is."""


class IcalError(ValueError):
    """What the text asks for is not taken."""


@contextmanager
def refusing(pointer: str) -> Iterator[None]:
    """InvalidError in the place of whatever reading a text raises."""
    try:
        yield
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        message = f"is no iCalendar text that can be used: {reason}"
        raise InvalidError.at(pointer, message) from error


def events_of(text: str) -> list[Event]:
    """Also those that were cancelled: one of a series takes an occurrence away."""
    calendar = Calendar.from_ical(text)
    if calendar.name != "VCALENDAR":
        raise IcalError(f"begins with {calendar.name}")
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    for event in events:
        for name, reason in event.errors:
            if name in OF_DATES:  # a broken description does not matter
                raise IcalError(f"{name}: {reason}")
        _refuse_lost_zone(event)
    return events


def start_of(event: Event) -> date:
    start: date = event.start
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise IcalError(f"an event of the year {start.year}")
    return start


def is_timed(event: Event) -> bool:
    return isinstance(start_of(event), datetime)


def is_cancelled(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _refuse_lost_zone(event: Event) -> None:
    """The library would read a time of an unknown zone as one of no zone."""
    for name in WITH_ZONES:
        values = event.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            zone = value.params.get("TZID")
            times = [value.dt] if hasattr(value, "dt") else [d.dt for d in value.dts]
            for time in times:
                moment = time[0] if isinstance(time, tuple) else time
                if zone and isinstance(moment, datetime) and moment.tzinfo is None:
                    raise IcalError(f"{name}: there is no time zone {zone!r}")
