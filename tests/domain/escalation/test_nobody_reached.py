"""A step that reaches nobody: skipped, waited for, or handed to the catch-all."""

from datetime import UTC, datetime

from domain.escalation.facts import (
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationWaiting,
)
from tests.support.escalation_policies import CHEN, GONE, book, given, told


def test_a_step_that_reaches_nobody_is_skipped_at_once():
    assert told(given(GONE, CHEN).enforce("9h")) == [("PT1H", "chen")]


def test_a_step_that_reaches_nobody_may_wait_for_the_next_shift():
    day = [{"days": ["mon"], "from": "08:00", "to": "20:00"}]
    step = {"after": "0s", "targets": [{"on_call": "front"}]}
    oncall = book({"front": (["ann"], day)})
    story = given(step, CHEN, nobody="hold P2D", oncall=oncall).enforce("72h")
    assert story.one(EscalationWaiting).until == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert told(story)[0] == ("PT20H", "ann")


def test_a_step_that_reaches_nobody_may_go_to_the_catch_all():
    story = given(GONE, nobody={"catch_all": {"agent": "top"}}).enforce("9h")
    assert told(story) == [("PT1H", "top")]


def test_who_is_notified_as_the_catch_all_reads_so():
    story = given(GONE, nobody={"catch_all": {"agent": "top"}}).enforce("9h")
    [chosen] = story.one(EscalationStepFired).chosen
    assert chosen.reasons == (
        "catch-all, because the step reaches nobody: named by the policy",
    )


def test_an_escalation_policy_that_reaches_nobody_at_all_ends_and_says_so():
    story = given(GONE, GONE, repeat=1).enforce("9h")
    assert story.log()[-1].endswith("escalation.exhausted")
    assert len(story.all(EscalationStepSkipped)) == 4
