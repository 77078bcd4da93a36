"""A draft is tried out on what people really did: beside each clock that was, the one
that would have been.
"""

import pytest

from domain.configuration.bundle import Bundle
from domain.duration import parse_duration
from domain.errors import InvalidError
from domain.escalation.commands import Acknowledge, Escalate
from domain.oncall.book import OnCallBook
from domain.simulation.comparison import Summary, compare
from domain.simulation.overlay import with_draft
from domain.ticket.decide import Resolve
from domain.ticket.world import World
from tests.support.dsl import (
    AGENTS,
    ANSWER,
    NOON,
    Story,
    configured,
    instant,
    promising,
    world,
)

LATER = instant("30d")
TO_ANN = [{"targets": [{"agent": "ann"}]}]
TO_BO = [{"targets": [{"agent": "bo"}]}]


def policy(target, escalation_policy="climb"):
    return {
        "match": [{"targets": {"first_response": target}}],
        "escalation_policy": escalation_policy,
    }


def answered(after, target="1h", steps=TO_ANN):
    """Promised an answer within this time, and answered after that one."""
    made = promising({"first_response": target}, steps=steps)
    return Story(made).when(after, ANSWER).when("20h", Resolve(code="done"))


def trial(story, **documents):
    named = {
        (kind.replace("_", "-"), name): document
        for kind, found in documents.items()
        for name, document in found.items()
    }
    draft = Bundle(documents=named, expansions={})
    return with_draft(draft, story.world.config, OnCallBook(), NOON)


def simulated(story, **documents):
    return compare(story.events, trial(story, **documents), LATER)


def summary(*found):
    total = Summary()
    for difference in found:
        total = total.plus(difference)
    return total


def test_without_a_draft_nothing_differs():
    assert not simulated(answered("2h")).differs


@pytest.mark.parametrize("step", [{"status": "on_hold"}, {"macros": ["hold"]}])
def test_what_a_step_did_to_the_ticket_is_not_taken_for_what_people_did(step):
    """It was put on hold by the ladder, and kept its promise only for that."""
    promised = {"first_response": "1h", "resolution": "2h"}
    config = configured(
        {
            "agents": AGENTS,
            "macros": {"hold": {"status": "on_hold"}},
            "escalation-policies": {"climb": {"steps": [{"after": "0s", **step}]}},
            "sla-policies": {
                "care": {
                    "match": [{"targets": promised}],
                    "escalation_policy": "climb",
                }
            },
        }
    )
    story = Story(World(config=config, directory=config.directory))
    story.enforce("20h").when("20h", Resolve())
    [clock] = [
        clock
        for clock in simulated(
            story, escalation_policies={"climb": {"steps": TO_ANN}}
        ).clocks
        if clock.metric == "resolution"
    ]
    assert (clock.published.verdict, clock.draft.verdict) == ("met", "missed")


TO_BOTH = [*TO_ANN, {"after": "10m", **TO_BO[0]}]


def looked_after(*commands):
    """Broken after an hour; these are done five minutes later, and it is answered
    after twenty.
    """
    made = promising({"first_response": "1h"}, steps=TO_BOTH)
    story = Story(made).enforce("61m")
    for command in commands:
        story.when("65m", command)
    return story.enforce("80m").when("80m", ANSWER, Resolve(code="done"))


def test_an_escalation_that_somebody_acknowledged_waits_by_the_draft_too():
    found = simulated(looked_after(Acknowledge(by="ann")))
    [clock] = found.clocks
    assert [told.person for told in clock.draft.told] == ["ann"]
    assert not found.differs
    assert not found.drifted


@pytest.mark.parametrize("to_step", [None, 0, 1])
def test_a_step_that_somebody_forced_is_forced_by_the_draft_too(to_step):
    story = looked_after(Escalate(by="mia", reason="r", to_step=to_step))
    assert not simulated(story).drifted


def test_what_was_forced_to_a_step_that_the_draft_has_not_is_left_out():
    forced = [Escalate(by="mia", reason="r", to_step=step) for step in (0, 1)]
    story = looked_after(*forced)
    escalation_policy = {"climb": {"steps": TO_ANN}}
    [clock] = simulated(story, escalation_policies=escalation_policy).clocks
    assert {told.person for told in clock.draft.told} == {"ann"}


def test_a_tighter_target_would_have_been_missed():
    found = simulated(answered("40m"), sla_policies={"care": policy("30m")})
    [clock] = found.clocks
    assert (clock.published.verdict, clock.draft.verdict) == ("met", "missed")
    assert clock.published.breached_at is None
    assert clock.draft.breached_at == instant("30m")


def test_who_would_have_been_told_and_when_stands_beside_who_was():
    story = answered("2h")
    found = simulated(story, escalation_policies={"climb": {"steps": TO_BO}})
    [clock] = found.clocks
    assert [(told.person, told.at) for told in clock.published.told] == [
        ("ann", instant("1h"))
    ]
    assert [(told.person, told.at) for told in clock.draft.told] == [
        ("bo", instant("1h"))
    ]


def test_a_looser_target_tells_nobody():
    found = simulated(answered("2h"), sla_policies={"care": policy("3h")})
    [clock] = found.clocks
    assert (clock.draft.verdict, clock.draft.told) == ("met", ())


