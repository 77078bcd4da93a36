"""A message that is about something else becomes a separate ticket."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import InvalidError
from domain.event import Event
from domain.lifecycle.facts import (
    Channel,
    Priority,
    SplitFrom,
    TicketMessageAdded,
    TicketSplit,
)
from domain.ticket.decide import OpenTicket, open_ticket
from domain.ticket.draft import Draft
from domain.ticket.enforce import enforce
from domain.ticket.evolve import fold
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class SplitTicket:
    """`version`: of the message's event. A field that is None is taken from the
    original.
    """

    version: int
    number: int
    subject: str
    type: str | None = None
    priority: Priority | None = None


def split(
    history: list[Event], command: SplitTicket, new_id: str, at: datetime, world: World
) -> tuple[Draft, Draft]:
    """Drafts of the original and of the new ticket."""
    original = fold(history)
    assert original is not None, "a history starts with its opening"
    event, message = _message(history, command.version)
    draft = Draft(original.id, original)
    at = max(at, original.updated_at)
    enforce(draft, at, world)
    draft.record(
        TicketSplit(version=command.version, into=new_id, number=command.number), at
    )
    channel: Channel = message.channel or original.channel
    opening = OpenTicket(
        number=command.number,
        subject=command.subject,
        body=message.body,
        channel=channel,
        type=command.type or original.type,
        customer=original.customer,
        priority=command.priority or original.priority,
        product_area=original.product_area,
        tags=original.tags,
        attributes=original.attributes,
        occurred_at=event.timestamp,
        opened_by=message.author.kind,
        split_from=SplitFrom(
            ticket_id=original.id, version=command.version, opened_at=original.opened_at
        ),
    )
    return draft, open_ticket(new_id, opening, at, world)


def _message(history: list[Event], version: int) -> tuple[Event, TicketMessageAdded]:
    for event in history:
        if event.originator_version == version:
            if isinstance(event.fact, TicketMessageAdded):
                return event, event.fact
            break
    raise InvalidError.at("/message", f"event {version}of the ticket is not a message")
