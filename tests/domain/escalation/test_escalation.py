"""A broken promise climbs its ladder: in order, on time, and saying what it did."""

from dataclasses import replace

import pytest

from domain.escalation.commands import Acknowledge
from domain.escalation.facts import (
    EscalationEnded,
    EscalationExhausted,
    EscalationReassigned,
    EscalationReassignmentFailed,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.lifecycle.facts import TicketPriorityChanged
from domain.sla.facts import SlaRestated
from domain.ticket.decide import Assign, Change, PauseTicket, Resolve, Resume
from domain.ticket.draft import Draft
from domain.ticket.enforce import enforce
from tests.support.dsl import (
    AGENTS,
    ANSWER,
    TEAMS,
    Story,
    instant,
    promising,
    published,
    world,
)

FIRST = {"first_response": "1h"}
TELL_ANN = {"after": "0s", "targets": [{"assignee": True}]}
TELL_BO = {"after": "10m", "targets": [{"agent": "bo"}]}
TO_SECOND = {"after": "0s", "reassign": {"team": "second"}}


def given(*steps, repeat=0, directory=None):
    made = promising(FIRST, steps=list(steps), repeat=repeat)
    if directory:
        made = replace(made, directory=replace(made.directory, **directory))
    return Story(made).when("0s", Assign(agent="ann"))


def told(story):
    return [(c.step, c.person) for c in story.chosen()]


def taker(story):
    return story.one(EscalationReassigned).to_agent


# the ladder


def test_the_steps_are_taken_in_order_each_after_its_delay():
    story = given(TELL_ANN, TELL_BO).enforce("9h")
    assert story.log("escalation")[1:] == [
        "PT1H escalation.started",
        "PT1H escalation.step_fired",
        "PT1H10M escalation.step_fired",
        "PT1H10M escalation.exhausted",
    ]


def test_a_step_is_not_taken_before_its_instant():
    story = given(TELL_ANN, TELL_BO).enforce("PT1H9M59.999999S")
    assert len(story.all(EscalationStepFired)) == 1


def test_a_step_is_taken_at_its_very_instant():
    story = given(TELL_ANN, TELL_BO).enforce("PT1H10M")
    assert len(story.all(EscalationStepFired)) == 2


def test_an_escalation_policy_with_repeats_runs_again_one_gap_after_its_last_step():
    story = given(TELL_ANN, TELL_BO, repeat=1).enforce("9h")
    assert story.log(EscalationStepFired) == [
        f"{at} escalation.step_fired"
        for at in ("PT1H", "PT1H10M", "PT1H20M", "PT1H30M")
    ]


def test_each_repeat_has_its_number():
    story = given(TELL_ANN, TELL_BO, repeat=1).enforce("9h")
    fired = [(f.repetition, f.step) for f in story.all(EscalationStepFired)]
    assert fired == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_after_the_last_repeat_the_escalation_policy_is_exhausted():
    story = given(TELL_ANN, repeat=2).enforce("99h")
    assert story.log(EscalationExhausted) == ["PT3H escalation.exhausted"]


def test_a_ticket_escalates_by_the_version_that_it_pinned():
    story = given(TELL_ANN)
    other = {"steps": [{"targets": [{"agent": "chen"}]}]}
    config = published(story.world.config, "escalation-policies", "climb", other)
    story.world = replace(story.world, config=config)
    assert told(story.enforce("2h")) == [(0, "ann")]


def test_each_step_names_the_breach_s_run_as_its_cause():
    story = given(TELL_ANN).enforce("2h")
    started = next(e for e in story.events if e.fact.topic == "escalation.started")
    assert story.event(EscalationStepFired).meta.causation_id == started.id


# the end


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (ANSWER, "answered"),
        (Resolve(), "resolved"),
    ],
)
def test_it_ends_when_somebody_does_something(command, reason):
    story = given(TELL_ANN, TELL_BO).when("65m", command).enforce("9h")
    assert story.one(EscalationEnded).reason == reason
    assert len(story.all(EscalationStepFired)) == 1


