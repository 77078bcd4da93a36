"""The worked examples of the SLA notes (2.4) and the rules behind them, by name.

Europe/Berlin, Monday to Friday 09-17 unless said otherwise. 2026-01-12 is a Monday.
"""

from datetime import UTC, datetime, timedelta

import pytest

from domain.calendar.business_time import (
    back,
    breach_at,
    due_at,
    elapsed,
    is_open,
    next_open,
    previous_open,
    segments,
)
from domain.calendar.instants import wall_to_utc
from domain.calendar.span import Span
from tests.support.calendars import EVERY_DAY, OFFICE, calendar, local

NIGHT = calendar(hours=[("00:00", "06:00")], days=EVERY_DAY)
HOUR = timedelta(hours=1)
MONDAY_10 = local("2026-01-12T10:00")


def test_1_a_night_with_a_gap_has_five_business_hours() -> None:
    assert due_at(NIGHT, local("2026-03-29T01:30"), 2 * HOUR) == local(
        "2026-03-29T04:30"
    )
    midnight = local("2026-03-29T00:00")
    assert elapsed(NIGHT, midnight, midnight + 12 * HOUR) == 5 * HOUR


def test_2_a_night_with_an_overlap_has_seven_business_hours() -> None:
    second_half_past_two = local("2026-10-25T02:30", fold=1)
    assert due_at(NIGHT, local("2026-10-25T01:30"), 2 * HOUR) == second_half_past_two
    midnight = local("2026-10-25T00:00")
    assert elapsed(NIGHT, midnight, midnight + 12 * HOUR) == 7 * HOUR


def test_3_a_pause_over_night_costs_its_business_part() -> None:
    pause = Span(local("2026-01-12T16:00"), local("2026-01-13T07:30"))
    assert due_at(OFFICE, MONDAY_10, 8 * HOUR) == local("2026-01-13T10:00")
    assert due_at(OFFICE, MONDAY_10, 8 * HOUR, [pause]) == local("2026-01-13T11:00")


def test_4_every_rule_for_a_raised_priority_is_a_sum_of_these_functions() -> None:
    change = local("2026-01-12T15:00")
    from_start = due_at(OFFICE, MONDAY_10, 4 * HOUR)
    assert from_start == local("2026-01-12T14:00")
    assert elapsed(OFFICE, from_start, change) == HOUR
    used_share = elapsed(OFFICE, MONDAY_10, change) / (8 * HOUR)
    carried = due_at(OFFICE, change, 4 * HOUR * (1 - used_share))
    assert carried == local("2026-01-12T16:30")
    assert due_at(OFFICE, change, 4 * HOUR) == local("2026-01-13T11:00")  # restart
    assert due_at(OFFICE, MONDAY_10, 8 * HOUR) == local("2026-01-13T10:00")  # keep


def test_5_a_holiday_declared_late_moves_the_deadline_over_the_weekend() -> None:
    created = local("2026-04-02T16:00")
    with_holiday = calendar(holidays=["2026-04-03"])
    assert due_at(OFFICE, created, 4 * HOUR) == local("2026-04-03T12:00")
    assert due_at(with_holiday, created, 4 * HOUR) == local("2026-04-06T12:00")


def test_6_a_reopened_ticket_resumes_starts_again_or_counts_on() -> None:
    resolved, reopened = local("2026-01-12T14:00"), local("2026-01-14T10:00")
    resume = due_at(OFFICE, MONDAY_10, 8 * HOUR, [Span(resolved, reopened)])
    assert resume == local("2026-01-14T14:00")
    assert due_at(OFFICE, reopened, 8 * HOUR) == local("2026-01-15T10:00")
    assert due_at(OFFICE, MONDAY_10, 8 * HOUR) == local("2026-01-13T10:00")
    assert elapsed(OFFICE, MONDAY_10, reopened) > 8 * HOUR


