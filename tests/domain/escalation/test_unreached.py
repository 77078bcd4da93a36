"""No message comes through: the next step does not wait."""

from dataclasses import replace

from domain.escalation.commands import StepUndelivered
from domain.escalation.facts import EscalationUndelivered
from tests.support.escalation_policies import ANN, BO, CHEN, given, told

LOST = StepUndelivered(
    clock="first_response/1",
    step=0,
    repetition=0,
    people=("ann",),
    reason="all channels failed",
)


def test_when_no_message_comes_through_the_next_step_does_not_wait():
    story = given(ANN, BO).enforce("61m").when("62m", LOST).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H2M", "bo")]


def test_when_no_message_of_the_last_step_comes_through_the_ticket_says_so():
    story = given(ANN).enforce("61m").when("62m", LOST)
    assert story.one(EscalationUndelivered).people == ("ann",)
    assert told(story.enforce("9h")) == [("PT1H", "ann")]


def test_when_no_message_of_the_last_step_comes_through_the_catch_all_hears_once():
    nobody = {"nobody": {"catch_all": {"team": "second"}}}
    story = given(ANN, **nobody).enforce("61m").when("62m", LOST)
    heard = [("PT1H", "ann"), ("PT1H2M", "bo"), ("PT1H2M", "chen")]
    assert told(story) == heard
    assert "no message came through" in story.chosen()[-1].reason
    everybody = replace(LOST, people=("ann", "bo", "chen"))
    assert told(story.when("63m", everybody).enforce("9h")) == heard


def test_the_catch_all_is_left_alone_while_a_step_follows():
    nobody = {"nobody": {"catch_all": {"agent": "chen"}}}
    story = given(ANN, BO, **nobody).enforce("61m").when("62m", LOST)
    assert told(story.enforce("9h")) == [("PT1H", "ann"), ("PT1H2M", "bo")]


def test_an_escalation_that_went_on_meanwhile_is_not_hurried():
    lost = StepUndelivered(
        clock="first_response/1", step=0, repetition=0, people=("ann",), reason="r"
    )
    story = given(ANN, BO, CHEN).enforce("71m").when("72m", lost).enforce("9h")
    assert told(story)[2] == ("PT1H30M", "chen")
