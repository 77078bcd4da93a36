"""Targets in working days. 2006-01-02 is a Monday."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.calendar.calendar import Calendar
from domain.calendar.document import parse_calendar
from domain.calendar.working_days import is_working_day, working_days_later
from tests.support.calendars import calendar, local

WEEK = parse_calendar(
    {
        "tz": "UTC",
        "hours": {
            "mon": [["09:00", "17:00"]],
            "tue": [["10:00", "16:00"]],
            "wed": [["09:00", "12:00"], ["13:00", "17:00"]],
            "thu": [["10:00", "16:00"]],
            "fri": [["09:00", "17:00"]],
            "sat": [["11:00", "14:30"]],
        },
        "holidays": ["2006-01-16"],
        "breaks": {"2006-01-17": [["08:00", "18:00"]]},
    }
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2006-01-06T12:30:52", 2, "2006-01-09T12:30:52"),  # seconds are kept
        ("2006-01-03T08:00", 2, "2006-01-05T10:00"),  # before opening
        ("2006-01-03T18:00", 2, "2006-01-06T09:00"),  # after closing: next day
        ("2006-01-03T12:30", 1, "2006-01-04T13:00"),  # in the lunch hour
        ("2006-01-03T16:00", 2, "2006-01-05T16:00"),  # at closing
        ("2006-01-14T12:30", 1, "2006-01-18T13:00"),  # holiday, swallowed day, lunch
        ("2006-01-01T12:00", 1, "2006-01-02T12:00"),  # from a day off
        ("2006-01-02T13:00", 0, "2006-01-02T13:00"),
        ("2006-01-02T18:00", 0, "2006-01-03T10:00"),
        ("2006-01-09T12:00", -2, "2006-01-06T12:00"),
        ("2006-01-05T08:00", -2, "2006-01-02T17:00"),
        ("2006-01-05T18:00", -2, "2006-01-03T16:00"),
    ],
)
def test_days_later_is_the_same_time_of_day_within_hours(
    start: str, days: int, expected: str
) -> None:
    assert working_days_later(WEEK, at(start), days) == at(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2006-01-06T12:00", 1, "2006-01-07T14:30"),
        ("2006-01-06T12:00", -1, "2006-01-05T16:00"),
        ("2006-01-06T12:00", 0, "2006-01-06T17:00"),
        ("2006-01-06T18:00", 0, "2006-01-07T14:30"),
        ("2006-01-15T12:00", 0, "2006-01-18T17:00"),
    ],
)
def test_the_end_of_a_day_is_its_last_closing(
    start: str, days: int, expected: str
) -> None:
    assert working_days_later(WEEK, at(start), days, end_of_day=True) == at(expected)


def test_the_time_of_day_is_kept_over_a_change_of_offset() -> None:
    found = working_days_later(calendar(), local("2026-03-27T10:00"), 1)
    assert found == local("2026-03-30T10:00")


def test_the_end_of_a_night_shift_is_next_morning() -> None:
    nights = calendar(hours=[("22:00", "06:00")], days=["mon", "tue"])
    found = working_days_later(nights, local("2026-01-12T12:00"), 1, end_of_day=True)
    assert found == local("2026-01-14T06:00")


def test_a_break_and_a_holiday_may_end_a_night_shift_early() -> None:
    nights = calendar(
        hours=[("22:00", "06:00")],
        days=["mon", "tue"],
        breaks={"2026-01-14": [["05:00", "06:00"]]},
        holidays=["2026-01-21"],
    )
    start = local("2026-01-12T12:00")
    ends = [working_days_later(nights, start, n, end_of_day=True) for n in (1, 3)]
    assert ends == [local("2026-01-14T05:00"), local("2026-01-21T00:00")]


def test_days_that_never_come_are_none() -> None:
    once: Calendar = calendar(days=[], shifts={"2026-01-13": [["09:00", "10:00"]]})
    start = local("2026-01-12T09:30")
    assert working_days_later(once, start, 1) == local("2026-01-13T09:30")
    assert working_days_later(once, start, 2) is None
    assert is_working_day(once, start.date()) is False


def test_without_a_calendar_a_day_has_24_hours() -> None:
    start = at("2006-01-07T12:00")
    assert working_days_later(None, start, 2) == start + timedelta(days=2)
    end = working_days_later(None, start, 2, end_of_day=True)
    assert end == at("2006-01-10T00:00")
