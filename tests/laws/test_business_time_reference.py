"""The engine against a minute-by-minute reference, around changes of offset."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar.business_time import (
    back,
    breach_at,
    due_at,
    elapsed,
    is_open,
    segments,
)
from domain.calendar.calendar import WEEKDAYS, Calendar
from domain.calendar.document import parse_calendar
from domain.calendar.instants import from_us
from domain.calendar.span import Span
from domain.calendar.timeline import BLOCK_US
from tests.support.calendars import MINUTE, MinuteReference, transitions

ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",  # winter time is the exception by law
    "America/New_York",
    "America/Sao_Paulo",  # changed at midnight
    "America/St_Johns",  # changed at one minute past midnight
    "Asia/Tehran",
    "Asia/Gaza",
    "Africa/Casablanca",  # twice more in Ramadan
    "Africa/Cairo",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "Pacific/Apia",  # skipped 2011-12-30
)
EDGES = tuple(from_us(n * BLOCK_US) for n in range(28, 64, 4))  # of the timeline
DAY_AND_A_HALF = 36 * 60

quarters = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
closings = st.integers(1, 96).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
window = st.tuples(quarters, closings).filter(lambda pair: pair[0] != pair[1])
windows = st.lists(window, max_size=2).map(lambda pairs: [list(pair) for pair in pairs])
offsets = st.integers(-DAY_AND_A_HALF, DAY_AND_A_HALF)


@st.composite
def calendars(draw: st.DrawFn, tz: str, change: datetime) -> Calendar:
    nearby = st.integers(-2, 2).map(lambda n: str((change + timedelta(days=n)).date()))
    document: dict[str, Any] = {
        "tz": tz,
        "hours": {day: draw(windows) for day in WEEKDAYS},
        "holidays": draw(st.lists(nearby, max_size=1)),
        "shifts": draw(st.dictionaries(nearby, windows, max_size=1)),
        "breaks": draw(st.dictionaries(nearby, windows, max_size=1)),
    }
    document["hours"]["mon"] += [["09:00", "17:00"]]
    return parse_calendar(document)


@pytest.mark.parametrize("tz", ZONES)
@given(st.data())
@settings(max_examples=5)
def test_the_engine_agrees_with_a_minute_by_minute_count(
    tz: str, data: st.DataObject
) -> None:
    change = data.draw(st.sampled_from(transitions(tz)) | st.sampled_from(EDGES))
    hours = data.draw(calendars(tz, change))
    reference = MinuteReference(hours, change)
    start = change + data.draw(offsets) * MINUTE
    end = change + data.draw(offsets) * MINUTE
    pauses = [
        Span(change + data.draw(offsets) * MINUTE, change + data.draw(offsets) * MINUTE)
        for _ in range(data.draw(st.integers(0, 2)))
    ]
    running = reference.running(pauses)
    worked = sum(running[reference.minute(start) : reference.minute(end)]) * MINUTE

    assert elapsed(hours, start, end, pauses) == worked
    assert is_open(hours, start) == bool(reference.open[reference.minute(start)])
    for begin, until in segments(hours, start, end):
        inside = reference.open[reference.minute(begin) : reference.minute(until)]
        assert all(inside)
    if worked:
        assert_deadlines(hours, start, worked, pauses, reference)


def assert_deadlines(
    hours: Calendar,
    start: datetime,
    budget: timedelta,
    pauses: list[Span],
    reference: MinuteReference,
) -> None:
    running = reference.running(pauses)
    first, left = reference.minute(start), budget // MINUTE
    minutes = [n for n in range(first, len(running)) if running[n]]
    due = reference.time(minutes[left - 1] + 1)
    assert due_at(hours, start, budget, pauses) == due
    assert back(hours, due, budget, pauses) == reference.time(minutes[0])
    reached = reference.time(minutes[left]) if left < len(minutes) else None
    if reached is not None and reached < change_horizon(reference):
        assert breach_at(hours, start, budget, pauses) == reached


def change_horizon(reference: MinuteReference) -> datetime:
    """The reference marks no windows of the last two days of its list."""
    return reference.time(len(reference.open)) - timedelta(days=2)
