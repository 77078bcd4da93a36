"""When a budget of time is used up round the clock, and how much of it is."""

from datetime import timedelta

import pytest

from domain.calendar.span import Span
from tests.support.budget import breach_at, due_at, elapsed
from tests.support.dsl import NOON, instant


def span(start, end=None):
    return Span(instant(start), end and instant(end))


@pytest.mark.parametrize(
    ("pauses", "due", "breach"),
    [
        ([], "1h", "1h"),
        ([span("10m", "40m")], "90m", "90m"),
        ([span("-2h", "-1h")], "1h", "1h"),
        ([span("-1h", "30m")], "90m", "90m"),
        ([span("2h", "3h")], "1h", "1h"),
        ([span("10m", "30m"), span("20m", "40m")], "90m", "90m"),
        ([span("20m", "40m"), span("10m", "30m")], "90m", "90m"),
        ([span("60m", "70m")], "60m", "70m"),
        ([span("60m", "70m"), span("70m", "80m")], "60m", "80m"),
        ([span("10m", "10m")], "1h", "1h"),
    ],
)
def test_pauses_move_the_end_of_a_budget_of_an_hour(pauses, due, breach):
    hour = timedelta(hours=1)
    assert due_at(NOON, hour, pauses) == instant(due)
    assert breach_at(NOON, hour, pauses) == instant(breach)


def test_while_a_pause_has_no_end_nobody_can_say_when():
    assert due_at(NOON, timedelta(hours=1), [span("10m")]) is None


def test_a_pause_that_begins_as_the_budget_ends_leaves_it_used_but_not_exceeded():
    assert due_at(NOON, timedelta(hours=1), [span("1h")]) == instant("1h")
    assert breach_at(NOON, timedelta(hours=1), [span("1h")]) is None


def test_no_time_is_negative():
    assert elapsed(NOON, instant("-1h"), [span("-2h", "2h")]) == timedelta(0)
