"""A step that reaches nobody may be held: until when, and for whom."""

from dataclasses import replace
from datetime import timedelta

from domain.escalation.facts import EscalationReassigned, EscalationWaiting
from domain.escalation.waiting import awaited_teams
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.override import Override
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule
from domain.ticket.decide import Assign, RetryWaiting
from tests.support.dsl import instant
from tests.support.escalation_policies import CHEN, GONE, book, given, told
from tests.support.oncall import leave_of


def test_a_held_step_is_taken_as_soon_as_somebody_is_put_on_call():
    story = holding()
    story.enforce("61m")
    covered(story, "90m", "5h")
    story.when("90m", RetryWaiting()).enforce("2h")
    assert [c.person for c in story.chosen()] == ["bo"]
    assert [c.at for c in story.chosen()] == ["PT1H30M"]


def test_a_held_step_waits_no_longer_than_for_who_comes_first():
    story = holding().enforce("61m")
    covered(story, "3h", "5h")
    story.when("2h", RetryWaiting()).enforce("4h")
    assert [c.at for c in story.chosen()] == ["PT3H"]


def test_where_nobody_comes_a_held_step_stays_as_it_is():
    story = holding().enforce("61m").when("2h", RetryWaiting())
    held = story.one(EscalationWaiting)
    assert held.until == held.since + timedelta(hours=9)


def test_a_held_step_is_taken_when_the_ticket_gets_somebody_whom_it_means():
    story = given({"after": "0s", "targets": [{"assignee": True}]}, nobody="hold PT9H")
    story.enforce("61m").when("2h", Assign(agent="bo"))
    assert [c.at for c in story.chosen()] == ["PT2H"]


def test_a_held_step_is_taken_when_whom_it_means_comes_back_from_leave():
    for target in ({"agent": "bo"}, {"least_loaded": "boilers"}, {"team": "boilers"}):
        away = book(leaves=leave_of("bo", "0s", "3h"))
        step = {"after": "0s", "targets": [target]}
        story = given(step, nobody="hold PT9H", oncall=away).enforce("9h")
        assert told(story) == [("PT3H", "bo")]


def test_a_held_step_is_taken_when_a_shift_ends_whose_holder_it_means():
    step = {"after": "0s", "targets": [{"on_call_previous": "front"}]}
    story = given(step, nobody="hold PT9H")
    covered(story, "0s", "3h", base=False)
    assert told(story.enforce("9h")) == [("PT3H", "bo")]


def test_a_held_step_hands_over_when_the_next_shift_begins():
    reassign = {"strategy": "on_call", "team": "front"}
    step = {"after": "0s", "targets": [{"assignee": True}], "reassign": reassign}
    story = given(step, nobody="hold PT9H")
    covered(story, "3h", "5h", base=False)
    assert story.enforce("9h").log(EscalationReassigned)[0][:4] == "PT3H"


def test_a_held_step_is_taken_when_a_rule_gives_the_ticket_to_somebody():
    step = {"after": "0s", "targets": [{"assignee": True}]}
    story = given(
        step, nobody="hold PT9H", oncall=book(leaves=leave_of("bo", "0s", "3h"))
    )
    story.when("1m", Assign(team="boilers"))
    assert told(story.enforce("9h")) == [("PT3H", "bo")]


def test_a_held_step_says_why_it_reaches_nobody():
    reassign = {"team": "boilers"}
    step = {"after": "0s", "targets": [{"agent": "bo"}], "reassign": reassign}
    oncall = book(leaves=leave_of("bo", "0s", "9h"))
    held = (
        given(step, nobody="hold PT5H", oncall=oncall)
        .enforce("2h")
        .one(EscalationWaiting)
    )
    away = f"on leave until {instant('9h').isoformat()}"
    assert [(p.person, p.reason) for p in held.excluded] == [("bo", away)]
    assert [(c.agent, c.reason) for c in held.candidates] == [("bo", away)]


def test_it_is_known_whose_capacity_a_waiting_step_needs():
    steps = {"targets": [{"least_loaded": "empty"}], "reassign": {"team": "boilers"}}
    away = book(leaves=leave_of("bo", "0s", "9h"))
    story = given({"after": "0s", **steps}, nobody="hold PT5H", oncall=away)
    assert awaited_teams(story.enforce("59m").ticket) == frozenset()
    assert awaited_teams(story.enforce("2h").ticket) == {"empty", "boilers"}


def holding():
    """On call is nobody: the step waits nine hours at most."""
    step = {"after": "0s", "targets": [{"on_call": "front"}]}
    return given(step, nobody="hold PT9H", oncall=book({"front": (["ann"], NIGHTS)}))


EMPTY = Schedule(ref=PolicyRef(name="front", version=1, sha256=""), tz="UTC", layers=())
NIGHTS = [{"from": "02:00", "to": "03:00"}]


def covered(story, begin, end, *, base=True):
    """Bo stands in on `front` then; without `base` nobody else ever is."""
    made = Override(
        id="o",
        kind="add",
        person="bo",
        begin=instant(begin),
        end=instant(end),
        by="mia",
        made_at=instant("0s"),
    )
    plan = story.world.oncall.plans["front"] if base else Plan.of(EMPTY)
    plan = replace(plan, changes=(made,))
    story.world = replace(story.world, oncall=OnCallBook(plans={"front": plan}))


def test_a_held_step_waits_no_longer_than_the_policy_says():
    story = given(GONE, CHEN, nobody="hold PT1H").enforce("9h")
    assert told(story) == [("PT2H", "chen")]
