"""The steps of a ladder: when they are due, who they mean, and what they do in vain."""

from datetime import timedelta

from domain.escalation.facts import (
    EscalationReassigned,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.ticket.decide import Change
from tests.support.dsl import instant
from tests.support.escalation_policies import ANN, BO, CHEN, book, given, told


def test_a_step_may_be_due_at_a_share_of_the_target():
    early = {"after": "50%", "targets": [{"agent": "ann"}]}
    assert told(given(early, BO).enforce("9h"))[0] == ("PT30M", "ann")


def test_the_distance_to_a_step_may_count_business_time():
    late = {"after": "2h", "time": "business", "targets": [{"agent": "bo"}]}
    story = given(ANN, late, policy={"calendar": "office"}).enforce("48h")
    # Broken at 13:00, closed from 14:00 on Sunday to 09:00 on Monday.
    assert told(story)[1] == ("PT22H", "bo")


def test_a_step_is_passed_over_while_its_condition_does_not_hold():
    urgent = {**BO, "when": {"priority": "urgent"}}
    story = given(ANN, urgent, CHEN).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H30M", "chen")]
    assert "priority" in story.one(EscalationStepSkipped).reason


def test_after_an_outage_the_steps_that_were_missed_collapse_into_the_last_one():
    story = given(ANN, BO, CHEN).late("3h")
    assert told(story) == [("PT1H30M", "chen")]
    skipped = [f.reason for f in story.all(EscalationStepSkipped)]
    assert skipped == ["stale: a later step is due as well"] * 2


def test_after_an_outage_a_step_stands_for_no_other_if_its_condition_does_not_hold():
    urgent = {**BO, "when": {"priority": "urgent"}}
    assert told(given(ANN, urgent).late("3h")) == [("PT1H", "ann")]
    assert told(given(ANN, urgent, CHEN).late("3h")) == [("PT1H30M", "chen")]


def test_after_an_outage_a_step_that_reaches_nobody_stands_for_none_that_does():
    nobody = {**BO, "targets": [{"assignee": True}]}
    raises = {**BO, "targets": [], "raise_priority": 1}
    assert told(given(ANN, nobody).late("3h")) == [("PT1H", "ann")]
    assert told(given(ANN, raises).late("3h")) == [("PT1H", "ann")]


def test_after_an_outage_what_a_step_changes_is_changed_if_it_tells_nobody():
    raises = [{"after": m, "raise_priority": 1} for m in ("0s", "1m")]
    urgent = {**BO, "when": {"priority": "urgent"}}
    assert told(given(*raises, urgent, CHEN).late("PT1H20M")) == [("PT1H10M", "bo")]


def test_steps_of_one_instant_collapse_together():
    chen = {**CHEN, "after": "10m"}
    story = given(ANN, BO, chen, repeat=2).late("9h")
    assert told(story) == [("PT3H30M", "bo"), ("PT3H30M", "chen")]


def test_a_moment_s_lateness_collapses_nothing():
    story = given(ANN, {**BO, "after": "1m"}).late("PT1H4M")
    assert [person for _, person in told(story)] == ["ann", "bo"]


def test_a_step_adds_watchers():
    assert given({**ANN, "watch": ["top"]}).enforce("61m").ticket.watchers == ("top",)


def test_who_is_on_call_can_take_over():
    oncall = book({"front": (["bo"], None)})
    move = {"after": "0s", "reassign": {"strategy": "on_call", "team": "front"}}
    story = given(move, oncall=oncall).enforce("61m")
    assert story.one(EscalationReassigned).to_agent == "bo"


def test_a_raise_of_priority_inside_a_step_moves_the_early_steps_too():
    rules = [
        {"when": {"priority": "high"}, "targets": {"first_response": "30m"}},
        {"targets": {"first_response": "2h"}},
    ]
    early = {"after": "50%", "targets": [{"agent": "ann"}]}
    story = given(early, BO, policy={"match": rules})
    story.when("1m", Change(priority="high")).enforce("9h")
    assert told(story)[0] == ("PT15M", "ann")


def test_a_step_names_when_the_next_one_is_due():
    fired = given(ANN, BO).enforce("61m").one(EscalationStepFired)
    assert (fired.next_step, fired.next_due_at) == (1, instant("70m"))
    assert fired.due_at == instant("60m") == instant("0s") + timedelta(hours=1)
