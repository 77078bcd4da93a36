"""Macros, and steps that turn a status: what is done in one go, by a person or by a
ladder, and what is said of what cannot be done.
"""

from dataclasses import replace

import pytest

from domain.assignment.facts import AssignmentOffered
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.escalation.facts import EscalationReassigned
from domain.lifecycle.commands import Close
from domain.lifecycle.facts import (
    TicketMacroRun,
    TicketMessageAdded,
    TicketPaused,
    TicketResolved,
    TicketWatched,
)
from domain.lifecycle.macro_run import RunMacro
from domain.people.facts import TicketAssigned
from domain.sla.facts import SlaMet
from domain.ticket.decide import PauseTicket, Resolve
from domain.ticket.world import World
from tests.support.dsl import AGENTS, Story, configured, published

TEAMS = {
    "second": {"members": ["bo", "chen"]},
    "asked": {"members": ["bo"], "assignment": {"mode": "offer"}},
}
TELL_MIA = {"after": "10m", "targets": [{"agent": "mia"}]}


def around(macros, steps=(TELL_MIA,)) -> World:
    policy = {
        "match": [{"targets": {"first_response": "1h", "resolution": "2h"}}],
        "escalation_policy": "climb",
    }
    config = configured(
        {
            "agents": AGENTS,
            "teams": TEAMS,
            "macros": macros,
            "escalation-policies": {"climb": {"steps": list(steps)}},
            "sla-policies": {"care": policy},
        }
    )
    return World(config=config, directory=config.directory)


def by_hand(document, **fields) -> Story:
    story = Story(around({"late": document}), **fields)
    return story.when("5m", RunMacro(name="late", by="ann"))


def by_step(document, **step) -> Story:
    step = {"after": "0s", "macros": ["late"], **step}
    return Story(around({"late": document}, [step, TELL_MIA]))


def without(world, name):
    """This agent is not active any more."""
    document = {**AGENTS[name], "active": False}
    config = published(world.config, "agents", name, document)
    return replace(world, config=config, directory=config.directory)


def test_a_macro_does_all_of_it_in_one_go():
    story = by_hand(
        {
            "set": {"priority": "high", "type": "complaint", "attributes": {"late": 1}},
            "add_tags": ["late"],
            "remove_tags": ["fresh"],
            "assign": {"team": "second", "agent": "bo"},
            "watch": ["mia"],
            "status": "on_hold",
        },
        tags=("fresh", "heater"),
        attributes={"order": 7},
    )
    ticket = story.ticket
    assert (ticket.priority, ticket.type, ticket.status) == (
        "high",
        "complaint",
        "on_hold",
    )
    assert ticket.tags == ("heater", "late")
    assert ticket.attributes == {"order": 7, "late": 1}
    assert (ticket.team, ticket.assignee, ticket.watchers) == ("second", "bo", ("mia",))


def test_what_a_macro_did_names_it_and_follows_from_it():
    story = by_hand({"watch": ["mia"], "status": "on_hold"})
    run = story.event(TicketMacroRun)
    assert (run.fact.macro.name, run.fact.macro.version) == ("late", 1)
    for kind in (TicketWatched, TicketPaused):
        event = story.event(kind)
        assert event.meta.causation_id == run.id
        assert event.meta.policy == run.fact.macro
        assert event.meta.actor.id == "ann"


def test_the_text_says_what_the_ticket_has():
    body = "Dear {{ customer }}, #{{number}}: {{subject}} ({{assignee}})"
    story = by_hand({"message": {"body": body, "visibility": "public"}})
    message = story.one(TicketMessageAdded)
    assert message.body == "Dear c-1, #1: Cold ()"
    assert (message.author.kind, message.author.id) == ("agent", "ann")


def test_a_macro_answers_nobody_unless_a_person_sends_its_text_as_theirs():
    said = {"body": "We look into it.", "visibility": "public"}
    assert not by_hand({"message": said}).all(SlaMet)
    answered = by_hand({"message": {**said, "automatic": False}})
    assert answered.one(SlaMet).metric == "first_response"


def test_what_a_step_writes_never_counts_as_an_answer():
    said = {"body": "Sorry.", "visibility": "public", "automatic": False}
    story = by_step({"message": said}).enforce("61m")
    message = story.one(TicketMessageAdded)
    assert (message.author.kind, message.automatic) == ("system", True)
    assert not story.all(SlaMet)


def test_by_hand_nothing_is_done_where_somebody_it_names_has_left():
    document = {"add_tags": ["late"], "assign": {"agent": "bo"}, "watch": ["mia"]}
    story = Story(around({"late": document}))
    story.world = without(without(story.world, "bo"), "mia")
    with pytest.raises(InvalidError) as refused:
        story.when("5m", RunMacro(name="late", by="ann"))
    assert [error.pointer for error in refused.value.errors] == [
        "/macro/assign/agent",
        "/macro/watch/0",
    ]
    assert story.ticket.tags == ()


