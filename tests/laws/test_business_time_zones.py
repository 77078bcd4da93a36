"""The laws of business time in every IANA zone, at each kind of change of its offset
from 2000 to 2040; and each kind of change on earth minute by minute.

Zones that change alike are one: the data has many names for the same clock.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from domain.calendar.business_time import breach_at, due_at, elapsed, segments
from domain.calendar.calendar import Calendar
from tests.support.calendars import (
    EVERY_DAY,
    MINUTE,
    MinuteReference,
    calendar,
    transitions,
)

NO_PLACES = {"localtime", "posixrules", "Factory"}
HOUR = timedelta(hours=1)
ZERO = timedelta(0)
BUDGETS = [n * HOUR for n in (1, 4, 9, 30)]
WINDOWS = (("00:30", "02:15"), ("02:30", "06:00"), ("22:00", "00:15"))
ROUND_THE_CLOCK = [("00:00", "24:00")]


@cache
def zones() -> dict[str, tuple[datetime, ...]]:
    """One name for each history of changes, and the changes."""
    alike: dict[object, str] = {}
    for tz in sorted(available_timezones() - NO_PLACES):
        zone, changes = ZoneInfo(tz), transitions(tz)
        offsets = tuple(at.astimezone(zone).utcoffset() for at in changes)
        alike.setdefault((changes, offsets), tz)
    return {tz: transitions(tz) for tz in alike.values() if transitions(tz)}


@cache
def nights(tz: str) -> Calendar:
    """Open about midnight and in the small hours, when offsets change; only on the
    days about a change, so that forty years are laid out quickly.
    """
    zone, week = ZoneInfo(tz), range(-3, 8)
    days = {
        change.astimezone(zone).date() + timedelta(days=n)
        for change in changes_of(tz)
        for n in week
    }
    shifts = {str(day): [list(window) for window in WINDOWS] for day in sorted(days)}
    return calendar(tz, days=(), shifts=shifts)


def kind(tz: str, change: datetime) -> tuple[object, ...]:
    """From when to when the clocks there were put, and in which month."""
    zone = ZoneInfo(tz)
    before, after = ((change - n * MINUTE).astimezone(zone) for n in (1, 0))
    return before.time(), after.time(), before.month


@cache
def changes_of(tz: str) -> tuple[datetime, ...]:
    """The first and the last of each kind."""
    found = transitions(tz)
    firsts = {kind(tz, change): change for change in reversed(found)}
    lasts = {kind(tz, change): change for change in found}
    return tuple(sorted({*firsts.values(), *lasts.values()}))


def changes() -> Iterator[tuple[str, datetime]]:
    return ((tz, change) for tz in zones() for change in changes_of(tz))


def kinds() -> dict[object, tuple[str, datetime]]:
    """One change for each way of putting the clocks."""
    return {kind(tz, change)[:2]: (tz, change) for tz, change in changes()}


def test_a_deadline_has_used_its_budget_and_a_larger_one_is_later() -> None:
    for tz, change in changes():
        hours, start = nights(tz), change - 5 * HOUR
        last = start
        for budget in BUDGETS:
            due, breach = (at(hours, start, budget) for at in (due_at, breach_at))
            assert due is not None, (tz, change)
            assert breach is not None, (tz, change)
            assert elapsed(hours, start, due) == budget, (tz, change)
            assert elapsed(hours, start, breach) == budget, (tz, change)
            assert last < due <= breach, (tz, change)
            last = due


def test_time_split_at_the_change_adds_up() -> None:
    for tz, change in changes():
        hours, begin, end = nights(tz), change - 30 * HOUR, change + 30 * HOUR
        parts = elapsed(hours, begin, change) + elapsed(hours, change, end)
        assert parts == elapsed(hours, begin, end), (tz, change)
        pieces = (b - a for a, b in segments(hours, begin, end))
        assert sum(pieces, ZERO) == parts, (tz, change)


def test_where_it_is_always_open_a_day_is_as_long_as_it_is() -> None:
    for tz in zones():
        hours = calendar(tz, ROUND_THE_CLOCK, EVERY_DAY)
        for change in changes_of(tz)[-1:]:
            begin, end = change - 30 * HOUR, change + 30 * HOUR
            assert elapsed(hours, begin, end) == end - begin, (tz, change)


@pytest.mark.parametrize(("tz", "change"), kinds().values())
def test_each_kind_of_change_is_counted_as_minute_by_minute(
    tz: str, change: datetime
) -> None:
    hours = nights(tz)
    reference = MinuteReference(hours, change)
    for begin, end in ((-30, 30), (-5, 1), (-1, 5)):
        start, stop = change + begin * HOUR, change + end * HOUR
        minutes = reference.open[reference.minute(start) : reference.minute(stop)]
        assert elapsed(hours, start, stop) == sum(minutes) * MINUTE


def test_all_places_of_the_earth_are_among_them() -> None:
    assert len(available_timezones()) > 400
    assert transitions("Europe/Berlin") in zones().values()
    assert transitions("Africa/Casablanca") in zones().values()
