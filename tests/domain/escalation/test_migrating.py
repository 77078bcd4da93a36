"""Running climbs go over to the newest version of their ladder, by order."""

from dataclasses import replace

from domain.commands import (
    Acknowledge,
    Escalate,
    PauseTicket,
    RestatePromises,
    Resume,
    decide,
)
from domain.escalation.facts import (
    EscalationExhausted,
    EscalationMigrated,
    EscalationStepFired,
)
from domain.restatement import clock_changes
from tests.domain.escalation.test_steps import ANN, BO, CHEN, GONE, given, told
from tests.support.dsl import instant, published

ORDER = RestatePromises(policies=False, calendars=False, ladders=True, reason="r")
BO_EARLY = {"after": "50%", "targets": [{"agent": "bo"}]}
CHEN_EARLY = {"after": "80%", "targets": [{"agent": "chen"}]}


def edited(story, *steps, **ladder):
    document = {"steps": list(steps), **ladder}
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


def test_a_longer_wait_is_longer_for_the_climb_under_way():
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


def test_a_paused_climb_is_left_what_the_new_version_leaves_it():
    story = edited(given(ANN, BO).enforce("61m"), ANN, bo_after("6m"))
    story.when("62m", PauseTicket(reason="parts")).when("90m", ORDER)
    story.when("2h", Resume()).enforce("9h")
    assert told(story)[1] == ("PT2H4M", "bo")


def test_an_acknowledged_climb_goes_on_by_the_new_version():
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


def test_a_clock_that_has_not_begun_to_climb_is_on_record_too():
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


def test_the_preview_names_clocks_that_have_not_begun_to_climb():
    story = edited(given(ANN), BO_EARLY, ANN)
    [change] = clock_changes(decide(story.ticket, ORDER, instant("10m"), story.world))
    assert (change.what, change.old_due_at) == ("migrated", None)
    assert (change.step, change.new_due_at) == (0, instant("30m"))


def test_a_ladder_of_steps_before_the_breach_is_exhausted_when_it_comes():
    story = given(BO_EARLY).enforce("9h")
    assert story.log(EscalationExhausted) == ["PT1H escalation.exhausted"]


def test_steps_before_the_breach_are_climbed_once_also_where_a_ladder_repeats():
    story = given(BO_EARLY, repeat=3).enforce("2h")
    story.when("3h", Escalate(by="mia", reason="r", to_step=0)).enforce("30h")
    assert len(story.all(EscalationStepFired)) == 2