def test_7_a_budget_that_ends_at_closing_is_breached_at_the_next_opening() -> None:
    start = local("2026-01-12T13:00")
    assert due_at(OFFICE, start, 4 * HOUR) == local("2026-01-12T17:00")
    assert breach_at(OFFICE, start, 4 * HOUR) == local("2026-01-13T09:00")
    assert elapsed(OFFICE, start, local("2026-01-12T20:00")) == 4 * HOUR


def test_a_warning_is_walked_back_over_the_night() -> None:
    assert back(OFFICE, local("2026-01-13T09:10"), HOUR) == local("2026-01-12T16:10")
    assert back(OFFICE, local("2026-01-13T09:30"), HOUR / 2) == local(
        "2026-01-13T09:00"
    )


def test_a_pause_that_begins_when_the_budget_ends_delays_the_breach_only() -> None:
    pause = Span(local("2026-01-12T11:00"), local("2026-01-12T12:00"))
    assert due_at(OFFICE, MONDAY_10, HOUR, [pause]) == pause.start
    assert breach_at(OFFICE, MONDAY_10, HOUR, [pause]) == pause.end


def test_an_open_ended_pause_leaves_no_deadline() -> None:
    pause = [Span(local("2026-01-12T11:00"))]
    assert elapsed(OFFICE, MONDAY_10, local("2026-02-01T00:00"), pause) == HOUR
    assert due_at(OFFICE, MONDAY_10, 2 * HOUR, pause) is None
    assert breach_at(OFFICE, MONDAY_10, HOUR, pause) is None
    assert due_at(OFFICE, MONDAY_10, HOUR, pause) == pause[0].start


def test_a_calendar_that_never_opens_again_leaves_no_deadline() -> None:
    once = calendar(days=[], shifts={"2026-01-13": [["09:00", "10:00"]]})
    opening, closing = local("2026-01-13T09:00"), local("2026-01-13T10:00")
    assert due_at(once, MONDAY_10, HOUR) == closing
    assert breach_at(once, MONDAY_10, HOUR) is None
    assert due_at(once, MONDAY_10, 2 * HOUR) is None
    assert next_open(once, closing) is None
    assert back(once, closing, 2 * HOUR) is None
    assert previous_open(once, opening) == opening
    assert previous_open(once, opening - HOUR) is None


def test_without_a_calendar_time_always_counts() -> None:
    end = MONDAY_10 + timedelta(days=30)
    pause = [Span(MONDAY_10 + HOUR, MONDAY_10 + 3 * HOUR)]
    assert elapsed(None, MONDAY_10, end, pause) == timedelta(days=30) - 2 * HOUR
    assert due_at(None, MONDAY_10, 2 * HOUR, pause) == MONDAY_10 + 4 * HOUR
    assert back(None, end, HOUR) == end - HOUR
    assert segments(None, MONDAY_10, end) == ((MONDAY_10, end),)
    assert is_open(None, end)


def test_windows_are_half_open() -> None:
    assert is_open(OFFICE, local("2026-01-12T09:00"))
    assert not is_open(OFFICE, local("2026-01-12T17:00"))


def test_a_reversed_interval_has_no_business_time() -> None:
    assert elapsed(OFFICE, MONDAY_10 + HOUR, MONDAY_10) == timedelta(0)
    assert segments(OFFICE, MONDAY_10 + HOUR, MONDAY_10) == ()


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        due_at(OFFICE, MONDAY_10, -HOUR)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(TypeError):
        is_open(OFFICE, datetime(2026, 1, 12, 10))  # noqa: DTZ001


def test_a_window_that_lies_in_a_gap_is_dropped() -> None:
    hours = calendar("America/Los_Angeles", [("02:30", "03:15")], ["sun"])
    sunday = local("2006-04-02T00:00", "America/Los_Angeles")
    assert elapsed(hours, sunday, sunday + timedelta(days=1)) == timedelta(0)
    following = next_open(hours, sunday)
    assert following == local("2006-04-09T02:30", "America/Los_Angeles")


