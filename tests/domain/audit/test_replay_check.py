"""A recorded decision that was changed afterwards does not come out again, and is named
with what does.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.assignment.facts import AssignmentOffered
from domain.audit.replay_check import MADE_AGAIN, check
from domain.authority.approvals import AskApproval, DecideApproval
from domain.authority.facts import ApprovalGranted, ApprovalRequested
from domain.escalation.facts import (
    EscalationReassigned,
    EscalationStarted,
    EscalationStepFired,
)
from domain.lifecycle.facts import Customer
from domain.personal import ERASED
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaMatched,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaResumed,
    SlaWarned,
)
from domain.ticket.decide import Assign, PauseTicket, Resolve, Resume
from domain.ticket.world import World
from tests.support.dsl import AGENTS, Story, configured

SECOND = timedelta(seconds=1)
DOCUMENTS = {
    "authorities": {
        "clerk": {"refund": {"currency": "EUR", "amount": "10"}},
        "head": {"refund": {"currency": "EUR", "amount": "1000"}},
    },
    "agents": {
        **AGENTS,
        "ann": {"name": "Ann", "manager": "mia", "role": "clerk"},
        "mia": {"name": "Mia", "role": "head"},
    },
    "teams": {
        "front": {"members": ["ann"]},
        "second": {
            "members": ["bo", "chen"],
            "assignment": {"mode": "offer", "strategy": "least_loaded"},
        },
    },
    "escalation-policies": {
        "climb": {
            "steps": [
                {"after": "0s", "targets": [{"agent": "ann"}, {"team": "second"}]},
                {"after": "1m", "reassign": {"team": "second"}},
            ]
        }
    },
    "sla-policies": {
        "gold": {
            "match": [{"when": {"tier": "gold"}, "targets": {"resolution": "1m"}}],
            "order": 1,
        },
        "care": {
            "match": [{"when": {"type": "question"}, "targets": {"resolution": "10m"}}],
            "warn_at": ["50%"],
            "pauses": ["resolution"],
            "escalation_policy": "climb",
        },
    },
}


def around():
    config = configured(DOCUMENTS)
    directory = replace(config.directory, loads={"bo": 3, "chen": 1})
    return World(config=config, directory=directory)


WORLD = around()


def lived():
    """Paused, escalated, reassigned, paid, and resolved too late."""
    story = Story(WORLD, customer=Customer(external_id="c-1", tier="standard"))
    story.when("1m", PauseTicket(reason="r")).when("3m", Resume())
    ask = {"kind": "refund", "currency": "EUR", "reason": "r", "requested_by": "ann"}
    story.enforce("20m")
    story.when("21m", AskApproval(amount="5", **ask))
    story.when("21m", AskApproval(amount="500", **ask))
    story.when("22m", DecideApproval(number=2, grant=True, by="mia", reason="r"))
    story.when("30m", Resolve())
    return story.events


EVENTS = lived()


def checked(events, world=WORLD):
    return check([(e, 100 + n) for n, e in enumerate(events)], lambda _: [world])


def first(kind, events=EVENTS):
    return next(n for n, e in enumerate(events) if isinstance(e.fact, kind))


def changed(kind, change, events=EVENTS):
    """As somebody would forge it, who can write events."""
    number = first(kind, events)
    event = events[number]
    forged = replace(event, fact=change(event.fact))
    assert forged != event
    return number, [*events[:number], forged, *events[number + 1 :]]


def test_an_honest_history_comes_out_as_it_was():
    found = checked(EVENTS)
    assert found.differences == ()
    assert found.decisions == sum(type(e.fact) in MADE_AGAIN for e in EVENTS) > 10


def _other_rule(fact):
    asked = fact.decision.asked
    said = replace(asked[0], failed_field=None)
    return replace(fact, decision=replace(fact.decision, asked=(said, *asked[1:])))


def _one_rule_less(fact):
    return replace(fact, decision=replace(fact.decision, asked=fact.decision.asked[1:]))


def _other_input(fact):
    inputs = fact.decision.inputs | {"tier": "gold"}
    return replace(fact, decision=replace(fact.decision, inputs=inputs))


def _other_target(fact):
    promise = replace(fact.promises[0], target=timedelta(hours=9))
    return replace(fact, promises=(promise,))


def _somebody_else(fact):
    others = {"bo": "chen", "chen": "bo"}
    candidates = tuple(replace(c, chosen=not c.chosen) for c in fact.candidates)
    return replace(fact, to_agent=others[fact.to_agent], candidates=candidates)


FORGERIES = [
    (SlaMatched, _other_rule, "rule 0 of gold@1"),
    (SlaMatched, _one_rule_less, "policies that were not asked"),
    (SlaMatched, _other_input, "inputs/tier"),
    (SlaMatched, _other_target, "promises"),
    (SlaAttached, lambda f: replace(f, due_at=f.due_at + SECOND), "due_at"),
    (SlaAttached, lambda f: replace(f, breach_at=f.breach_at + SECOND), "breach_at"),
    (SlaAttached, lambda f: replace(f, warnings=()), "warnings"),
    (SlaResumed, lambda f: replace(f, due_at=f.due_at + SECOND), "due_at"),
    (SlaWarned, lambda f: replace(f, warn_at=f.warn_at - SECOND), "warn_at"),
    (SlaBreached, lambda f: replace(f, breach_at=f.breach_at + SECOND), "breach_at"),
    (SlaMissed, lambda f: replace(f, elapsed=f.elapsed - SECOND), "elapsed"),
    (SlaMissed, lambda f: replace(f, overrun=f.overrun - SECOND), "overrun"),
    (
        EscalationStarted,
        lambda f: replace(f, next_due_at=f.next_due_at + SECOND),
        "next_due_at",
    ),
    (EscalationStepFired, lambda f: replace(f, chosen=f.chosen[1:]), "chosen"),
    (
        EscalationStepFired,
        lambda f: replace(f, next_due_at=f.next_due_at + SECOND),
        "next_due_at",
    ),
    (EscalationStepFired, lambda f: replace(f, due_at=f.due_at - SECOND), "due_at"),
    (EscalationReassigned, _somebody_else, "choice"),
    (ApprovalRequested, lambda f: replace(f, approver="bo"), "approver"),
    (ApprovalGranted, lambda f: replace(f, amount="11"), "decision"),
]


@pytest.mark.parametrize(("kind", "change", "what"), FORGERIES)
def test_a_forged_decision_is_named(kind, change, what):
    number, forged = changed(kind, change)
    found = [d for d in checked(forged).differences if d.position == 100 + number]
    assert what in {difference.what for difference in found}


def test_a_difference_says_what_was_recorded_and_what_comes_out():
    later = EVENTS[first(SlaAttached)].fact.due_at + SECOND
    number, forged = changed(SlaAttached, lambda f: replace(f, due_at=later))
    found = next(d for d in checked(forged).differences if d.what == "due_at")
    assert (found.position, found.recorded) == (100 + number, later)
    assert found.made == later - SECOND


def test_a_verdict_that_was_turned_round_is_named():
    def kept(fact):
        return SlaMet(metric=fact.metric, cycle=1, target=fact.target, elapsed=SECOND)

    _, forged = changed(SlaMissed, kept)
    found = {d.what for d in checked(forged).differences}
    assert {"verdict", "elapsed"} <= found


def test_a_promise_that_was_not_made_is_missed():
    story = Story(WORLD, type="question")
    _, forged = changed(
        SlaMatched, lambda f: SlaNotMatched(decision=f.decision), story.events
    )
    assert "promises" in {d.what for d in checked(forged).differences}


def test_an_offer_to_somebody_who_is_full_is_named():
    agents = {**DOCUMENTS["agents"], "bo": {"name": "Bo", "capacity": 3}}
    config = configured({**DOCUMENTS, "agents": agents})
    directory = replace(config.directory, loads={"bo": 3, "chen": 4})
    world = World(config=config, directory=directory)
    events = Story(world).when("1m", Assign(team="second")).events

    def to_bo(fact):
        candidates = tuple(
            replace(c, chosen=c.agent == "bo", reason="least loaded")
            for c in fact.candidates
        )
        return replace(fact, agent="bo", candidates=candidates)

    assert checked(events, world).differences == ()
    _, forged = changed(AssignmentOffered, to_bo, events)
    assert "choice" in {d.what for d in checked(forged, world).differences}


def test_what_a_rule_asked_for_and_was_erased_since_is_no_difference():
    when = {"attributes.passport": "X1"}
    rule = {"when": when, "targets": {"resolution": "1h"}}
    world = World(config=configured({"sla-policies": {"care": {"match": [rule]}}}))
    events = Story(world, attributes={"passport": "X1"}).events
    number = first(SlaMatched, events)

    opening, matched = events[0].fact, events[number].fact
    inputs = matched.decision.inputs | {"attributes.passport": ERASED}
    decision = replace(matched.decision, inputs=inputs)
    opening = replace(opening, attributes={"passport": ERASED})
    events[0] = replace(events[0], fact=opening)
    matched = replace(matched, decision=decision)
    events[number] = replace(events[number], fact=matched)
    assert checked(events, world).differences == ()


def test_what_was_published_in_that_moment_may_have_been_known_or_not():
    silent = World()
    numbered = [(e, n) for n, e in enumerate(EVENTS)]
    assert check(numbered, lambda _: [silent, WORLD]).differences == ()
    assert check(numbered, lambda _: [silent]).differences != ()
