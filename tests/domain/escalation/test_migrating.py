"""Running climbs go over to the newest version of their ladder, by order."""

from dataclasses import replace

from domain.escalation.commands import Acknowledge, Escalate
from domain.escalation.facts import (
    EscalationExhausted,
    EscalationMigrated,
    EscalationStepFired,
)
from domain.ticket.decide import PauseTicket, RestatePromises, Resume, decide
from domain.ticket.evolve import fold
from domain.ticket.restatement import clock_changes
from tests.support.dsl import instant, published
from tests.support.escalation_policies import ANN, BO, CHEN, EARLY, GONE, given, told

ORDER = RestatePromises(
    policies=False, calendars=False, escalation_policies=True, reason="r"
)
BO_EARLY = {"after": "50%", "targets": [{"agent": "bo"}]}
CHEN_EARLY = {"after": "80%", "targets": [{"agent": "chen"}]}


def edited(story, *steps, **escalation_policy):
    document = {"steps": list(steps), **escalation_policy}
    config = published(story.world.config, "escalation-policies", "l", document)
    story.world = replace(story.world, config=config)
    return story


def bo_after(delay):
    return {**BO, "after": delay}


def test_what_was_waited_for_the_next_step_counts_by_the_new_version_too():
    story = edited(given(ANN, BO).enforce("61m"), ANN, bo_after("5m"))
    story.when("62m", ORDER).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H5M", "bo")]


def test_a_step_that_would_be_over_by_the_new_version_is_taken_at_once():
    story = edited(given(ANN, BO).enforce("61m"), ANN, bo_after("1m"))
    story.when("62m", ORDER).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H2M", "bo")]


def test_a_longer_wait_is_longer_for_the_escalation_under_way():
    story = edited(given(ANN, BO).enforce("61m"), ANN, bo_after("20m"))
    story.when("62m", ORDER).enforce("9h")
    assert told(story)[1] == ("PT1H20M", "bo")


def test_business_time_that_was_waited_counts_as_business_time():
    def slow(delay):
        return {**bo_after(delay), "time": "business"}

    office = {"calendar": "office", "match": [{"targets": {"first_response": "1h"}}]}
    story = edited(given(ANN, slow("2h"), policy=office), ANN, slow("90m"))
    story.enforce("61m").when("62m", ORDER).enforce("30h")
    assert told(story)[1] == ("PT21H30M", "bo")


def test_a_paused_escalation_is_left_what_the_new_version_leaves_it():
    story = edited(given(ANN, BO).enforce("61m"), ANN, bo_after("6m"))
    story.when("62m", PauseTicket(reason="parts")).when("90m", ORDER)
    story.when("2h", Resume()).enforce("9h")
    assert told(story)[1] == ("PT2H4M", "bo")


def test_an_acknowledged_escalation_goes_on_by_the_new_version():
    story = edited(given(ANN, BO).enforce("61m"), ANN, {**BO, **CHEN, "after": "5m"})
    story.when("62m", Acknowledge(by="ann")).when("63m", ORDER).enforce("9h")
    assert told(story)[1] == ("PT1H32M", "chen")


def test_what_is_held_for_want_of_anybody_is_taken_by_the_new_version():
    story = given(GONE, CHEN, nobody="hold PT3H").enforce("61m")
    edited(story, ANN, CHEN).when("62m", ORDER).enforce("9h")
    assert told(story)[0] == ("PT1H2M", "ann")


def test_steps_before_the_breach_are_those_of_the_new_version():
    story = edited(given(ANN), BO_EARLY, ANN).when("10m", ORDER).enforce("9h")
    assert told(story) == [("PT30M", "bo"), ("PT1H", "ann")]


def test_steps_before_the_breach_that_the_new_version_has_not_are_not_taken():
    story = edited(given(BO_EARLY, CHEN_EARLY, ANN), ANN).when("10m", ORDER)
    assert told(story.enforce("9h")) == [("PT1H", "ann")]


def test_once_the_promise_is_broken_no_step_before_the_breach_is_taken():
    story = edited(given(ANN, CHEN).enforce("61m"), BO_EARLY, CHEN_EARLY, ANN)
    story.when("62m", ORDER).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H2M", "ann")]


def test_a_round_beyond_those_of_the_new_version_is_the_last():
    story = edited(given(ANN, BO, repeat=5).enforce("95m"), ANN, BO)
    story.when("96m", ORDER).enforce("30h")
    assert story.one(EscalationExhausted)


