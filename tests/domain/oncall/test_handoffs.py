"""Hand-offs in wall time: months, far away, and around every change of every clock."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

import pytest

from domain.calendar.instants import SECOND_US, from_us, to_us
from domain.oncall.dated_shifts_form import read_shifts
from domain.oncall.rotation import Rotation
from domain.oncall.wall_time import first_instant, last_instant, wall_at
from tests.support.oncall import DAY, local, rotation

MONTH = timedelta(days=31)
ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})


@cache
def changes(tz: str) -> tuple[int, ...]:
    """For each way the offset changes in 2000 to 2040, the first and the last time."""
    zone, begin = ZoneInfo(tz), datetime(2000, 1, 1, tzinfo=UTC)
    found: dict[tuple[object, object], list[int]] = {}
    while begin.year < 2041:
        end = begin + MONTH
        was, becomes = _offset(zone, begin), _offset(zone, end)
        if was != becomes:
            instants = found.setdefault((was, becomes), [])
            instants[1:] = [_change(zone, to_us(begin), to_us(end))]
        begin = end
    return tuple(instant for instants in found.values() for instant in instants)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    was = _offset(zone, from_us(low))
    while high - low > SECOND_US:
        middle = (low + high) // 2 // SECOND_US * SECOND_US
        if _offset(zone, from_us(middle)) == was:
            low = middle
        else:
            high = middle
    return high


def around_changes() -> list[tuple[str, int]]:
    return [(tz, change) for tz in ZONES for change in changes(tz)]


def days_at(wall: datetime, tz: str) -> Rotation:
    """Daily, handed over at that time of day, anchored a year before."""
    start = wall - 365 * DAY
    return Rotation(start=start, unit="day", length=1, people=("a", "b"), tz=tz)


def test_a_hand_off_that_does_not_exist_is_when_the_clocks_jump():
    checked = 0
    for tz, change in around_changes():
        zone = ZoneInfo(tz)
        before, after = wall_at(zone, change - SECOND_US), wall_at(zone, change)
        skipped = after - before - timedelta(seconds=1)
        if skipped > timedelta(0):
            missing = after - skipped / 2
            assert days_at(missing, tz).begin(365) == change, (tz, from_us(change))
            checked += 1
    assert checked > 500


def test_a_hand_off_that_occurs_twice_is_the_first():
    checked = 0
    for tz, change in around_changes():
        zone = ZoneInfo(tz)
        before, after = wall_at(zone, change - SECOND_US), wall_at(zone, change)
        repeated = before + timedelta(seconds=1) - after
        if repeated > timedelta(0):
            twice = after + repeated / 2
            back = repeated / 2 // timedelta(microseconds=1)
            assert days_at(twice, tz).begin(365) == change - back, tz
            assert last_instant(zone, twice) == change + back, tz
            checked += 1
    assert checked > 500


def test_dated_shifts_follow_on_each_other_through_every_change_of_the_clocks():
    """The one who goes stays until the last time shown, the one who comes is there
    from the first: no instant is nobody's.
    """
    doubled, quarter = 0, timedelta(minutes=15)
    for tz, change in around_changes():
        wall = wall_at(ZoneInfo(tz), change).replace(second=0, microsecond=0)
        for handed in (wall - quarter, wall + quarter):
            walls = [wall - 2 * DAY, handed, wall + 2 * DAY]
            shifts = [
                {"from": f"{a:%FT%T}", "to": f"{b:%FT%T}", "person": person}
                for (a, b), person in zip(pairwise(walls), "ab", strict=True)
            ]
            one, other = read_shifts(shifts, "", tz).shifts
            assert one.begin < other.begin <= one.end < other.end, (tz, change)
            doubled += one.end > other.begin
    assert doubled > 500


def test_dated_shifts_in_utc_are_the_same_in_every_zone():
    shift = {"from": "2026-03-08T08:30:00Z", "to": "2026-11-01T06:30:00Z"}
    spans = {read_shifts([{**shift, "person": "a"}], "", tz).shifts for tz in ZONES}
    [(only,)] = spans
    assert from_us(only.begin) == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    assert from_us(only.end) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_all_other_hand_offs_show_their_time_of_day():
    for tz, change in around_changes():
        wall = wall_at(ZoneInfo(tz), change + 5 * 3600 * SECOND_US)
        turns = days_at(wall, tz)
        for period in (363, 367):
            shown = wall_at(ZoneInfo(tz), turns.begin(period))
            assert shown == turns.start + period * DAY, (tz, period)


def test_turns_follow_on_each_other_through_every_change_of_the_clocks():
    for tz, change in around_changes():
        start = wall_at(ZoneInfo(tz), change) - 100 * DAY
        start = start.replace(minute=30, second=0, microsecond=0)
        hourly = Rotation(start=start, unit="hour", length=1, people=("a",), tz=tz)
        begin, end = change - 3 * 3600 * SECOND_US, change + 3 * 3600 * SECOND_US
        walked = list(hourly.periods(begin, end))
        assert walked[0].begin <= begin, tz
        assert walked[-1].end >= end, tz
        for one, following in pairwise(walked):
            assert one.begin < one.end == following.begin, tz
            assert one.number < following.number, tz


def test_the_period_at_an_instant_is_the_one_that_holds_it():
    for tz, change in around_changes():
        start = wall_at(ZoneInfo(tz), change).replace(second=0) - 50 * DAY
        turns = Rotation(start=start, unit="hour", length=1, people=("a",), tz=tz)
        for instant in (change - SECOND_US, change, change + SECOND_US):
            period = turns.period_at(instant)
            assert turns.begin(period) <= instant < turns.begin(period + 1), tz


@pytest.mark.parametrize(
    ("start", "handoffs"),
    [
        ("2024-01-31T09:00", ["01-31", "02-29", "03-31", "04-30", "05-31"]),
        ("2023-01-30T09:00", ["01-30", "02-28", "03-30", "04-30", "05-30"]),
    ],
)
def test_the_end_of_a_month_is_clamped_in_short_months_only(start, handoffs):
    turns = rotation(start, "month", 1, "Europe/Berlin")
    walls = [wall_at(turns.zone, turns.begin(k)) for k in range(5)]
    assert [f"{wall:%m-%d}" for wall in walls] == handoffs
    assert {wall.hour for wall in walls} == {9}


def test_months_reach_back_over_the_year():
    turns = rotation("2026-01-31T09:00", "month", 2, "UTC")
    assert from_us(turns.begin(-1)) == local("2025-11-30T09:00", "UTC")
    assert turns.period_at(to_us(local("2025-11-30T08:59", "UTC"))) == -2


class Watched(Rotation):
    """Remembers which hand-offs it was asked for."""

    asked: ClassVar[list[int]] = []

    def begin(self, period: int) -> int:
        self.asked.append(period)
        return super().begin(period)


@pytest.mark.parametrize("unit", ["hour", "day", "week", "month"])
def test_a_turn_far_away_is_found_at_once(unit):
    start, tz = datetime(1970, 1, 1), "America/New_York"  # noqa: DTZ001
    turns = Watched(start=start, unit=unit, length=1, people=("a",), tz=tz)
    turns.asked.clear()
    turns.period_at(to_us(local("2199-12-31T23:00", "UTC")))
    assert len(turns.asked) < 10


def test_a_zone_that_skips_a_day_hands_over_when_the_next_begins():
    zone = ZoneInfo("Pacific/Apia")
    skipped = datetime(2011, 12, 30, 9)  # noqa: DTZ001
    assert from_us(first_instant(zone, skipped)) == local("2011-12-31", "Pacific/Apia")
