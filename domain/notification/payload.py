"""What one notification says about its ticket, as of now: the ticket's fields, and the
details of the event that notifies the person. A person's own webhook gets it as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.assignment.facts import AssignmentOffered
from domain.authority.approval import Approval, ApprovalState
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.authority.limits import SpendKind
from domain.escalation.chosen import Because
from domain.escalation.facts import CHOOSING
from domain.event import Event, Fact
from domain.notification.audience import tellings
from domain.notification.facts import Cause
from domain.notification.notification import Notification
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket

APPROVALS = ApprovalRequested | ApprovalEscalated | ApprovalGranted | ApprovalRejected


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be approved, and why; `number` counts the ticket's approvals. Once it
    is decided: by whom (`actor`), and why (`because`).
    """

    number: int
    kind: SpendKind
    amount: str
    currency: str
    requested_by: str
    reason: str
    state: ApprovalState = "pending"
    actor: str | None = None
    because: str | None = None


@dataclass(frozen=True, kw_only=True)
class Promised:
    """The state of the promise now. `due_at`: None while its clock is paused; if
    breached, when it was due. `stopped_at`: when it ended.
    """

    metric: str
    target: timedelta
    due_at: datetime | None
    broken: bool
    stopped_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Payload:
    """`event`: the type of the event that notifies `person`; `reason`: why them;
    `because`: the same as data where a step chose them. `step` counts from 0. `until`:
    when the offer expires. `others`: who else was chosen by the same step.
    """

    ticket_id: str
    number: int
    subject: str
    priority: str
    cause: Cause
    event: str
    person: str
    reason: str
    at: datetime
    clock: str | None = None
    step: int | None = None
    until: datetime | None = None
    approval: Asked | None = None
    notification: str = ""
    customer: str = ""
    tier: str = ""
    promise: Promised | None = None
    because: tuple[Because, ...] = ()
    others: tuple[str, ...] = ()


def item(notification: Notification, events: Sequence[Event]) -> Payload:
    """`events`: all of the ticket."""
    ticket, upto = fold(events), events[: notification.about]
    assert ticket is not None, "somebody was notified of it"
    why = [t.reason for t in tellings(upto) if t.id == notification.id]
    fact = upto[-1].fact
    chosen = fact.chosen if isinstance(fact, CHOOSING) else ()
    return Payload(
        ticket_id=ticket.id,
        number=ticket.number,
        subject=ticket.subject,
        priority=ticket.priority,
        cause=notification.cause,
        event=fact.topic,
        person=notification.person,
        # A planned message is sent, even if another release would not plan it.
        reason=why[0] if why else "",
        at=upto[-1].timestamp,
        clock=notification.clock,
        step=notification.step,
        until=fact.expires_at if isinstance(fact, AssignmentOffered) else None,
        approval=_asked(ticket.approvals, fact),
        notification=notification.id,
        customer=ticket.customer.name or ticket.customer.external_id,
        tier=ticket.customer.tier,
        promise=_promised(ticket, notification.clock),
        because=next(
            (c.because for c in chosen if c.person == notification.person), ()
        ),
        others=tuple(c.person for c in chosen if c.person != notification.person),
    )


def _promised(ticket: Ticket, key: str | None) -> Promised | None:
    clock = next((c for c in ticket.clocks if c.key == key), None)
    if clock is None:
        return None
    return Promised(
        metric=clock.metric,
        target=clock.target,
        due_at=clock.breaks_at if clock.broken else clock.due_at,
        broken=clock.broken,
        stopped_at=clock.stopped_at,
    )


def _asked(approvals: Sequence[Approval], fact: Fact) -> Asked | None:
    if not isinstance(fact, APPROVALS):
        return None
    wanted = next(a for a in approvals if a.number == fact.number)
    return Asked(
        number=wanted.number,
        kind=wanted.kind,
        amount=wanted.amount,
        currency=wanted.currency,
        requested_by=wanted.requested_by,
        reason=wanted.reason,
        state=wanted.state,
        actor=wanted.actor,
        because=wanted.decision_reason,
    )
