"""Whether a message is still true at the moment before it is sent.

Decided by the ticket's events since the one that notifies the person, so that an old
message does not become true again when an escalation restarts.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.assignment.facts import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentOfferExpired,
    AssignmentRevoked,
)
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationEnded,
    EscalationReassigned,
)
from domain.event import Event, Fact
from domain.lifecycle.facts import (
    TicketAcknowledged,
    TicketClosed,
    TicketMerged,
    TicketReopened,
    TicketResolved,
)
from domain.notification.notification import Notification
from domain.people.facts import TicketAssigned

BEFORE = "before the message was sent"


def no_longer_true(
    events: Sequence[Event], notification: Notification, now: datetime
) -> str | None:
    """Why this person need not be notified any more; None = it is still true. `events`
    of the ticket.
    """
    event = next(
        (e for e in events if e.originator_version == notification.about), None
    )
    fact = event.fact if event else None
    for later in events:
        if later.originator_version > notification.about:
            reason = _ended(later.fact, notification, fact)
            if reason is not None:
                return reason
    if isinstance(fact, AssignmentOffered) and fact.expires_at <= now:
        return f"the offer expired {BEFORE}"
    return None


def _ended(  # noqa: PLR0911 - one case a cause
    later: Fact, notification: Notification, fact: Fact | None
) -> str | None:
    match notification.cause:
        case "step":
            return _finished(later) or _escalation_ended(later, notification.clock)
        case "offered":
            return _finished(later) or _offer_ended(later)
        case "assigned_by_rule":
            return _finished(later) or _given_on(later, notification.person)
        case "unanswered":
            return _finished(later) or _taken(later)
        case "approval" | "unresolved":
            return _decided(later, fact)
        case "decided":
            return None  # A decision stays one, whatever happens to the ticket.
        case "watched":
            return _old_news(later, fact)


def _finished(later: Fact) -> str | None:
    match later:
        case TicketResolved():
            return f"the ticket was resolved {BEFORE}"
        case TicketClosed() | TicketMerged():
            return f"the ticket was closed {BEFORE}"
        case _:
            return None


def _escalation_ended(later: Fact, clock: str | None) -> str | None:
    match later:
        case TicketAcknowledged(by=by):
            return f"acknowledged by {by} {BEFORE}"
        case EscalationAcknowledged(clock=acknowledged, by=by) if acknowledged == clock:
            return f"acknowledged by {by} {BEFORE}"
        case EscalationEnded(clock=ended, reason=reason) if ended == clock:
            return f"the escalation ended {BEFORE}: {reason}"
        case _:
            return None


def _offer_ended(later: Fact) -> str | None:
    match later:
        case AssignmentAccepted(agent=agent):
            return f"the offer was accepted by {agent} {BEFORE}"
        case AssignmentDeclined(agent=agent):
            return f"the offer was declined by {agent} {BEFORE}"
        case AssignmentOfferExpired():
            return f"the offer expired {BEFORE}"
        case AssignmentRevoked(reason=reason):
            return f"the offer was withdrawn {BEFORE}: {reason}"
        case TicketAssigned(agent=agent) | EscalationReassigned(to_agent=agent):
            return _went_to(agent)
        case _:
            return None


def _went_to(agent: str | None) -> str:
    where = f"to {agent}" if agent else "back to the team"
    return f"the ticket was assigned {where} {BEFORE}"


def _taken(later: Fact) -> str | None:
    match later:
        case TicketAssigned(agent=agent) | EscalationReassigned(to_agent=agent):
            return _went_to(agent)
        case _:
            return None


def _given_on(later: Fact, person: str) -> str | None:
    match later:
        case TicketAssigned(agent=agent) | EscalationReassigned(to_agent=agent) if (
            agent != person
        ):
            return _went_to(agent)
        case AssignmentRevoked(agent=agent, held="ticket", reason=reason) if (
            agent == person
        ):
            return f"the ticket was withdrawn {BEFORE}: {reason}"
        case _:
            return None


def _decided(later: Fact, asked: Fact | None) -> str | None:
    """Decided meanwhile, or somebody else was asked, or an approver was found. On a
    closed ticket nobody can decide.
    """
    number = None
    if isinstance(asked, ApprovalRequested | ApprovalEscalated):
        number = asked.number
    match later:
        case ApprovalEscalated(number=escalated) if escalated == number:
            return _escalated(later)
        case ApprovalGranted(number=decided, actor=actor) if decided == number:
            return f"granted by {actor} {BEFORE}"
        case ApprovalRejected(number=decided, actor=actor) if decided == number:
            return f"rejected by {actor} {BEFORE}"
        case TicketClosed() | TicketMerged():
            return f"the ticket was closed {BEFORE}"
        case _:
            return None


def _escalated(later: ApprovalEscalated) -> str | None:
    """Nothing changes for the reader if there is still no approver."""
    if later.from_approver is not None:
        return f"it was escalated above {later.from_approver} {BEFORE}"
    return f"{later.approver} was asked {BEFORE}" if later.approver else None


def _old_news(later: Fact, news: Fact | None) -> str | None:
    """Watchers are notified of the end by a separate event."""
    resolved = isinstance(news, TicketResolved)
    match later:
        case TicketResolved() if not resolved:
            return f"the ticket was resolved {BEFORE}"
        case TicketReopened() if resolved:
            return f"the ticket was reopened {BEFORE}"
        case _:
            return None