def test_an_exhausted_escalation_policy_ends_too_and_once():
    story = given(TELL_ANN).when("2h", ANSWER).when("3h", Resolve())
    assert story.one(EscalationEnded).reason == "answered"


def test_who_acknowledged_the_first_breach_is_not_excused_from_the_next():
    targets = {"first_response": "1h", "resolution": "2h"}
    story = Story(promising(targets, steps=[TELL_BO]))
    story.when("61m", Acknowledge(by="ann")).enforce("9h")
    assert [c.clock for c in story.chosen()][-1] == "resolution/1"


def test_a_cancelled_promise_stops_escalating():
    rule = {"when": {"type": "question"}, "targets": {"resolution": "1h"}}
    policy = {"match": [rule], "escalation_policy": "climb"}
    story = Story(world({"care": policy}, {"climb": {"steps": [TELL_ANN, TELL_BO]}}))
    story.when("0s", Assign(agent="ann")).when(
        "65m", Change(fields={"type": "other"})
    ).enforce("9h")
    assert len(story.all(EscalationStepFired)) == 1


# pauses


def test_a_pause_holds_the_escalation_and_what_was_left_is_left():
    story = given(TELL_ANN, TELL_BO)
    story.when("64m", PauseTicket(reason="r")).when("5h", Resume()).enforce("9h")
    assert story.log(EscalationStepFired) == [
        "PT1H escalation.step_fired",
        "PT5H6M escalation.step_fired",
    ]


def test_a_promise_broken_in_a_pause_starts_to_escalate_after_it():
    story = given(TELL_ANN, TELL_BO)
    story.when("50m", PauseTicket(reason="r")).enforce("4h").when("5h", Resume())
    assert story.enforce("9h").log(EscalationStepFired) == [
        "PT5H escalation.step_fired",
        "PT5H10M escalation.step_fired",
    ]


# whom it reaches


@pytest.mark.parametrize(
    ("target", "person"),
    [
        ({"assignee": True}, "ann"),
        ({"agent": "chen"}, "chen"),
        ({"manager_of": "assignee"}, "mia"),
        ({"team": "front"}, "ann"),
    ],
)
def test_a_target_means_this_person(target, person):
    assert told(given({"targets": [target]}).enforce("2h")) == [(0, person)]


def test_a_person_meant_twice_is_notified_once():
    step = {"targets": [{"assignee": True}, {"agent": "ann"}, {"team": "front"}]}
    assert told(given(step).enforce("2h")) == [(0, "ann")]


def test_who_is_notified_hears_why():
    story = given({"targets": [{"manager_of": "assignee"}]}).enforce("2h")
    assert story.chosen()[0].reason == "manager of ann"


def test_a_step_that_reaches_nobody_is_skipped_and_says_so():
    made = Story(promising(FIRST, steps=[TELL_ANN, TELL_BO])).enforce("9h")
    assert made.one(EscalationStepSkipped).reason == (
        "it reaches nobody and changes nothing"
    )
    assert told(made) == [(1, "bo")]


def test_who_is_not_active_is_not_notified():
    agents = AGENTS | {"bo": {"name": "Bo", "active": False}}
    step = {"targets": [{"team": "second"}]}
    policy = {"match": [{"targets": FIRST}], "escalation_policy": "climb"}
    made = world({"care": policy}, {"climb": {"steps": [step]}}, agents=agents)
    assert told(Story(made).enforce("2h")) == [(0, "chen")]


def test_managers_in_a_circle_do_not_hang_it():
    """Refused today; a log may hold one from when it was not."""
    made = promising(FIRST, steps=[{"targets": [{"manager_of": "assignee"}]}])
    agents = made.directory.agents
    mia = replace(agents["mia"], manager="ann")
    directory = replace(made.directory, agents={**agents, "mia": mia})
    circle = replace(made, directory=directory)
    story = Story(circle).when("0s", Assign(agent="mia")).enforce("2h")
    assert told(story) == [(0, "ann")]


# who takes over


