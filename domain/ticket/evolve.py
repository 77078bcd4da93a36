"""The one fold: facts in, ticket out. Live server, replay, report: all call this."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.errors import NotFoundError
from domain.escalation import run as climbing
from domain.escalation.facts import (
    EscalationEnded,
    EscalationExhausted,
    EscalationPinned,
    EscalationReassigned,
    EscalationStarted,
    EscalationStepFired,
)
from domain.event import Event, Fact
from domain.sla import clock as clocks
from domain.sla.clock import Clock
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaRestated,
    SlaWarned,
)
from domain.ticket.facts import (
    FeedbackCaptured,
    TicketAcknowledged,
    TicketAssigned,
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketTierChanged,
    TicketUpdated,
)
from domain.ticket.state import Pause, Ticket


def fold(events: Iterable[Event], ticket: Ticket | None = None) -> Ticket | None:
    """The ticket after these events; `ticket` is where they go on from."""
    for event in events:
        ticket = evolve(ticket, event.fact, event.timestamp, event.originator_id)
    return ticket


def evolve(ticket: Ticket | None, fact: Fact, at: datetime, ticket_id: str) -> Ticket:
    if isinstance(fact, TicketOpened):
        return _opened(fact, at, ticket_id)
    if ticket is None:
        raise NotFoundError("ticket", ticket_id)
    moved = replace(ticket, version=ticket.version + 1, updated_at=at)
    topic = fact.topic.partition(".")[0]
    if topic == "sla":
        return _sla(moved, fact, at)
    if topic == "escalation":
        return _escalation(moved, fact)
    return _life(moved, fact, at)


def _opened(fact: TicketOpened, at: datetime, ticket_id: str) -> Ticket:
    return Ticket(
        id=ticket_id,
        version=1,
        number=fact.number,
        status="open",
        subject=fact.subject,
        channel=fact.channel,
        type=fact.type,
        priority=fact.priority,
        customer=fact.customer,
        opened_at=at,
        updated_at=at,
        product_area=fact.product_area,
        tags=fact.tags,
        attributes=fact.attributes,
        message_count=1,
    )


def _life(ticket: Ticket, fact: Fact, at: datetime) -> Ticket:  # noqa: C901, PLR0911, PLR0912
    match fact:
        case TicketMessageAdded():
            return _message(ticket, fact, at)
        case TicketAssigned():
            return replace(ticket, team=fact.team, assignee=fact.agent)
        case TicketAcknowledged():
            return replace(ticket, acknowledged_by=fact.by)
        case TicketPaused():
            pause = Pause(reason=fact.reason, since=at, until=fact.until)
            return replace(
                ticket,
                status=fact.status,
                pause=pause,
                clocks=tuple(clocks.pause(c, at) for c in ticket.clocks),
                runs=tuple(climbing.pause(r, at) for r in ticket.runs),
            )
        case TicketResumed():
            return replace(_running(ticket, at), status="open")
        case TicketPriorityChanged():
            return replace(ticket, priority=fact.new)
        case TicketTierChanged():
            return replace(ticket, customer=replace(ticket.customer, tier=fact.new))
        case TicketUpdated():
            return _updated(ticket, fact)
        case TicketResolved():
            return replace(_running(ticket, at), status="resolved", resolved_at=at)
        case TicketClosed():
            return replace(_running(ticket, at), status="closed", closed_at=at)
        case TicketReopened():
            return replace(
                ticket,
                status="open",
                resolved_at=None,
                closed_at=None,
                acknowledged_by=None,
                reopen_count=ticket.reopen_count + 1,
            )
        case FeedbackCaptured():
            return replace(ticket, feedback_count=ticket.feedback_count + 1)
        case _:
            return ticket


def _running(ticket: Ticket, at: datetime) -> Ticket:
    """A pause ends when the ticket goes on, and also when it is resolved from it."""
    if ticket.pause is None:
        return ticket
    return replace(
        ticket,
        pause=None,
        clocks=tuple(clocks.resume(c, at) for c in ticket.clocks),
        runs=tuple(climbing.resume(r, at) for r in ticket.runs),
    )


def _message(ticket: Ticket, fact: TicketMessageAdded, at: datetime) -> Ticket:
    counted = replace(ticket, message_count=ticket.message_count + 1)
    answer = fact.author.kind == "agent" and fact.visibility == "public"
    if not answer or ticket.answered_at is not None:
        return counted
    return replace(counted, answered_at=at)


def _updated(ticket: Ticket, fact: TicketUpdated) -> Ticket:
    new = dict(fact.new)
    if isinstance(tags := new.get("tags"), list | tuple):
        new["tags"] = tuple(tags)
    return replace(ticket, **new)  # type: ignore[arg-type]


def _sla(ticket: Ticket, fact: Fact, at: datetime) -> Ticket:
    match fact:
        case SlaAttached():
            clock = _held(ticket, clocks.from_fact(fact, at, ticket.version), at)
            return replace(ticket, clocks=(*ticket.clocks, clock))
        case (
            SlaWarned()
            | SlaBreached()
            | SlaMet()
            | SlaMissed()
            | SlaRestated()
            | SlaCancelled()
        ):
            return replace(
                ticket,
                clocks=tuple(
                    _held(ticket, clocks.evolve(c, fact, at, ticket.version), at)
                    if (c.metric, c.cycle) == (fact.metric, fact.cycle)
                    else c
                    for c in ticket.clocks
                ),
            )
        case _:
            return ticket


def _held(ticket: Ticket, clock: Clock, at: datetime) -> Clock:
    return clocks.aligned(clock, at, paused=ticket.pause is not None)


def _escalation(ticket: Ticket, fact: Fact) -> Ticket:
    match fact:
        case EscalationPinned():
            return replace(ticket, ladders=(*ticket.ladders, fact.policy))
        case EscalationStarted():
            run = climbing.started(fact, ticket.version)
            if ticket.pause is not None:
                run = climbing.pause(run, run.breach_at)
            return replace(ticket, runs=(*ticket.runs, run), acknowledged_by=None)
        case EscalationStepFired() | EscalationExhausted() | EscalationEnded():
            return replace(
                ticket,
                runs=tuple(
                    climbing.evolve(run, fact, ticket.ladder(run.policy))
                    if run.clock == fact.clock and run.state != "ended"
                    else run
                    for run in ticket.runs
                ),
            )
        case EscalationReassigned():
            return replace(ticket, team=fact.team, assignee=fact.to_agent)
        case _:
            return ticket
