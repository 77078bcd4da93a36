"""Series of events expanded from one day to another.

The library that handles exceptions gets dates instead of rules, because rules have to
be bounded: a rule of seconds would never end, and one that never matches would be
searched for until the year 9999.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import recurring_ical_events
from icalendar import Calendar, Event

from infra.calendars.ical.refusal import IcalError
from infra.calendars.ical.rules import Steps, Stretch, replace_rules
from infra.calendars.ical.text import is_cancelled

MAX_SERIES = 500
CHANGED = "RECURRENCE-ID"
"""Names the occurrence of a series of which this is another version."""


class Spelled(NamedTuple):
    """`goes_on`: some series has more after the last day."""

    occurrences: Iterator[Event]
    goes_on: bool


def in_series(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Single events that were not cancelled; and those of series: which repeat, and
    what changes one occurrence of such. Several events may have one UID, or none.
    """
    events = list(events)
    series = {e["UID"] for e in events if _repeats(e) and "UID" in e}
    alone, repeated = list[Event](), list[Event]()
    for event in events:
        changes = CHANGED in event and event.get("UID") in series
        if _repeats(event) or changes:
            repeated.append(event)
        elif not is_cancelled(event):
            alone.append(event)
    return alone, repeated


def _repeats(event: Event) -> bool:
    return CHANGED not in event and ("RRULE" in event or "RDATE" in event)


def spelled_out(events: list[Event], first: date, last: date) -> Spelled:
    """The occurrences of series that touch those days, both included."""
    if len(events) > MAX_SERIES:
        raise IcalError(f"more than {MAX_SERIES} series")
    stretch, steps = Stretch(first, last), Steps()
    series, goes_on = list[tuple[Event, Calendar]](), False
    for event in sorted(events, key=lambda event: CHANGED in event):
        _refuse_range(event)
        goes_on |= replace_rules(event, stretch, steps)
        if CHANGED in event:
            _changed(event, series).add_component(event)
        else:
            series.append((event, Calendar()))
            series[-1][1].add_component(event)
    return Spelled(_occurrences((made for _, made in series), first, last), goes_on)


def _changed(event: Event, series: Iterable[tuple[Event, Calendar]]) -> Calendar:
    """Of several series of one UID, the one that began last before the occurrence."""
    changed: Any = event[CHANGED]
    uid, at = event.get("UID"), _day(changed.dt)
    own = [(_day(of.start), made) for of, made in series if of.get("UID") == uid]
    before = [one for one in own if one[0] <= at] or own[:1]
    return max(before, key=lambda one: one[0])[1]


def _day(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at


def _refuse_range(event: Event) -> None:
    """The library would take it for a change of one occurrence."""
    asked = event[CHANGED].params.get("RANGE") if CHANGED in event else None
    if asked is not None:
        raise IcalError(
            f"{CHANGED} with RANGE={asked}: end the series and begin another"
        )


def _occurrences(
    series: Iterable[Calendar], first: date, last: date
) -> Iterator[Event]:
    for calendar in series:
        found = recurring_ical_events.of(calendar)
        for occurrence in found.between(first, last + timedelta(days=1)):
            if not is_cancelled(occurrence):
                yield occurrence
