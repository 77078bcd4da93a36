"""Offers of a ticket to agents: accepted, declined, expired, revoked; and what is due
while it is in the queue of a team.
"""

from datetime import datetime
from typing import Literal

from domain.assignment.alarms import (
    AssignmentAlarm,
    NextRoundDue,
    OfferExpires,
    OverflowDue,
    RelaxationDue,
)
from domain.assignment.commands import (
    AcceptOffer,
    DeclineOffer,
    OfferCommand,
    OfferNext,
    RevokeOffer,
)
from domain.assignment.context import AssignmentContext
from domain.assignment.facts import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentOfferExpired,
    AssignmentRelaxed,
    AssignmentRevoked,
)
from domain.assignment.ports import Draft, World
from domain.assignment.queue import Queue
from domain.assignment.rounds import enqueue, offer_next, overflow
from domain.errors import InvalidError, RuleError, UnknownNameError
from domain.oncall.book import why_on_leave
from domain.people.directory import may_act
from domain.people.facts import TicketAssigned


def handle_offer(
    draft: Draft, command: OfferCommand, at: datetime, world: World
) -> None:
    """Raises RuleError, InvalidError."""
    context = AssignmentContext(draft, at, world)
    match command:
        case AcceptOffer():
            _accept(context, command.agent)
        case DeclineOffer():
            _decline(context, command.agent, command.reason)
        case OfferNext():
            _revoke_if_left_team(context)
            enqueue(context, at_once=True)
            offer_next(context)
        case RevokeOffer():
            _take_from_absent(context, command.agent, command.since)


def queue_due(
    draft: Draft, alarm: AssignmentAlarm, world: World, as_of: datetime
) -> None:
    """`as_of`: when it is processed, which after an outage is later."""
    context = AssignmentContext(draft, alarm.at, world, as_of)
    match alarm:
        case OfferExpires():
            _expire(context)
        case NextRoundDue():
            _try_again(context)
        case OverflowDue():
            overflow(context)
        case RelaxationDue():
            _relax(context)


def queue_unassigned(
    draft: Draft, at: datetime, world: World, *, reopened: bool
) -> None:
    """Puts the ticket into the queue of its team if it has no assignee. `reopened`:
    just now, and the assignee from before may have left since.
    """
    context = AssignmentContext(draft, at, world)
    if reopened and context.ticket.assignee is not None:
        _take_from_absent(context, context.ticket.assignee, context.at)
    enqueue(context)


def _accept(context: AssignmentContext, agent: str) -> None:
    queue = _answerable_by(context, agent)
    if unfit := may_act(context.directory, agent):
        raise RuleError(f"{agent} cannot take it: {unfit}")
    context.record_answer(AssignmentAccepted(agent=agent))
    context.record_answer(
        TicketAssigned(team=queue.team, agent=agent, reason="accepted the offer")
    )


def _decline(context: AssignmentContext, agent: str, reason: str) -> None:
    _offered_to(context, agent)
    context.record_answer(AssignmentDeclined(agent=agent, reason=reason))
    offer_next(context)


def _revoke_if_left_team(context: AssignmentContext) -> None:
    """The offer to somebody who does not belong to the team any more."""
    queue = context.ticket.queue
    if queue is None or queue.offer is None:
        return
    agent, team = queue.offer.agent, context.directory.teams.get(queue.team)
    if team is not None and agent not in (*team.members, team.lead):
        _revoke(context, agent, "offer", f"not in {queue.team} any more")


def _take_from_absent(context: AssignmentContext, agent: str, since: datetime) -> None:
    """Takes the ticket or its offer from an agent who is away."""
    ticket, directory = context.ticket, context.directory
    gone = may_act(directory, agent)
    away = gone or why_on_leave(context.world.oncall, agent, context.at)
    if away is None or ticket.finished or ticket.owner != agent:
        return
    if ticket.queue is not None:
        _revoke(context, agent, "offer", away)
        offer_next(context)
        return
    team, late = ticket.team, ticket.assigned_at and ticket.assigned_at > since
    by_hand = team is None or directory.routing(team).mode == "manual"
    # The assigner may have known of a leave, but not that the agent is gone.
    if (late or by_hand) and gone is None:
        return
    _revoke(context, agent, "ticket", away)
    reason = f"taken from {agent}: {away}"
    context.record(TicketAssigned(team=team, agent=None, reason=reason))
    enqueue(context, reason, at_once=True)


def _revoke(
    context: AssignmentContext, agent: str, held: Literal["offer", "ticket"], why: str
) -> None:
    context.record(AssignmentRevoked(agent=agent, held=held, reason=why))


def _expire(context: AssignmentContext) -> None:
    offer = context.queue.offer
    assert offer is not None, "only an offer expires"
    context.record(AssignmentOfferExpired(agent=offer.agent))
    offer_next(context)


def _try_again(context: AssignmentContext) -> None:
    """If several tickets wait, for example for the same shift, its agents are asked in
    queue order, which only the assignment follower knows, not in the order of alarms.
    """
    team = context.queue.team
    if context.directory.waiting.get(team, 0) > 1:
        context.wait(f"other tickets wait for {team} too: in queue order")
    else:
        offer_next(context)


def _relax(context: AssignmentContext) -> None:
    """The lowest of the skills that are preferred and not required is dropped."""
    queue = context.queue
    assert queue.relax_at is not None, "there is something to drop"
    *kept, dropped = queue.preferred_skills
    every = context.directory.routing(queue.team).relax_after
    context.record(
        AssignmentRelaxed(
            team=queue.team,
            dropped=dropped,
            preferred_skills={skill: queue.preferred_skills[skill] for skill in kept},
            relax_at=queue.relax_at + every if kept and every else None,
        )
    )
    offer_next(context)


def _answerable_by(context: AssignmentContext, agent: str) -> Queue:
    """After the last round, everybody who was asked may take it without an offer."""
    queue = context.ticket.queue
    if queue is None or queue.ended is None or queue.offer is not None:
        return _offered_to(context, agent)
    team = context.directory.teams.get(queue.team)
    asked = (*team.members, team.lead) if team else ()
    return queue if agent in asked else _offered_to(context, agent)


def _offered_to(context: AssignmentContext, agent: str) -> Queue:
    """Raises InvalidError, RuleError."""
    ticket, known = context.ticket, context.directory.agents
    if agent not in known:
        raise InvalidError([UnknownNameError.of("/agent", "agent", agent, known)])
    queue = ticket.queue
    if queue is None or queue.offer is None:
        holder = f"{ticket.assignee} has it" if ticket.assignee else ticket.status
        raise RuleError(f"the ticket is offered to nobody now: {holder}")
    if queue.offer.agent != agent:
        raise RuleError(f"it is offered to {queue.offer.agent}, not to {agent}")
    return queue
