"""When a budget of time is used up round the clock, and how much of it is."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import business_time
from domain.calendar.span import Span
from tests.dsl import NOON, instant

elapsed, due_at, breach_at = (
    partial(question, None)
    for question in (
        business_time.elapsed,
        business_time.due_at,
        business_time.breach_at,
    )
)


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


SECONDS = st.integers(-5_000, 20_000).map(lambda n: NOON + timedelta(seconds=n))
LENGTHS = st.integers(0, 5_000).map(lambda n: timedelta(seconds=n))
PAUSES = st.lists(st.builds(lambda s, n: Span(s, s + n), SECONDS, LENGTHS), max_size=6)
BUDGETS = st.integers(1, 10_000).map(lambda n: timedelta(seconds=n))


@given(st.lists(SECONDS, min_size=3, max_size=3).map(sorted), PAUSES)
@settings(deadline=None)
def test_an_interval_split_in_two_adds_up(times, pauses):
    a, b, c = times
    assert elapsed(a, b, pauses) + elapsed(b, c, pauses) == elapsed(a, c, pauses)


@given(BUDGETS, PAUSES)
@settings(deadline=None)
def test_what_has_elapsed_at_the_due_instant_is_the_budget(budget, pauses):
    due = due_at(NOON, budget, pauses)
    assert elapsed(NOON, due, pauses) == budget
    assert elapsed(NOON, due - timedelta(microseconds=1), pauses) < budget


@given(BUDGETS, PAUSES)
@settings(deadline=None)
def test_the_breach_instant_is_the_last_at_which_the_budget_is_not_exceeded(
    budget, pauses
):
    breach = breach_at(NOON, budget, pauses)
    assert elapsed(NOON, breach, pauses) == budget
    assert elapsed(NOON, breach + timedelta(microseconds=1), pauses) > budget


@given(st.lists(BUDGETS, min_size=2, max_size=2).map(sorted), PAUSES)
@settings(deadline=None)
def test_a_larger_budget_is_never_due_earlier(budgets, pauses):
    smaller, larger = (due_at(NOON, budget, pauses) for budget in budgets)
    assert smaller <= larger
