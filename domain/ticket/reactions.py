"""How the rules react to what happened to a ticket: one table, read from top to bottom
until no rule adds anything.

Everything that changes a ticket ends here: commands, what comes due, and histories that
are replayed.
"""

from collections.abc import Callable
from datetime import datetime

from domain.assignment.offers import queue_unassigned
from domain.authority.approvals import reroute_approvals
from domain.escalation import pausing, steps
from domain.escalation.facts import EscalationReassigned
from domain.sla import tracking as sla
from domain.sla.moment import Moment
from domain.ticket.draft import Draft, Mark
from domain.ticket.escalations import EscalatedDraft, StepChanges
from domain.ticket.world import World

Reaction = Callable[[Draft, Mark, datetime, World], None]
MOST_ROUNDS = 10


def _queue(draft: Draft, since: Mark, at: datetime, world: World) -> None:
    before = since.ticket
    reopened = before is not None and before.finished and not draft.ticket.finished
    queue_unassigned(draft, at, world, reopened=reopened)


def _follow_promises(draft: Draft, since: Mark, at: datetime, world: World) -> None:
    """Clocks, then escalation because of them: one reaction, because what escalation
    does here does not change a clock.
    """
    facts = draft.since(since)
    if not facts:
        return
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    reassigned = moment.happened(EscalationReassigned)
    escalated = EscalatedDraft(draft, world, facts)
    sla.follow(escalated, moment, at, world, reassigned=reassigned)
    pausing.follow(draft, facts, at, world)


def _retry_waiting_steps(draft: Draft, _: Mark, at: datetime, world: World) -> None:
    steps.retry_waiting(draft, at, world, StepChanges(draft, world))


def _reroute_approvals(draft: Draft, _: Mark, at: datetime, world: World) -> None:
    reroute_approvals(draft, at, world)


REACTIONS: tuple[Reaction, ...] = (
    _queue,
    _follow_promises,
    _retry_waiting_steps,
    _reroute_approvals,
)
"""The order is a decision: the assignee is decided before the promises are."""


def react(draft: Draft, since: Mark, at: datetime, before: World) -> None:
    """`before`: the world as it was before the draft. Every reaction is called at least
    once: what it waits for may lie outside the ticket.
    """
    seen, first = dict.fromkeys(REACTIONS, since), True
    moves, world = 0, before
    for _ in range(MOST_ROUNDS):
        for reaction in REACTIONS:
            if first or len(draft.steps) > seen[reaction].steps:
                if len(draft.moves) > moves:
                    moves, world = len(draft.moves), before.now(draft)
                reaction(draft, seen[reaction], at, world)
                # What it adds is no news to itself.
                seen[reaction] = Mark(draft.ticket, len(draft.steps))
        first = False
        if all(mark.steps == len(draft.steps) for mark in seen.values()):
            return
    raise AssertionError("the rules go round in a circle")
