"""A ticket is escalated by hand."""

import pytest

from domain.errors import InvalidError, RuleError
from domain.escalation.commands import Escalate
from domain.escalation.facts import EscalationForced, EscalationStarted
from tests.support.dsl import Story, world
from tests.support.escalation_policies import ANN, BO, CHEN, given, told


def test_a_run_can_be_sent_to_a_step():
    story = given(ANN, BO, CHEN).enforce("61m")
    story.when("62m", Escalate(by="mia", reason="angry", to_step=2))
    assert told(story) == [("PT1H", "ann"), ("PT1H2M", "chen")]
    assert story.one(EscalationForced).reason == "angry"


def test_without_a_step_it_is_the_next_one_now():
    story = given(ANN, BO).when("61m", Escalate(by="mia", reason="r"))
    assert told(story)[1] == ("PT1H1M", "bo")


def test_a_ticket_can_be_escalated_before_anything_is_broken():
    story = given(ANN, BO).when("5m", Escalate(by="mia", reason="r"))
    assert told(story) == [("PT5M", "ann")]
    assert story.one(EscalationStarted).breach_at is None


def test_after_a_breach_a_run_that_was_started_by_hand_goes_on():
    story = given(ANN, BO).when("5m", Escalate(by="mia", reason="r")).enforce("9h")
    assert len(story.all(EscalationStarted)) == 1
    assert told(story)[-1] == ("PT1H10M", "bo")


def test_a_step_that_is_not_there_is_refused_by_field():
    with pytest.raises(InvalidError, match="/to_step"):
        given(ANN).when("61m", Escalate(by="mia", reason="r", to_step=1))


def test_a_ticket_without_an_escalation_policy_cannot_be_escalated():
    story = Story(world({"p": {"match": [{"targets": {"resolution": "1h"}}]}}))
    with pytest.raises(RuleError, match="no running promise has an escalation policy"):
        story.when("5m", Escalate(by="mia", reason="r"))
