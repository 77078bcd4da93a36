"""Series of events spelled out from one day to another.

The library that knows of exceptions is handed dates in the place of rules, because what
a rule may ask for has to be bounded: one of seconds would never end, and one that never
matches would be looked for until the year 9999.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import recurring_ical_events
from icalendar import Calendar, Event

from infra.ical.refusal import IcalError
from infra.ical.rules import Steps, Stretch, replace_rules
from infra.ical.text import is_cancelled

MAX_SERIES = 500


class Spelled(NamedTuple):
    """`goes_on`: some series has more after the last day."""

    occurrences: Iterator[Event]
    goes_on: bool


def in_series(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Those that stand alone and were not cancelled; and those of series."""
    events = list(events)
    series = {e.get("UID") for e in events if "RRULE" in e or "RDATE" in e}
    alone = [e for e in events if e.get("UID") not in series and not is_cancelled(e)]
    return alone, [event for event in events if event.get("UID") in series]


def spelled_out(events: list[Event], first: date, last: date) -> Spelled:
    """The occurrences of series that touch those days, both included."""
    if len(events) > MAX_SERIES:
        raise IcalError(f"more than {MAX_SERIES} series")
    stretch, steps = Stretch(first, last), Steps()
    series, goes_on = dict[Any, Calendar](), False
    for event in events:
        goes_on |= replace_rules(event, stretch, steps)
        series.setdefault(event.get("UID"), Calendar()).add_component(event)
    return Spelled(_occurrences(series.values(), first, last), goes_on)


def _occurrences(
    series: Iterable[Calendar], first: date, last: date
) -> Iterator[Event]:
    for calendar in series:
        found = recurring_ical_events.of(calendar)
        for occurrence in found.between(first, last + timedelta(days=1)):
            if not is_cancelled(occurrence):
                yield occurrence