def test_a_clock_that_has_not_begun_to_escalate_is_on_record_too():
    story = edited(given(ANN), BO_EARLY, ANN).when("10m", ORDER)
    assert story.one(EscalationMigrated).new.version == 2


def test_the_preview_says_when_the_next_step_is_due_before_and_after():
    story = edited(given(ANN, BO).enforce("61m"), ANN, bo_after("5m"))
    [change] = clock_changes(decide(story.ticket, ORDER, instant("62m"), story.world))
    assert (change.old_due_at, change.new_due_at) == (instant("70m"), instant("65m"))
    assert change.step == 1


def test_the_preview_says_which_step_would_be_taken_at_once():
    story = edited(given(ANN, BO), ANN, bo_after("1m"))  # nobody looked since it broke
    [change] = clock_changes(decide(story.ticket, ORDER, instant("62m"), story.world))
    assert (change.old_due_at, change.new_due_at) == (instant("70m"), instant("62m"))
    assert change.step == 1


def test_the_preview_names_clocks_that_have_not_begun_to_escalate():
    story = edited(given(ANN), BO_EARLY, ANN)
    [change] = clock_changes(decide(story.ticket, ORDER, instant("10m"), story.world))
    assert (change.what, change.old_due_at) == ("migrated", None)
    assert (change.step, change.new_due_at) == (0, instant("30m"))


def test_an_escalation_policy_of_steps_before_the_breach_is_exhausted_when_it_comes():
    story = given(BO_EARLY).enforce("9h")
    assert story.log(EscalationExhausted) == ["PT1H escalation.exhausted"]


def test_steps_before_the_breach_are_taken_once_also_where_a_policy_repeats():
    story = given(BO_EARLY, repeat=3).enforce("2h")
    story.when("3h", Escalate(by="mia", reason="r", to_step=0)).enforce("30h")
    assert len(story.all(EscalationStepFired)) == 2


def migrated(story, at, **escalation_policy):
    """By order, to a ladder like this."""
    config = published(
        story.world.config, "escalation-policies", "l", escalation_policy
    )
    story.world = replace(story.world, config=config)
    order = RestatePromises(
        policies=False, calendars=False, escalation_policies=True, reason="r"
    )
    return story.when(at, order)


def test_a_run_can_be_migrated_to_the_newest_version_of_its_escalation_policy():
    chen = {"after": "10m", "targets": [{"agent": "chen"}]}
    story = migrated(given(ANN, BO).enforce("61m"), "62m", steps=[ANN, chen])
    story.enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H10M", "chen")]
    assert story.one(EscalationMigrated).new.version == 2


def test_a_run_that_is_migrated_past_its_last_round_ends_with_the_round():
    story = migrated(given(ANN, BO, repeat=2).enforce("85m"), "86m", steps=[ANN, BO])
    assert told(story.enforce("9h"))[3:] == [("PT1H30M", "bo")]


def test_a_run_can_be_migrated_to_an_escalation_policy_of_early_steps_alone():
    story = given(ANN, BO, repeat=2).enforce("85m")
    migrated(story, "86m", steps=EARLY, repeat=2).enforce("9h")
    assert told(story)[3:] == [("PT1H26M", "bo")]
    assert story.ticket.runs[-1].state == "exhausted"


def test_an_escalation_policy_is_migrated_with_its_steps_before_the_breach():
    story = migrated(given(*EARLY, CHEN).enforce("10m"), "20m", steps=[ANN, BO])
    assert told(story.enforce("9h")) == [("PT1H", "ann"), ("PT1H10M", "bo")]
    story = migrated(given(ANN).enforce("10m"), "20m", steps=[*EARLY, CHEN])
    assert [when for when, _ in told(story.enforce("9h"))] == [
        "PT30M",
        "PT48M",
        "PT1H30M",
    ]


def test_a_migration_of_before_that_was_recorded_keeps_what_both_policies_have():
    story = migrated(given(*EARLY, CHEN), "20m", steps=[EARLY[0], BO])
    old = [
        replace(e, fact=replace(e.fact, early=None))
        if isinstance(e.fact, EscalationMigrated)
        else e
        for e in story.events
    ]
    assert [e.step for e in fold(old).clocks[0].early] == [0]


def test_without_an_order_a_run_keeps_the_version_of_its_escalation_policy():
    story = given(ANN, BO).enforce("61m")
    other = {"steps": [{"after": "0s", "targets": [{"agent": "chen"}]}]}
    config = published(story.world.config, "escalation-policies", "l", other)
    story.world = replace(story.world, config=config)
    assert told(story.enforce("9h")) == [("PT1H", "ann"), ("PT1H10M", "bo")]