def test_a_step_does_the_rest_where_somebody_has_left_and_says_so():
    document = {"add_tags": ["late"], "assign": {"agent": "bo"}, "watch": ["mia"]}
    story = by_step(document)
    story.world = without(without(story.world, "bo"), "mia")
    story.enforce("61m")
    assert story.one(TicketMacroRun).left_out == (
        "/assign/agent: 'bo' is not active",
        "/watch/0: 'mia': not active",
    )
    assert story.ticket.tags == ("late",)
    assert (story.ticket.assignee, story.ticket.watchers) == (None, ())


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, ""),
        ({"set": {}}, ""),
        ({"set": {"attributes": {}}, "add_tags": []}, ""),
        ({"set": {"priority": "highest"}}, "/set/priority"),
        ({"message": {"body": " "}}, "/message/body"),
        ({"message": {"body": "{{name}}"}}, "/message/body"),
        ({"assign": {"team": "third"}}, "/assign/team"),
        ({"assign": {"agent": "dan"}}, "/assign/agent"),
        ({"watch": ["dan"]}, "/watch/0"),
        ({"status": "asleep"}, "/status"),
        ({"status": {"to": "asleep"}}, "/status/to"),
        ({"status": {"to": "on_hold", "lasts": "soon"}}, "/status/lasts"),
        ({"status": {"to": "resolved", "lasts": "PT1H"}}, "/status/lasts"),
    ],
)
def test_a_macro_that_cannot_be_meant_is_refused_by_the_field(document, pointer):
    with pytest.raises(InvalidError) as refused:
        around({"late": document})
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_an_escalation_policy_runs_only_macros_that_are_there():
    with pytest.raises(InvalidError, match="/steps/0/macros/0: there is no macro"):
        around({}, [{"after": "0s", "macros": ["late"]}])


def test_who_runs_a_macro_that_is_not_there_hears_so():
    story = Story(around({}))
    with pytest.raises(NotFoundError, match="there is no macro 'late'"):
        story.when("5m", RunMacro(name="late", by="ann"))


def test_a_step_runs_the_macro_as_it_is_then():
    story = by_step({"add_tags": ["old"]})
    newer = published(story.world.config, "macros", "late", {"add_tags": ["new"]})
    story.world = replace(story.world, config=newer)
    story.enforce("61m")
    assert story.ticket.tags == ("new",)
    assert story.one(TicketMacroRun).macro.version == 2


def test_a_team_that_a_macro_of_a_step_names_is_asked_at_once():
    story = by_step({"assign": {"team": "asked"}}).enforce("PT60M1S")
    assert story.one(AssignmentOffered).agent == "bo"
    assert story.log("assignment") == [
        "PT1H assignment.queued",
        "PT1H assignment.offered",
    ]


def test_a_step_turns_the_status_and_the_clock_that_may_pause_stands_still():
    story = by_step({"add_tags": ["late"]}, status={"to": "pending", "lasts": "1h"})
    story.enforce("90m")
    paused = story.event(TicketPaused)
    assert paused.fact.reason == "escalation policy climb, /steps/0"
    assert paused.meta.policy.name == "climb"
    assert story.clock("resolution").state == "paused"
    story.enforce("121m")
    assert story.ticket.status == "open"


def test_an_escalation_that_put_its_ticket_on_hold_goes_on_after_it():
    step = {"after": "0s", "status": {"to": "on_hold", "lasts": "1h"}}
    story = Story(around({}, [step, TELL_MIA])).enforce("3h")
    assert [(c.at, c.person) for c in story.chosen()] == [("PT2H10M", "mia")]


def test_a_step_that_resolves_ends_the_escalation():
    story = by_step({"add_tags": ["late"]}, status="resolved").enforce("5h")
    assert story.one(TicketResolved).note == "escalation policy climb, /steps/0"
    assert not story.chosen()
    assert all(run.state == "ended" for run in story.ticket.runs)


def test_a_status_that_it_has_already_changes_nothing_and_the_step_is_skipped():
    story = Story(around({}, [{"after": "0s", "status": "open"}, TELL_MIA]))
    story.enforce("61m")
    assert [c.at for c in story.chosen()] == ["PT1H"]
    assert "PT1H escalation.step_skipped" in story.log()


def test_from_one_pause_into_the_other_by_a_macro():
    story = Story(around({"late": {"status": "on_hold"}}))
    story.when("1m", PauseTicket(reason="asked back"))
    story.when("5m", RunMacro(name="late", by="ann"))
    assert story.ticket.status == "on_hold"
    assert story.log("ticket")[-2:] == ["PT5M ticket.resumed", "PT5M ticket.paused"]


def test_a_macro_reopens_what_is_resolved_and_pauses_nothing_that_is_closed():
    story = Story(around({"again": {"status": "open"}, "wait": {"status": "pending"}}))
    story.when("1m", Resolve())
    story.when("2m", RunMacro(name="again", by="ann"))
    assert story.ticket.status == "open"
    story.when("3m", Close())
    with pytest.raises(RuleError, match="the ticket is closed: reopen it first"):
        story.when("4m", RunMacro(name="wait", by="ann"))


def test_who_takes_over_by_the_step_is_not_who_the_macro_names():
    """The macro comes after `reassign`, so the last word is its."""
    story = by_step({"assign": {"agent": "chen"}}, reassign={"team": "second"})
    story.enforce("61m")
    assert story.one(EscalationReassigned).to_agent == "bo"
    assert story.one(TicketAssigned).agent == "chen"
    assert story.ticket.assignee == "chen"


def test_the_same_log_gives_the_same_ticket():
    document = {"set": {"priority": "high"}, "status": "on_hold", "watch": ["mia"]}
    story = by_hand(document).enforce("9h")
    assert story.folded() == story.ticket
