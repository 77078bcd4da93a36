"""The events of an iCalendar text (RFC 5545) from somebody else: untrusted.

How a duration was written matters: `P1D` is to the same time on the next day, `PT24H`
is 24 hours (3.3.6), and the library reads both as the same. So each is kept as text
too.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event

from domain.documents.fields import FIRST_YEAR, LAST_YEAR
from infra.calendars.ical.refusal import IcalError
from infra.calendars.ical.zones import refuse_odd_zones

OF_DATES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
WITH_ZONES = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")


LENGTH = "X-PLEDGE-LENGTH"
"""The `DURATION` of an event, as it was written."""
WRITTEN = re.compile(
    r"(?P<sign>[+-]?)P((?P<w>\d+)W)?((?P<d>\d+)D)?"
    r"(T((?P<h>\d+)H)?((?P<m>\d+)M)?((?P<s>\d+)S)?)?"
)


class Length(NamedTuple):
    """`days` are nominal, `exact` is elapsed time."""

    days: int
    exact: timedelta


def length_of(event: Event) -> Length | None:
    """As its `DURATION` says; None if it has none."""
    found = WRITTEN.fullmatch(str(event.get(LENGTH, "")).strip().upper())
    if found is None:
        return None
    amount = {
        name: int(n or 0) for name, n in found.groupdict().items() if name != "sign"
    }
    sign = -1 if found["sign"] == "-" else 1
    exact = timedelta(hours=amount["h"], minutes=amount["m"], seconds=amount["s"])
    return Length(sign * (7 * amount["w"] + amount["d"]), sign * exact)


def _with_lengths(text: str) -> str:
    """Unfolded, with each duration of an event twice."""
    return "\r\n".join(_lines(re.sub(r"\r?\n[ \t]", "", text)))


def _lines(text: str) -> Iterator[str]:
    within = [""]
    for line in re.split(r"\r?\n", text):
        name, _, value = line.partition(":")
        word = name.partition(";")[0].strip().upper()
        if word == LENGTH:
            continue
        yield line
        if word == "BEGIN":
            within.append(value.strip().upper())
        elif word == "END":
            within = within[:-1] or [""]
        elif word == "DURATION" and within[-1] == "VEVENT":
            yield f"{LENGTH}:{value.strip()}"


def events_of(text: str) -> list[Event]:
    """Also cancelled ones: a cancelled occurrence is removed from its series."""
    refuse_odd_zones(text)
    # A str might be read as a file's name.
    calendar = Calendar.from_ical(_with_lengths(text).encode())
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
    """The library would read a time in an unknown zone as one without a zone."""
    for name in WITH_ZONES:
        values = event.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            zone = value.params.get("TZID")
            times = [value.dt] if hasattr(value, "dt") else [d.dt for d in value.dts]
            for time in times:
                moment = time[0] if isinstance(time, tuple) else time
                if zone and isinstance(moment, datetime) and moment.tzinfo is None:
                    raise IcalError(f"{name}: there is no time zone {zone!r}")
