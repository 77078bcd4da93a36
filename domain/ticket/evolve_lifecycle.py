"""The ticket after something happened to the ticket itself."""

from datetime import datetime

from domain.copies import replace
from domain.lifecycle.facts import (
    FeedbackCaptured,
    LifecycleFact,
    TicketAbsorbed,
    TicketAcknowledged,
    TicketClosed,
    TicketMacroRun,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketSeparated,
    TicketSplit,
    TicketTierChanged,
    TicketUnmerged,
    TicketUpdated,
    TicketWatched,
)
from domain.lifecycle.pause import PastPause, Pause
from domain.lifecycle.reply_author import ReplyAuthor
from domain.people.facts import TicketAssigned
from domain.sla.reply import reply_author
from domain.ticket.evolve_assignment import handed_over, turned
from domain.ticket.ticket import Absorbed, Merged, Ticket


def evolve_lifecycle(  # noqa: C901, PLR0911, PLR0912 - one case a fact
    ticket: Ticket, fact: LifecycleFact, at: datetime
) -> Ticket:
    match fact:
        case TicketMessageAdded():
            return _message(ticket, fact)
        case TicketAssigned():
            handed = handed_over(ticket, fact.team, fact.agent, at)
            return turned(handed, fact.turn, fact.agent, at)
        case TicketAcknowledged():
            return replace(ticket, acknowledged_by=fact.by)
        case TicketPaused():
            pause = Pause(reason=fact.reason, since=at, until=fact.until)
            return replace(ticket, status=fact.status, pause=pause)
        case TicketResumed():
            return replace(_running(ticket, at), status="open")
        case TicketPriorityChanged():
            return replace(ticket, priority=fact.new)
        case TicketTierChanged():
            return replace(ticket, customer=replace(ticket.customer, tier=fact.new))
        case TicketUpdated():
            return _updated(ticket, fact)
        case TicketResolved():
            return replace(_finished(ticket, at), status="resolved", resolved_at=at)
        case TicketClosed():
            return replace(_finished(ticket, at), status="closed", closed_at=at)
        case TicketReopened():
            return replace(
                ticket,
                status="open",
                resolved_at=None,
                closed_at=None,
                acknowledged_by=None,
                reopen_count=ticket.reopen_count + 1,
                merged_into=None,
                merged=None,
            )
        case TicketWatched():
            return replace(ticket, watchers=(*ticket.watchers, fact.person))
        case TicketMerged():
            return _merged(ticket, fact, at)
        case TicketAbsorbed():
            return _absorbed(ticket, fact, at)
        case TicketUnmerged():
            return _unmerged(ticket, fact)
        case TicketSeparated():
            return _separated(ticket, fact)
        case FeedbackCaptured():
            return replace(ticket, feedback_count=ticket.feedback_count + 1)
        case TicketSplit() | TicketMacroRun() | TicketOpened():
            return ticket


def _running(ticket: Ticket, at: datetime) -> Ticket:
    """A pause ends when the ticket goes on, and also when it is resolved from it."""
    pause = ticket.pause
    if pause is None:
        return ticket
    past = PastPause(
        status=ticket.status, reason=pause.reason, since=pause.since, end=at
    )
    return replace(ticket, pause=None, past_pauses=(*ticket.past_pauses, past))


def _finished(ticket: Ticket, at: datetime) -> Ticket:
    settled = ticket.settled or ticket.customer_wrote
    return replace(
        _running(ticket, at),
        asked=None,
        settled=settled,
        queue=None,
        queued_at=None,
        overflowed=(),
    )


def _merged(ticket: Ticket, fact: TicketMerged, at: datetime) -> Ticket:
    before = Merged(
        at=at,
        status=ticket.status,
        pause=ticket.pause,
        past_pauses=ticket.past_pauses,
        asked=ticket.asked,
        settled=ticket.settled,
        queued_at=ticket.queued_at,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        into_number=fact.into_number,
        into_customer=fact.into_customer,
    )
    return replace(
        _finished(ticket, at),
        status="closed",
        closed_at=at,
        merged_into=fact.into,
        merged=before,
    )


def _unmerged(ticket: Ticket, fact: TicketUnmerged) -> Ticket:
    """As it was before, but for the answers that its customer had meanwhile."""
    before = ticket.merged
    if before is None:
        return ticket
    spoken = tuple(replace(v, last=ticket.version) for v in fact.replies)
    return replace(
        ticket,
        status=before.status,
        pause=before.pause,
        past_pauses=before.past_pauses,
        asked=before.asked,
        settled=before.settled,
        queued_at=before.queued_at,
        resolved_at=before.resolved_at,
        closed_at=before.closed_at,
        reply_authors=(*ticket.reply_authors, *spoken)
        if ticket.customer_wrote
        else ticket.reply_authors,
        merged_into=None,
        merged=None,
    )


def _absorbed(ticket: Ticket, fact: TicketAbsorbed, at: datetime) -> Ticket:
    """Its customer waits here now: as if they had written here."""
    came = Absorbed(
        ticket_id=fact.absorbed,
        number=fact.number,
        at=at,
        version=ticket.version,
        up_to=fact.version,
        messages=fact.messages,
        asked=ticket.asked,
    )
    return replace(
        ticket,
        absorbed=(*ticket.absorbed, came),
        message_count=ticket.message_count + fact.messages,
        customer_wrote=ticket.customer_wrote or fact.customer_wrote,
        asked=ticket.version if fact.awaits_reply else ticket.asked,
    )


def _separated(ticket: Ticket, fact: TicketSeparated) -> Ticket:
    gone = next((a for a in ticket.absorbed if a.ticket_id == fact.separated), None)
    if gone is None:
        return ticket
    waited = ticket.asked == gone.version
    return replace(
        ticket,
        absorbed=tuple(a for a in ticket.absorbed if a is not gone),
        message_count=ticket.message_count - gone.messages,
        asked=gone.asked if waited else ticket.asked,
    )


def _message(ticket: Ticket, fact: TicketMessageAdded) -> Ticket:
    counted = replace(ticket, message_count=ticket.message_count + 1)
    if fact.visibility != "public":
        return counted
    if fact.author.kind != "customer":
        return replace(counted, reply_authors=_reply_authors(ticket, fact))
    if fact.automatic:
        return counted
    asked = ticket.version if fact.expects_reply else ticket.asked
    return replace(counted, customer_wrote=True, asked=asked)


def _reply_authors(ticket: Ticket, fact: TicketMessageAdded) -> tuple[ReplyAuthor, ...]:
    """What is written before the customer writes answers nobody."""
    if not ticket.customer_wrote:
        return ticket.reply_authors
    spoken = reply_author(fact, ticket)
    others = (v for v in ticket.reply_authors if replace(v, last=spoken.last) != spoken)
    return (*others, spoken)


def _updated(ticket: Ticket, fact: TicketUpdated) -> Ticket:
    new = fact.new
    return replace(
        ticket,
        subject=ticket.subject if new.subject is None else new.subject,
        type=new.type,
        product_area=new.product_area,
        tags=new.tags,
        attributes=new.attributes,
        personal_attributes=new.personal_attributes,
    )