def test_the_summary_counts_what_became_more_and_what_fewer():
    worse = simulated(answered("40m"), sla_policies={"care": policy("30m")})
    better = simulated(answered("2h"), sla_policies={"care": policy("3h")})
    found = summary(worse, better)
    assert (found.tickets, found.tickets_differing, found.verdicts_changed) == (2, 2, 2)
    assert (found.breaches.more, found.breaches.fewer) == (1, 1)
    assert (found.people_told.more, found.people_told.fewer) == (1, 1)
    assert (found.breaches.published, found.breaches.draft) == (1, 1)


def test_a_ticket_without_any_promise_is_promised_by_the_draft():
    story = Story(world()).when("2h", ANSWER)
    draft = {"match": [{"targets": {"first_response": "1h"}}]}
    [clock] = simulated(story, sla_policies={"care": draft}).clocks
    assert (clock.published.verdict, clock.draft.verdict) == ("unpromised", "missed")


def test_an_open_ticket_is_followed_until_the_simulation_begins():
    story = Story(promising({"first_response": "40d"}, steps=TO_ANN))
    [clock] = simulated(story, sla_policies={"care": policy("29d")}).clocks
    assert (clock.published.verdict, clock.draft.verdict) == ("open", "open")
    assert clock.draft.breached_at == instant("29d")


def test_what_a_step_did_to_the_ticket_is_left_to_the_steps_of_the_draft():
    """Really the priority rose, and the rest had to be done sooner."""
    sooner = {"when": {"priority": "high"}, "targets": {"resolution": "9h"}}
    usual = {"targets": {"first_response": "1h", "resolution": "30h"}}
    rules = {"match": [sooner, usual], "escalation_policy": "climb"}
    steps = {"steps": [TO_ANN[0] | {"raise_priority": 1}]}
    story = Story(world({"care": rules}, {"climb": steps})).enforce("2h")
    assert story.clock("resolution").target == parse_duration("9h")
    found = simulated(story, escalation_policies={"climb": {"steps": TO_ANN}})
    targets = {clock.metric: clock.draft.target for clock in found.clocks}
    assert targets["resolution"] == parse_duration("30h")


def test_the_same_log_gives_the_same_difference():
    story = answered("2h")
    documents = {"sla_policies": {"care": policy("10m")}}
    assert simulated(story, **documents) == simulated(story, **documents)


def test_people_and_escalation_policies_of_the_draft_may_name_each_other():
    story = answered("2h")
    found = simulated(
        story,
        sla_policies={"care": policy("1h", "new")},
        escalation_policies={"new": {"steps": [{"targets": [{"team": "night"}]}]}},
        teams={"night": {"members": ["dan"]}},
        agents={"dan": {"name": "Dan"}},
    )
    assert [told.person for told in found.clocks[0].draft.told] == ["dan"]


def test_a_schedule_of_the_draft_was_in_force_in_the_past():
    turns = {"start": "2026-01-05T09:00", "unit": "day", "people": ["bo"]}
    schedule = {"tz": "UTC", "layers": [{"name": "base", "rotation": turns}]}
    found = simulated(
        answered("2h"),
        schedules={"front": schedule},
        escalation_policies={"climb": {"steps": [{"targets": [{"on_call": "front"}]}]}},
    )
    assert [told.person for told in found.clocks[0].draft.told] == ["bo"]


def test_every_fault_of_a_draft_is_named_at_its_document():
    with pytest.raises(InvalidError) as refused:
        trial(
            answered("2h"),
            sla_policies={"care": {"match": []}},
            escalation_policies={"climb": {"steps": []}},
        )
    assert {error.pointer for error in refused.value.errors} == {
        "/sla-policies/care/match",
        "/escalation-policies/climb/steps",
    }


def test_what_is_hardly_meant_in_a_draft_is_said_of_its_document():
    warned = trial(answered("2h"), teams={"night": {"members": []}}).warnings
    assert [(w.kind, w.name, w.pointer) for w in warned] == [
        ("teams", "night", "/members")
    ]


def test_nothing_of_a_draft_is_in_the_configuration_afterwards():
    story = answered("2h")
    trial(story, teams={"night": {"members": []}})
    assert story.world.config.entry("teams", "night").current is None


def test_a_draft_is_compared_with_what_is_published_now_not_with_the_past():
    """No promise was made when the ticket lived; it is today's that the draft edits."""
    story = Story(world()).when("2h", ANSWER)
    story.world = world({"care": {"match": [{"targets": {"first_response": "4h"}}]}})
    assert not simulated(story).differs
    shorter = {"match": [{"targets": {"first_response": "1h"}}]}
    [clock] = simulated(story, sla_policies={"care": shorter}).clocks
    verdicts = [c.verdict for c in (clock.actual, clock.published, clock.draft)]
    assert verdicts == ["unpromised", "met", "missed"]
    assert [c.due_at for c in (clock.published, clock.draft)] == [
        instant("4h"),
        instant("1h"),
    ]


def test_what_was_never_promised_does_not_count_as_a_difference_of_the_draft():
    story = Story(world()).when("2h", ANSWER)
    story.world = world({"care": {"match": [{"targets": {"first_response": "1h"}}]}})
    found = summary(simulated(story))
    assert (found.tickets_differing, found.tickets_drifted) == (0, 1)
    assert (found.breaches.actual, found.breaches.published, found.breaches.draft) == (
        0,
        1,
        1,
    )


def test_a_document_that_the_draft_repeats_changes_nothing():
    made = promising({"first_response": "1h"}, steps=TO_ANN)
    story = Story(made).when("2h", ANSWER)
    entry = story.world.config.entry("sla-policies", "care").current
    repeated = trial(story, sla_policies={"care": entry.document})
    assert repeated.draft is repeated.published