def test_a_wall_time_in_a_gap_is_read_with_the_offset_before_it() -> None:
    zone = local("2026-01-01T00:00").tzinfo
    assert zone is UTC
    berlin = OFFICE.zone
    assert wall_to_utc(berlin, datetime(2026, 3, 29, 2, 30)) == local(  # noqa: DTZ001
        "2026-03-29T03:30"
    )
    assert wall_to_utc(berlin, datetime(2026, 10, 25, 2, 30)) == datetime(  # noqa: DTZ001
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_an_overnight_window_belongs_to_the_day_on_which_it_opens() -> None:
    hours = calendar(
        hours=[("22:00", "06:00")],
        days=["mon", "tue", "wed"],
        holidays=["2026-01-13"],
        shifts={"2026-01-19": []},
    )
    week = segments(hours, local("2026-01-12T00:00"), local("2026-01-20T00:00"))
    assert week == (
        (local("2026-01-12T22:00"), local("2026-01-13T00:00")),  # into the holiday
        (local("2026-01-14T22:00"), local("2026-01-15T06:00")),
    )


def test_a_shift_leaves_the_night_before_alone() -> None:
    hours = calendar(
        hours=[("22:00", "06:00")],
        days=["mon"],
        shifts={"2026-01-13": [["20:00", "04:00"]]},
    )
    assert segments(hours, local("2026-01-12T00:00"), local("2026-01-15T00:00")) == (
        (local("2026-01-12T22:00"), local("2026-01-13T06:00")),
        (local("2026-01-13T20:00"), local("2026-01-14T04:00")),
    )


def test_a_break_after_midnight_cuts_the_window_of_the_evening_before() -> None:
    hours = calendar(
        hours=[("22:00", "06:00")],
        days=["mon"],
        breaks={"2026-01-13": [["01:00", "02:00"]]},
    )
    assert segments(hours, local("2026-01-12T00:00"), local("2026-01-15T00:00")) == (
        (local("2026-01-12T22:00"), local("2026-01-13T01:00")),
        (local("2026-01-13T02:00"), local("2026-01-13T06:00")),
    )


def test_a_holiday_wins_over_a_shift() -> None:
    hours = calendar(
        holidays=["2026-01-13"], shifts={"2026-01-13": [["09:00", "11:00"]]}
    )
    assert not is_open(hours, local("2026-01-13T10:00"))


def test_a_date_that_the_zone_skipped_has_no_hours() -> None:
    hours = calendar("Pacific/Apia")  # no Friday 2011-12-30
    thursday = local("2011-12-29T00:00", "Pacific/Apia")
    assert segments(hours, thursday, thursday + timedelta(days=3)) == (
        (
            local("2011-12-29T09:00", "Pacific/Apia"),
            local("2011-12-29T17:00", "Pacific/Apia"),
        ),
    )


def test_overlapping_and_touching_windows_are_one() -> None:
    hours = calendar(hours=[("09:00", "12:00"), ("11:00", "13:00"), ("13:00", "14:00")])
    day = segments(hours, local("2026-01-12T00:00"), local("2026-01-13T00:00"))
    assert day == ((local("2026-01-12T09:00"), local("2026-01-12T14:00")),)


def test_the_last_minute_of_the_day_is_no_hole() -> None:
    hours = calendar(hours=[("00:00", "23:59")], days=EVERY_DAY)
    start = local("2026-01-12T12:00")
    assert due_at(hours, start, 24 * HOUR) == start + 24 * HOUR


def test_long_segments_are_not_cut_where_blocks_of_the_timeline_meet() -> None:
    hours = calendar("UTC", [("00:00", "24:00")], EVERY_DAY)
    end = MONDAY_10 + timedelta(days=2000)
    assert segments(hours, MONDAY_10, end) == ((MONDAY_10, end),)
    assert due_at(hours, MONDAY_10, timedelta(days=2000)) == end
    assert back(hours, end, timedelta(days=2000)) == MONDAY_10
