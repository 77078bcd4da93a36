"""Steps before the breach, in wall time or business time."""

from dataclasses import replace

import pytest

from domain.escalation.commands import Acknowledge, Escalate
from domain.escalation.facts import EscalationExhausted, EscalationStepFired
from domain.ticket.decide import PauseTicket, RestatePromises, Resume
from domain.ticket.world import World
from tests.support.dsl import ANSWER, Story, configured, published
from tests.support.escalation_policies import AGENTS, ANN, BO, EARLY, given, told


def test_a_step_may_be_due_before_the_breach():
    story = given({"after": "-PT15M", "targets": [{"agent": "ann"}]}, BO).enforce("9h")
    assert told(story) == [("PT45M", "ann"), ("PT1H10M", "bo")]


def test_a_step_before_the_breach_is_not_taken_once_the_promise_is_kept():
    story = given({"after": "50%", "targets": [{"agent": "ann"}]}, BO)
    assert told(story.when("10m", ANSWER).enforce("9h")) == []


def test_a_step_before_the_breach_follows_the_deadline():
    early = {"after": "50%", "targets": [{"agent": "ann"}]}
    story = given(early, BO, policy={"pauses": ["first_response"]})
    story.when("10m", PauseTicket(reason="r")).when("40m", Resume())
    assert told(story.enforce("9h"))[0] == ("PT1H", "ann")


def test_an_escalation_policy_of_early_steps_alone_runs():
    assert told(given(*EARLY).enforce("9h")) == [("PT30M", "ann"), ("PT48M", "bo")]


def test_an_escalation_policy_of_early_steps_alone_ends_with_the_breach():
    story = given(*EARLY).enforce("9h")
    assert story.log(EscalationExhausted) == ["PT1H escalation.exhausted"]


def test_a_policy_of_early_steps_alone_ends_when_an_acknowledgement_runs_out():
    story = given(*EARLY).enforce("50m").when("50m", Acknowledge(by="ann"))
    assert story.enforce("9h").log(EscalationExhausted) == [
        "PT1H20M escalation.exhausted"
    ]


@pytest.mark.parametrize(("step", "people"), [(None, ["ann", "bo"]), (1, ["bo"])])
def test_an_escalation_policy_of_early_steps_alone_can_be_run_again_by_hand(
    step, people
):
    """Once: what comes before the breach is no part of a further round."""
    story = given(*EARLY, repeat=1).enforce("65m")
    story.when("70m", Escalate(by="mia", reason="r", to_step=step)).enforce("9h")
    assert told(story)[2:] == [("PT1H10M", person) for person in people]
    assert story.ticket.runs[-1].state == "exhausted"


def test_after_an_outage_the_steps_before_the_breach_collapse_too():
    half = {"after": "50%", "targets": [{"agent": "mia"}]}
    nearly = {"after": "-PT10M", "targets": [{"agent": "top"}]}
    assert told(given(half, nearly).late("PT58M")) == [("PT50M", "top")]
    assert told(given(half, nearly, ANN, BO).late("3h")) == [("PT1H10M", "bo")]


def lead_steps(after, **time):
    return {"after": after, "targets": [{"agent": "bo"}], **time}


def before_the_breach(step, **fields):
    """The calendar closes from 14:00 on Sunday to 09:00 on Monday; 4 h from noon are
    due at 11:00 on Monday, 23 h later.
    """
    targets = {"resolution": "4h"}
    made = office_world(targets, step)
    return Story(made, **fields)


def office_world(targets, step):
    hours = {d: [["09:00", "14:00"]] for d in ("mon", "tue", "wed", "sun")}
    config = configured(
        {
            "agents": AGENTS,
            "calendars": {"office": {"tz": "UTC", "hours": hours}},
            "escalation-policies": {"climb": {"steps": [step]}},
            "sla-policies": {
                "care": {
                    "match": [{"targets": targets}],
                    "calendar": "office",
                    "escalation_policy": "climb",
                }
            },
        }
    )
    return World(config=config, directory=config.directory)


def fired_at(story):
    return [line.split()[0] for line in story.log(EscalationStepFired)]


@pytest.mark.parametrize(
    ("step", "at"),
    [
        (lead_steps("-PT15M", time="wall"), "PT22H45M"),
        (lead_steps("-PT15M"), "PT22H45M"),
        (lead_steps("-PT3H", time="wall"), "PT20H"),
        (lead_steps("-PT3H", time="business"), "PT1H"),
        (lead_steps("75%"), "PT22H"),
        (lead_steps("75%", time="business"), "PT22H"),
        (lead_steps("50%", time="wall"), "PT11H30M"),
        (lead_steps("-PT20H", time="wall"), "PT3H"),
    ],
)
def test_field_004_a_step_before_the_breach_counts_in_its_own_time(step, at):
    assert fired_at(before_the_breach(step).enforce("23h")) == [at]


def test_a_lead_in_wall_time_that_is_longer_than_the_way_there_is_not_taken():
    story = before_the_breach(lead_steps("-PT24H", time="wall")).enforce("23h")
    assert fired_at(story) == []


def test_a_lead_in_wall_time_moves_with_the_due_instant():
    story = before_the_breach(lead_steps("-PT15M", time="wall"))
    story.when("30m", PauseTicket(reason="r")).when("1h", Resume(reason="r"))
    assert fired_at(story.enforce("24h")) == ["PT23H15M"]


def test_a_lead_in_wall_time_moves_with_another_promise():
    story = before_the_breach(lead_steps("-PT15M", time="wall"))
    config = story.world.config
    quicker = {
        "match": [{"targets": {"resolution": "3h"}}],
        "calendar": "office",
        "escalation_policy": "climb",
    }
    config = published(config, "sla-policies", "care", quicker)
    story.world = replace(story.world, config=config)
    order = RestatePromises(policies=True, calendars=False, reason="r")
    assert fired_at(story.when("1h", order).enforce("23h")) == ["PT21H45M"]
