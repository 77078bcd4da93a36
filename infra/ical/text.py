"""The events of an iCalendar text (RFC 5545) that somebody else wrote: untrusted."""

from datetime import date, datetime

from icalendar import Calendar, Event

from domain.sla.calendar_words import FIRST_YEAR, LAST_YEAR
from infra.ical.refusal import IcalError
from infra.ical.zones import refuse_odd_zones

OF_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
WITH_ZONES = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")


def events_of(text: str) -> list[Event]:
    """Also those that were cancelled: one of a series takes an occurrence away."""
    refuse_odd_zones(text)
    calendar = Calendar.from_ical(text.encode())  # a str might be read as a file's name
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
