"""`escalation.notified` says that a message left, and not more."""

from domain.configuration.bundle import Bundle
from domain.escalation.chosen import Chosen
from domain.escalation.commands import PersonNotified
from domain.escalation.facts import EscalationNotified
from domain.simulation.comparison import compare
from domain.simulation.overlay import with_draft
from domain.simulation.replay import Past, replay
from domain.ticket.decide import Resolve
from tests.support.dsl import Story, instant, promising

STEPS = [
    {"after": "PT0S", "targets": [{"agent": "bo"}]},
    {"after": "PT10M", "targets": [{"agent": "chen"}]},
]


def escalated(at="65m"):
    return Story(promising({"first_response": "PT1H"}, steps=STEPS)).enforce(at)


def left(story, at):
    about = [e.fact.topic for e in story.events].index("escalation.step_fired") + 1
    return PersonNotified(
        notification=f"t-1.{about}.0",
        about=about,
        clock="first_response/1",
        step=0,
        repetition=0,
        chosen=Chosen(person="bo", target="agent", reasons=("named by the policy",)),
        channel="email",
        sent_at=instant(at),
    )


def test_choosing_somebody_notifies_nobody_yet():
    assert escalated().all(EscalationNotified) == []


def test_a_message_that_left_is_said_with_channel_and_instant():
    story = escalated()
    story.when("66m", left(story, "65m"))
    found = story.event(EscalationNotified)
    assert (found.fact.person, found.fact.channel) == ("bo", "email")
    assert found.fact.sent_at == instant("65m")
    assert found.meta.actor.id == "pledge"


def test_it_changes_nothing_of_when_the_next_step_is_due():
    story, other = escalated(), escalated()
    story.when("66m", left(story, "65m")).enforce("9h")
    assert story.chosen() == other.enforce("9h").chosen()


def test_it_is_said_of_a_ticket_that_was_resolved_meanwhile():
    story = escalated()
    story.when("66m", Resolve()).when("67m", left(story, "65m"))
    assert len(story.all(EscalationNotified)) == 1


def test_a_simulation_by_the_same_rules_differs_in_nothing():
    story = escalated()
    story.when("66m", left(story, "65m")).enforce("9h")
    nothing = Bundle(documents={}, expansions={})
    trial = with_draft(nothing, story.world.config, story.world.oncall, instant("9h"))
    found = compare(story.events, trial, instant("9h"))
    assert not found.drifted
    assert list(replay(story.events, Past(world=story.world)))
