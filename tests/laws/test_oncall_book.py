"""Any history of leaves, overrides and swaps, folded."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.configuration.facts import PolicyRetired
from domain.configuration.on_call_book import fold_oncall
from domain.errors import RuleError
from domain.oncall.facts import AgentLeaveCancelled
from domain.oncall.on_call import on_call_at
from tests.support.oncall import at
from tests.support.oncall_book import (
    FRONT,
    OFFERED,
    TAKEN,
    added,
    book,
    gone,
    log,
    published,
    swap,
    take,
)

HISTORY = log(
    published(0, "ann", "bo"),
    added(1, "replace", "chen", 3, 6),
    OFFERED,
    gone(2, "bo", 20, 30),
    (2, TAKEN),
    published(8, "bo", "ann", version=2),
    (9, AgentLeaveCancelled(agent="bo", leave_id="l-1")),
    (10, PolicyRetired(kind="schedules", name=FRONT)),
)


@given(cut=st.integers(0, len(HISTORY)))
def test_folding_in_parts_is_folding_the_whole(cut):
    start = fold_oncall(HISTORY[:cut])
    assert fold_oncall(HISTORY[cut:], start) == fold_oncall(HISTORY)


@settings(max_examples=50)
@given(
    windows=st.lists(
        st.tuples(st.integers(1, 40), st.integers(1, 20), st.sampled_from("abc")),
        max_size=4,
    ),
    hour=st.integers(0, 60),
)
def test_whoever_is_on_leave_is_never_on_call(windows, hour):
    leaves = [
        (0, replace(gone(0, who, begin, begin + length)[1], leave_id=f"l-{n}"))
        for n, (begin, length, who) in enumerate(windows)
    ]
    found = book(published(0, *"abc"), *leaves)
    away = {fact.agent for _, fact in leaves if fact.begin <= at(hour) < fact.end}
    now = {shift.person for shift in on_call_at(found.plan(FRONT), at(hour)).now}
    assert not now & away
    assert now or away == set("abc")


@pytest.mark.parametrize(
    ("offer", "hour", "words"),
    [
        (swap(taker="chen", taken_at=at(0)), 1, "was taken by 'chen'"),
        (swap(cancelled_at=at(0)), 1, "is cancelled already"),
        (swap(offered_to="chen"), 1, "is offered to 'chen'"),
        (swap(), 5, "is over"),
        (swap(back=(at(25), at(26))), 6, "a part of swap s-1 is over"),
        (swap(back=(at(6), at(7))), 1, "'bo' is not on call when it is to be given"),
    ],
)
def test_a_swap_that_cannot_be_taken_says_why(offer, hour, words):
    with pytest.raises(RuleError, match=words):
        take(offer, hour=hour)
