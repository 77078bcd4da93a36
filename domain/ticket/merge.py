"""Two tickets about one thing become one, and two again if it was a mistake.

The merged ticket is closed, and its running promises are cancelled with a link, neither
met nor missed. The surviving ticket keeps, for each metric, the stricter of the two
running clocks, with its start; where only the merged ticket has a clock, that one. A
customer who waits for an answer there waits here. See ADR 0023.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.errors import InvalidError, RuleError
from domain.escalation.ending import end_runs
from domain.lifecycle.facts import (
    TicketAbsorbed,
    TicketMerged,
    TicketResumed,
    TicketSeparated,
    TicketUnmerged,
)
from domain.sla import tracking as sla
from domain.sla.clock import Clock
from domain.sla.moment import Moment
from domain.sla.reply import Replies
from domain.ticket.draft import Draft, Mark
from domain.ticket.enforce import enforce
from domain.ticket.escalations import EscalatedDraft
from domain.ticket.reactions import react
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

UNDONE_WITHIN = timedelta(days=7)
"""After this time a merge cannot be undone: too much was said and promised in the
surviving ticket."""


def merge(
    absorbed: Ticket, survivor: Ticket, at: datetime, world: World
) -> tuple[Draft, Draft]:
    """Drafts of the merged ticket and of the surviving one."""
    _refuse(absorbed, survivor)
    at = max(at, absorbed.updated_at, survivor.updated_at)
    ending, staying = Draft(absorbed.id, absorbed), Draft(survivor.id, survivor)
    enforce(ending, at, world)
    came = ending.ticket
    close_merged(ending, _merged(ending, survivor), at, world.now(ending))
    world = world.now(ending)
    enforce(staying, at, world)
    start = staying.mark()
    fact = _absorbed(came, ending.ticket.version, survivor, world)
    if fact.awaits_reply and staying.ticket.status == "pending":
        reason = f"the customer of ticket #{came.number}, which was merged in, waits"
        staying.record(TicketResumed(reason=reason), at, by_rule=True)
    before = staying.mark()
    staying.record(fact, at)
    running = [clock for clock in came.clocks if clock.live]
    take_over_clocks(staying, before, running, at, world.now(staying))
    react(staying, start, at, world)
    enforce(staying, at, world)
    return ending, staying


def take_over_clocks(
    draft: Draft, since: Mark, clocks: Iterable[Clock], at: datetime, world: World
) -> None:
    """The running clocks of a ticket that was merged into this one since the mark."""
    facts = draft.since(since)
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    escalated = EscalatedDraft(draft, world, facts)
    sla.take_over_clocks(escalated, moment, clocks, at, world)


def _refuse(absorbed: Ticket, survivor: Ticket) -> None:
    """Raises InvalidError, RuleError."""
    if absorbed.id == survivor.id:
        raise InvalidError.at("/into", "a ticket cannot be merged into itself")
    if absorbed.merged_into is not None:
        raise RuleError(f"the ticket was merged into {absorbed.merged_into} already")
    if survivor.finished:
        raise RuleError(f"ticket {survivor.id} is {survivor.status}: reopen it first")
    if waiting := [a.number for a in absorbed.approvals if a.open]:
        message = f"its approval {waiting[0]} is still open and would be lost"
        raise RuleError(message)


def _absorbed(
    came: Ticket, version: int, survivor: Ticket, world: World
) -> TicketAbsorbed:
    customer = came.customer.external_id
    other = customer != survivor.customer.external_id
    return TicketAbsorbed(
        absorbed=came.id,
        number=came.number,
        version=version,
        messages=came.message_count,
        customer_wrote=came.customer_wrote,
        awaits_reply=_awaits(came, world),
        customer=customer if other else None,
    )


def _awaits(ticket: Ticket, world: World) -> bool:
    """By any policy that has a target for its customer."""
    policies = {promise.policy for promise in ticket.promises}
    replies = {world.sla_policy(ref).replies for ref in policies} or {Replies()}
    return any(ticket.awaiting(counting) for counting in replies)


def unmerge(
    apart: Ticket, survivor: Ticket, reason: str, at: datetime, world: World
) -> tuple[Draft, Draft]:
    """Drafts of the merged ticket and of the one that it leaves. What has happened in
    that one since stays there.
    """
    _refuse_what_cannot_be_undone(apart, survivor, at)
    at = max(at, apart.updated_at, survivor.updated_at)
    own, other = Draft(apart.id, apart), Draft(survivor.id, survivor)
    enforce(other, at, world)
    separated = TicketSeparated(separated=apart.id, number=apart.number, reason=reason)
    came = next((a for a in other.ticket.absorbed if a.ticket_id == apart.id), None)
    since = came.version if came else other.ticket.version
    fact = TicketUnmerged(
        apart_from=survivor.id,
        number=survivor.number,
        reason=reason,
        replies=tuple(v for v in other.ticket.reply_authors if v.last > since),
    )
    for draft, what in ((other, separated), (own, fact)):
        start = draft.mark()
        draft.record(what, at)
        react(draft, start, at, world)
        world = enforce(draft, at, world)
    return own, other


def _refuse_what_cannot_be_undone(
    apart: Ticket, survivor: Ticket, at: datetime
) -> None:
    """Raises RuleError."""
    if apart.merged is None:
        came = ", ".join(f"#{a.number}" for a in apart.absorbed)
        hint = f": unmerge the tickets merged into it, {came}" if came else ""
        raise RuleError(f"ticket #{apart.number} was not merged into another{hint}")
    if survivor.merged_into is not None:
        message = f"ticket #{survivor.number} was itself merged into another"
        raise RuleError(f"{message}: unmerge that one first")
    until = apart.merged.at + UNDONE_WITHIN
    if at > until:
        days = UNDONE_WITHIN.days
        message = f"a merge can be undone for {days} days, this one until"
        raise RuleError(f"{message} {until:%Y-%m-%dT%H:%M:%SZ}")


def _merged(draft: Draft, survivor: Ticket) -> TicketMerged:
    theirs, customer = survivor.customer.external_id, draft.ticket.customer.external_id
    return TicketMerged(
        into=survivor.id,
        into_number=survivor.number,
        into_customer=theirs if theirs != customer else None,
    )


def close_merged(draft: Draft, fact: TicketMerged, at: datetime, world: World) -> None:
    """Its promises end; those that run continue in the surviving ticket."""
    before = draft.ticket
    cause = draft.record(fact, at)
    moment = Moment(before=before, ticket=draft.ticket, facts=(fact,))
    reason = f"merged into ticket {fact.into}"
    escalated = EscalatedDraft(draft, world, moment.facts)
    sla.cancel_merged(escalated, moment, at, world, reason)
    end_runs(draft, at, reason, cause=cause)
