"""Whatever is done and when, every clock accounts for each microsecond."""

from itertools import pairwise
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.lifecycle.facts import PRIORITIES
from domain.sla.change_rules import ChangeRule, ReopenRule
from domain.sla.forecast import used
from domain.ticket.clock_explanation import explain
from domain.ticket.decide import Assign, Change, PauseTicket, Reopen, Resolve, Resume
from tests.support.dsl import ANSWER, CUSTOMER, NOON, instant
from tests.support.explained import ZERO, rules, told

COMMANDS = st.one_of(
    st.sampled_from(
        [
            ANSWER,
            CUSTOMER,
            Assign(team="front", agent="ann"),
            Assign(team="second"),
            Assign(agent="bo"),
            PauseTicket(reason="a photo is missing"),
            PauseTicket(reason="the maker looks", status="on_hold"),
            Resume(),
            Resolve(),
            Reopen(reason="cold again"),
            Change(tier="gold"),
            Change(tier="standard"),
            Change(fields={"type": "other"}),
            Change(fields={"type": "question"}),
            "the calendar is edited",
        ]
    ),
    st.builds(lambda p: Change(priority=p), st.sampled_from(PRIORITIES)),
)
GAPS = st.sampled_from(["PT0S", "PT0.000001S", "PT7M0.3S", "1h", "5h", "14h", "P1D"])
STORIES = st.lists(st.tuples(GAPS, COMMANDS), max_size=12)
WORLDS = st.builds(
    rules,
    st.sampled_from(get_args(ChangeRule)),
    st.sampled_from(get_args(ChangeRule)),
    st.sampled_from(get_args(ReopenRule)),
    longest_pause=st.sampled_from(["2h", "P10D"]),
)
LOOKS = st.sampled_from(["PT0S", "PT11M", "20h", "P9D"])
MANY = settings(max_examples=40)


@given(WORLDS, STORIES, LOOKS)
@MANY
def test_the_intervals_adjoin_and_add_up_to_the_elapsed_time_of_every_clock(
    world, commands, later
):
    story, at = told(world, commands)
    at += instant(later) - NOON
    story.enforce(at)
    for clock in story.ticket.clocks:
        found = explain(story.events, clock.key, story.world.calendar, at)
        calendar = story.world.calendar(clock.calendar)
        parts = found.intervals
        assert found.elapsed == used(clock, at, calendar), clock.key
        assert sum((i.counted for i in parts), ZERO) == found.elapsed
        assert all(a.end == b.start for a, b in pairwise(parts))
        if parts:
            assert (parts[0].start, parts[-1].end) == (clock.started_at, found.end)


@given(WORLDS, STORIES, LOOKS)
@MANY
def test_what_teams_people_and_states_used_adds_up_to_the_elapsed_time(
    world, commands, later
):
    story, at = told(world, commands)
    at += instant(later) - NOON
    for clock in story.enforce(at).ticket.clocks:
        found = explain(story.events, clock.key, story.world.calendar, at)
        shares = found.consumption
        for part in (shares.teams, shares.people, shares.states):
            assert sum((share.counted for share in part), ZERO) == found.elapsed


@given(WORLDS, STORIES)
@MANY
def test_only_what_runs_by_the_rules_counts(world, commands):
    story, at = told(world, commands)
    for clock in story.ticket.clocks:
        found = explain(story.events, clock.key, story.world.calendar, at)
        still = [
            i for i in found.intervals if i.kind in ("paused", "closed", "holiday")
        ]
        assert all(i.counted == ZERO for i in still)
        running = [i for i in found.intervals if i.kind == "running"]
        assert all(i.counted == i.end - i.start for i in running)
