"""Who is told of what, how urgently, and until when that is worth saying."""

from dataclasses import replace

import pytest

from domain.assignment.commands import AcceptOffer
from domain.event import Actor
from domain.notification.audience import tellings
from domain.notification.notification import notification_stream, ticket_of
from domain.notification.urgency import notification_reasons
from domain.ticket.decide import Assign, ExcuseBreach, Resolve
from tests.support.dsl import Story, promising
from tests.support.tellings import (
    ASK,
    asked,
    climb,
    decided,
    led_by,
    money,
    queue,
    told,
    upto,
    watched,
)


def urgency(story, topic):
    return {o.person: o.urgency for o in notification_reasons(upto(story, topic))}


def test_an_offer_tells_who_is_asked_and_urgently_because_it_runs_out():
    story = queue()
    assert told(story) == ["bo by assignment.offered"]
    assert urgency(story, "assignment.offered") == {"bo": "high"}


def test_who_gets_the_ticket_from_a_rule_is_notified():
    assert told(queue("direct")) == ["bo by ticket.assigned"]
    story = climb({"reassign": {"team": "second"}}).enforce("31m")
    assert told(story) == ["bo by escalation.reassigned"]


def test_who_gets_it_from_a_person_is_not_notified_by_us():
    assert told(climb().when("1m", Assign(team="second", agent="bo"))) == []
    assert told(queue().when("1m", AcceptOffer(agent="bo")), "assigned_by_rule") == []


def test_a_ticket_of_a_new_assignee_is_urgent_once_its_promise_is_broken():
    [given] = notification_reasons(queue("direct").events)
    assert given.urgency == "low"
    story = climb({"reassign": {"team": "second"}}).enforce("31m")
    assert urgency(story, "escalation.reassigned") == {"bo": "high"}


def test_a_wish_for_approval_is_urgent_once_a_promise_is_broken_without_excuse():
    late = money().enforce("2h")
    assert urgency(late.when("2h", ASK), "approval.requested") == {"mia": "high"}
    excuse = ExcuseBreach(
        metric="resolution", cycle=None, reason="a strike", approved_by="mia"
    )
    excused = money().enforce("2h").when("2h", excuse, ASK)
    assert urgency(excused, "approval.requested") == {"mia": "low"}
    assert urgency(asked(), "approval.requested") == {"mia": "low"}


def test_an_approver_is_notified_and_nobody_where_there_is_none():
    assert told(asked()) == ["mia by approval.requested"]
    assert told(asked("1"), "approval") == []


@pytest.mark.parametrize(
    ("grant", "topic"), [(True, "approval.granted"), (False, "approval.rejected")]
)
def test_who_asked_for_money_is_notified_of_the_decision(grant, topic):
    story = decided(asked(), grant=grant)
    assert told(story, "decided") == [f"ann by {topic}"]
    assert urgency(story, topic) == {"ann": "low"}


def test_who_may_grant_it_themselves_is_not_notified():
    own = money().when("1m", replace(ASK, requested_by="mia"))
    assert told(own) == []


def test_a_decision_is_urgent_while_a_promise_of_the_ticket_is_broken():
    late = decided(money().enforce("2h").when("2h", ASK), "2h")
    assert urgency(late, "approval.granted") == {"ann": "high"}


def test_where_nobody_can_be_asked_who_asks_and_the_lead_of_the_team_are_notified():
    assert told(led_by("chen")) == [
        "ann by approval.requested",
        "chen by approval.requested",
    ]
    assert told(led_by("ann")) == ["ann by approval.requested"]
    assert told(led_by(None)) == ["ann by approval.requested"]


def test_that_nobody_can_be_asked_is_sent_also_to_who_asked_in_person():
    *before, last = asked("1").events
    actor = Actor(id="desk", kind="user", on_behalf_of="ann")
    mine = replace(last, meta=replace(last.meta, actor=actor))
    assert [t.person for t in tellings([*before, mine])] == ["ann"]


def test_an_approval_that_nobody_answered_is_reported_once_nobody_is_left():
    story = led_by("chen", limit="1000").enforce("PT9H")
    assert told(story) == [
        "mia by approval.requested",
        "ann by approval.escalated",
        "chen by approval.escalated",
    ]


def test_what_is_sent_of_one_event_has_a_number_for_each():
    numbers = [t.id for t in tellings(led_by("chen").events)]
    assert numbers[1] == f"{numbers[0]}.lead"
    assert {ticket_of(notification_stream(n)) for n in numbers} == {"t-1"}


@pytest.mark.parametrize("story", [led_by("chen"), decided(asked())])
def test_of_an_imported_approval_nobody_is_notified(story):
    *before, last = story.events
    actor = Actor(id="import", kind="migration")
    imported = replace(last, meta=replace(last.meta, actor=actor))
    assert notification_reasons([*before, imported]) == ()


def test_watchers_hear_of_what_happens_after_they_began_to_watch():
    assert told(watched().when("3h", Resolve()), "watched") == [
        "mia by escalation.exhausted",
        "ann by escalation.exhausted",
        "mia by ticket.resolved",
    ]
    policy = promising(
        {"first_response": "PT30M", "resolution": "PT3H"},
        steps=[{"watch": ["mia"], "targets": [{"agent": "bo"}]}],
    )
    later = Story(policy).enforce("4h")
    assert "mia by sla.breached" in told(later, "watched")
    assert told(later, "watched").count("mia by sla.breached") == 1


def test_what_is_only_watched_is_never_urgent():
    story = watched().when("3h", Resolve())
    assert urgency(story, "escalation.exhausted") == {"mia": "low", "ann": "low"}


def resolved_by(**actor):
    *before, last = upto(watched().when("3h", Resolve()), "ticket.resolved")
    return [*before, replace(last, meta=replace(last.meta, actor=Actor(**actor)))]


@pytest.mark.parametrize(
    ("actor", "hear"),
    [
        ({"id": "ann", "kind": "user"}, ["mia"]),
        ({"id": "desk", "kind": "user", "on_behalf_of": "mia"}, ["ann"]),
        ({"id": "ann", "kind": "system"}, ["mia", "ann"]),
        ({"id": "import", "kind": "migration"}, []),
    ],
)
def test_nobody_is_notified_of_their_own_doing_and_nobody_of_an_import(actor, hear):
    assert [o.person for o in notification_reasons(resolved_by(**actor))] == hear


def test_each_watcher_of_one_event_has_a_notification_of_their_own():
    numbers = [t.id for t in tellings(watched().when("3h", Resolve()).events)]
    assert len(set(numbers)) == len(numbers)
    assert {ticket_of(notification_stream(n)) for n in numbers} == {"t-1"}


def test_each_whom_a_step_chose_has_a_notification_by_their_place():
    [step, *_] = [t for t in tellings(watched().events) if t.cause == "step"]
    assert step.id == f"t-1.{step.event.originator_version}.0"
