"""The one fold: facts in, ticket out. Live server, replay and report all use it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.assignment.facts import (
    AssignmentFact,
)
from domain.authority import approval as approvals
from domain.authority.facts import ApprovalFact
from domain.copies import replace
from domain.errors import NotFoundError, UnreadableError
from domain.escalation.facts import (
    EscalationFact,
)
from domain.event import Event, Fact, event_id
from domain.lifecycle.facts import (
    LifecycleFact,
    TicketOpened,
)
from domain.sla.facts import (
    SlaFact,
)
from domain.ticket.evolve_assignment import evolve_assignment
from domain.ticket.evolve_escalation import evolve_escalation
from domain.ticket.evolve_lifecycle import evolve_lifecycle
from domain.ticket.evolve_sla import evolve_sla
from domain.ticket.ticket import Ticket


def fold(events: Iterable[Event], ticket: Ticket | None = None) -> Ticket | None:
    """The ticket after these events; `ticket`: the state before them."""
    for event in events:
        ticket = evolve(ticket, event.fact, event.timestamp, event.originator_id)
    return ticket


def states(events: Iterable[Event]) -> Iterator[Ticket]:
    """The ticket after each of these events, its opening first."""
    ticket: Ticket | None = None
    for event in events:
        ticket = evolve(ticket, event.fact, event.timestamp, event.originator_id)
        yield ticket


def evolve(ticket: Ticket | None, fact: Fact, at: datetime, ticket_id: str) -> Ticket:
    """Raises NotFoundError for a history that does not begin with an opening, and
    UnreadableError for a fact that does not belong to tickets: no fact is ignored.
    """
    if isinstance(fact, TicketOpened):
        return _opened(fact, at, ticket_id)
    if ticket is None:
        raise NotFoundError("ticket", ticket_id)
    moved = replace(ticket, version=ticket.version + 1, updated_at=at)
    if isinstance(fact, LifecycleFact):
        return evolve_lifecycle(moved, fact, at)
    if isinstance(fact, SlaFact):
        return evolve_sla(moved, fact, at)
    if isinstance(fact, AssignmentFact):
        return evolve_assignment(moved, fact, at)
    if isinstance(fact, EscalationFact):
        return evolve_escalation(moved, fact, at)
    if isinstance(fact, ApprovalFact):
        return replace(moved, approvals=approvals.evolve(ticket.approvals, fact, at))
    message = f"{fact.topic} does not happen to tickets"
    raise UnreadableError(event_id(ticket_id, moved.version), message)


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
        personal_attributes=fact.personal_attributes,
        message_count=1,
        opened_by=fact.opened_by,
        customer_wrote=fact.opened_by != "agent",
        asked=1 if fact.opened_by == "customer" else None,
    )