def test_the_least_loaded_of_the_team_takes_over():
    story = given(TO_SECOND, directory={"loads": {"bo": 2, "chen": 1}}).enforce("2h")
    assert (taker(story), story.ticket.assignee) == ("chen", "chen")


def test_equal_loads_go_by_the_id():
    assert taker(given(TO_SECOND).enforce("2h")) == "bo"


def test_every_candidate_is_on_record_with_the_reason():
    story = given(TO_SECOND, directory={"loads": {"bo": 2}}).enforce("2h")
    candidates = story.one(EscalationReassigned).candidates
    assert [(c.agent, c.load, c.reason) for c in candidates] == [
        ("bo", 2, "more loaded: 2 against 0"),
        ("chen", 0, "least loaded"),
    ]


def test_it_is_never_handed_to_its_holder():
    story = given(TO_SECOND).when("1m", Assign(agent="bo")).enforce("2h")
    assert taker(story) == "chen"


def test_without_a_team_of_its_own_the_ticket_s_team_is_asked():
    story = given({"reassign": {}}).when("1m", Assign(team="second", agent="bo"))
    assert taker(story.enforce("2h")) == "chen"


def test_what_is_taken_over_counts_for_the_next_ticket():
    story = given(TO_SECOND, directory={"loads": {"ann": 1}})
    draft = Draft("t-1", story.ticket)
    after = enforce(draft, instant("2h"), story.world)
    assert after.directory.loads == {"ann": 0, "bo": 1}


def test_when_nobody_can_take_over_the_record_says_why():
    story = given({"after": "0s", "reassign": {"team": "front"}}, TELL_BO).enforce("2h")
    fact = story.one(EscalationReassignmentFailed)
    assert [(c.agent, c.reason) for c in fact.candidates] == [
        ("ann", "is the assignee already")
    ]
    assert story.one(EscalationStepSkipped).step == 0


def test_a_team_that_is_gone_takes_nothing_over():
    teams = {name: team for name, team in TEAMS.items() if name != "second"}
    gone = world(teams=teams).directory.teams
    story = given(TO_SECOND, directory={"teams": gone}).enforce("2h")
    assert story.ticket.assignee == "ann"
    assert story.one(EscalationReassignmentFailed).candidates == ()


# priority


def test_a_step_may_raise_the_priority_and_the_promises_follow():
    rules = [
        {"when": {"priority": "high"}, "targets": {"resolution": "2h"}},
        {"targets": {"first_response": "1h", "resolution": "8h"}},
    ]
    policy = {"match": rules, "escalation_policy": "climb"}
    step = {"after": "0s", "targets": [{"agent": "bo"}], "raise_priority": 1}
    story = Story(world({"care": policy}, {"climb": {"steps": [step]}})).enforce("61m")
    restated = [f for f in story.all(SlaRestated) if f.metric == "resolution"]
    assert [str(f.new_target) for f in restated] == ["2:00:00"]


def test_the_priority_stops_at_urgent():
    step = {"after": "0s", "targets": [{"agent": "bo"}], "raise_priority": 3}
    fact = given(step).enforce("2h").one(TicketPriorityChanged)
    assert (fact.old, fact.new) == ("normal", "urgent")


def test_a_step_that_only_raises_what_is_highest_changes_nothing_and_is_skipped():
    step = {"targets": [{"assignee": True}], "raise_priority": 3}
    story = Story(promising(FIRST, steps=[step]), priority="urgent").enforce("2h")
    assert story.one(EscalationStepSkipped)


def test_a_step_whose_raise_cancels_its_own_promise_ends_there():
    rule = {"when": {"priority": "normal"}, "targets": {"first_response": "1h"}}
    policy = {"match": [rule], "escalation_policy": "climb"}
    step = {"after": "0s", "targets": [{"agent": "bo"}], "raise_priority": 1}
    story = Story(world({"care": policy}, {"climb": {"steps": [step]}})).enforce("2h")
    assert story.log("escalation")[-1] == "PT1H escalation.ended"
