"""Whether a message is still true at the moment before it goes out.

Asked of the ticket's events since the step told the person, so that a ladder that was
started anew does not make an old message true again.
"""

from collections.abc import Iterable

from domain.escalation.facts import EscalationAcknowledged, EscalationEnded
from domain.event import Event
from domain.ticket.facts import TicketAcknowledged, TicketClosed, TicketResolved


def no_longer_true(events: Iterable[Event], about: int, clock: str) -> str | None:
    """Why nobody need be told of this any more; None = it is still true. `events` of
    the ticket, `about` the version of the one that tells the person.
    """
    for event in events:
        if event.originator_version <= about:
            continue
        match event.fact:
            case TicketResolved():
                return "the ticket was resolved before the message was sent"
            case TicketClosed():
                return "the ticket was closed before the message was sent"
            case TicketAcknowledged(by=by):
                return f"acknowledged by {by} before the message was sent"
            case EscalationAcknowledged(clock=acknowledged, by=by) if (
                acknowledged == clock
            ):
                return f"acknowledged by {by} before the message was sent"
            case EscalationEnded(clock=ended, reason=reason) if ended == clock:
                return f"the escalation ended before the message was sent: {reason}"
            case _:
                pass
    return None
