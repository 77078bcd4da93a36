"""Whatever two tickets lived through, their merge ends no promise."""

from datetime import timedelta

from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from domain.copies import replace
from domain.errors import RuleError
from domain.ticket.decide import Change, PauseTicket, Resolve
from domain.ticket.draft import seal
from domain.ticket.evolve import fold
from domain.ticket.merge import merge, unmerge
from tests.support.dsl import ANSWER, BY_ANN, CUSTOMER, Story, instant, promising
from tests.support.merging import ALL, Two

DONE = st.sampled_from(
    [ANSWER, CUSTOMER, PauseTicket(reason="r"), Resolve(), Change(priority="high")]
)
LIFE = st.lists(DONE, max_size=4)
FEW = settings(max_examples=80)


def lived(commands, at):
    made = Story(promising(ALL), at)
    for n, command in enumerate(commands):
        try:
            made.when(instant(at) + timedelta(minutes=n + 1), command)
        except RuleError:
            continue
    return made


@given_any(LIFE, LIFE)
@FEW
def test_of_every_clock_that_ran_one_runs_that_is_no_looser(of_a, of_b):
    both = Two(lived(of_a, "0s"), lived(of_b, "10m"))
    if both.a.finished:
        return
    before = [c for c in both.b.clocks if c.state == "running"]
    both.merge("20m")
    for clock in before:
        mine = [c for c in both.a.clocks if c.metric == clock.metric and c.live]
        assert len(mine) == 1
        if mine[0].state == "running":
            assert mine[0].due_at <= clock.due_at


@given_any(LIFE, LIFE)
@FEW
def test_undone_at_once_both_are_due_as_before(of_a, of_b):
    both = Two(lived(of_a, "0s"), lived(of_b, "10m"))
    if both.a.finished:
        return
    due = [_running(both.a), _running(both.b), both.b.status, both.b.asked]
    resumes = both.a.status
    both.merge("20m").unmerge("20m")
    if both.a.status != resumes:
        return  # somebody waited: the ticket went on, and stays open
    assert [_running(both.a), _running(both.b), both.b.status, both.b.asked] == due


def _running(ticket):
    return {c.metric: c.due_at for c in ticket.clocks if c.live}


@given_any(LIFE, LIFE)
@FEW
def test_the_fold_of_both_says_what_was_decided(of_a, of_b):
    a, b = lived(of_a, "0s"), lived(of_b, "10m")
    if a.ticket.finished:
        return
    other = replace(b.ticket, id="b", number=2)
    ending, staying = merge(other, a.ticket, instant("20m"), a.world)
    apart, left = unmerge(ending.ticket, staying.ticket, "r", instant("30m"), a.world)
    assert fold(seal(apart, BY_ANN), fold(seal(ending, BY_ANN), other)) == apart.ticket
    assert (
        fold(seal(left, BY_ANN), fold(seal(staying, BY_ANN), a.ticket)) == left.ticket
    )
