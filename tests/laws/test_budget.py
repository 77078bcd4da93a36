"""Laws of a budget of time round the clock."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar.span import Span
from tests.support.budget import breach_at, due_at, elapsed
from tests.support.dsl import NOON

SECONDS = st.integers(-5_000, 20_000).map(lambda n: NOON + timedelta(seconds=n))
LENGTHS = st.integers(0, 5_000).map(lambda n: timedelta(seconds=n))
PAUSES = st.lists(st.builds(lambda s, n: Span(s, s + n), SECONDS, LENGTHS), max_size=6)
BUDGETS = st.integers(1, 10_000).map(lambda n: timedelta(seconds=n))


@given(st.lists(SECONDS, min_size=3, max_size=3).map(sorted), PAUSES)
def test_an_interval_split_in_two_adds_up(times, pauses):
    a, b, c = times
    assert elapsed(a, b, pauses) + elapsed(b, c, pauses) == elapsed(a, c, pauses)


@given(BUDGETS, PAUSES)
def test_what_has_elapsed_at_the_due_instant_is_the_budget(budget, pauses):
    due = due_at(NOON, budget, pauses)
    assert elapsed(NOON, due, pauses) == budget
    assert elapsed(NOON, due - timedelta(microseconds=1), pauses) < budget


@given(BUDGETS, PAUSES)
def test_the_breach_instant_is_the_last_at_which_the_budget_is_not_exceeded(
    budget, pauses
):
    breach = breach_at(NOON, budget, pauses)
    assert elapsed(NOON, breach, pauses) == budget
    assert elapsed(NOON, breach + timedelta(microseconds=1), pauses) > budget


@given(st.lists(BUDGETS, min_size=2, max_size=2).map(sorted), PAUSES)
def test_a_larger_budget_is_never_due_earlier(budgets, pauses):
    smaller, larger = (due_at(NOON, budget, pauses) for budget in budgets)
    assert smaller <= larger
