"""What one notification tells of its ticket, as of now: the ticket's fields, and what
the event that tells the person says. A person's own endpoint gets it as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.authority.approval import Approval, ApprovalState
from domain.authority.facts import (
    ApprovalClimbed,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.authority.limits import SpendKind
from domain.event import Event, Fact
from domain.notification.facts import Cause
from domain.notification.notification import Notification
from domain.notification.telling import tellings
from domain.offer.facts import AssignmentOffered
from domain.ticket.evolve import fold

APPROVALS = ApprovalRequested | ApprovalClimbed | ApprovalGranted | ApprovalRejected


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
class Item:
    """`event`: the type of the one that tells `person`; `reason`: why them. `step`
    counts from 0. `until`: when the offer runs out.
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


def item(notification: Notification, events: Sequence[Event]) -> Item:
    """`events`: all of the ticket."""
    ticket, upto = fold(events), events[: notification.about]
    assert ticket is not None, "somebody was told of it"
    why = [t.reason for t in tellings(upto) if t.id == notification.id]
    fact = upto[-1].fact
    return Item(
        ticket_id=ticket.id,
        number=ticket.number,
        subject=ticket.subject,
        priority=ticket.priority,
        cause=notification.cause,
        event=fact.topic,
        person=notification.person,
        # What was planned goes out, also if another release would not plan it.
        reason=why[0] if why else "",
        at=upto[-1].timestamp,
        clock=notification.clock,
        step=notification.step,
        until=fact.expires_at if isinstance(fact, AssignmentOffered) else None,
        approval=_asked(ticket.approvals, fact),
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
        because=wanted.because,
    )
