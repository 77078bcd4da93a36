"""Shifts as an iCalendar text (RFC 5545) that calendar programs can subscribe to."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vText

from domain.oncall.shifts import Shift

MEDIA_TYPE = "text/calendar"
REFRESH = timedelta(hours=1)


def calendar_text(schedule: str, shifts: Iterable[Shift], at: datetime) -> bytes:
    """Times in UTC. A shift keeps its UID as long as it begins when it does."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Pledge//on call//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", f"On call: {schedule}")
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    for shift in shifts:
        calendar.add_component(_event(schedule, shift, at))
    text: bytes = calendar.to_ical()
    return text


def calendar_of_person(
    language: str, shifts: Iterable[tuple[str, Shift]], at: datetime
) -> bytes:
    """`shifts` of one person, each with its schedule. `at` goes into the text, so that
    the same instant makes the same text.
    """
    words = {"en": "On call: {}", "zh": "值班：{}"}[language]  # noqa: RUF001
    calendar = Calendar()
    calendar.add("PRODID", "-//Pledge//on call//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", words.format("Pledge"))
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    for schedule, shift in shifts:
        event = _event(schedule, shift, at)
        event["SUMMARY"] = vText(words.format(schedule))
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _event(schedule: str, shift: Shift, at: datetime) -> Event:
    event = Event()
    identity = f"{schedule}\n{shift.person}\n{shift.begin.isoformat()}"
    event.add("UID", f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}@pledge")
    event.add("DTSTAMP", at)
    event.add("DTSTART", shift.begin)
    event.add("DTEND", shift.end)
    # The person alone, so that a schedule can be made of it again.
    event.add("SUMMARY", shift.person)
    event.add("DESCRIPTION", f"On call: {schedule}, {shift.reason}")
    return event
