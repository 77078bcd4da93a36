"""The conversation of a ticket, without everything else that happened to it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from activities.cloudevents import plain
from api.auth import Known
from api.naming import ticket_id_of
from api.presentation import answer
from api.schemas_tickets import ActorOut
from api.tickets import READ, Limit
from domain.errors import NotFoundError
from domain.event import Event, Json
from domain.ticket.facts import (
    AuthorKind,
    TicketMessageAdded,
    TicketOpened,
    Visibility,
)

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


class MessageAuthorOut(BaseModel):
    kind: AuthorKind
    id: str
    role: str | None


class TicketMessageOut(BaseModel):
    """`actor`: who sent it in, for the author or as the author."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "author": {"kind": "customer", "id": "c-1", "role": None},
                    "visibility": "public",
                    "channel": "email",
                    "body": "Since this morning, error E4.",
                    "automatic": False,
                    "at": "2026-11-23T09:00:00Z",
                    "actor": {"id": "helpdesk", "kind": "user", "on_behalf_of": None},
                }
            ]
        }
    )
    version: int = Field(description="Of the event in the ticket's history")
    author: MessageAuthorOut
    visibility: Visibility
    channel: str
    body: str
    automatic: bool = Field(description="No human wrote it")
    at: datetime
    actor: ActorOut


class TicketMessagePage(BaseModel):
    items: list[TicketMessageOut]
    next_cursor: str | None


@ROUTER.get("/{ticket_id}/messages", response_model=TicketMessagePage, **READ)
async def list_ticket_messages(
    ticket_id: str,
    known: Known,
    limit: Limit = 100,
    cursor: Annotated[int, Query(ge=0, description="A version")] = 0,
) -> Response:
    """What was written, by customers, agents and others, the oldest first; the first
    one opened the ticket. Internal notes are among them.
    """
    events = await known.store.load(await ticket_id_of(known, ticket_id))
    if not events:
        raise NotFoundError("ticket", ticket_id)
    found = [message for message in _messages(events) if message[0] > cursor]
    page = found[:limit]
    following = str(page[-1][0]) if len(found) > limit else None
    return answer({"items": [shown for _, shown in page], "next_cursor": following})


def _messages(events: Iterable[Event]) -> Iterator[tuple[int, Json]]:
    """Each with its version."""
    channel = None
    for event in events:
        fact = event.fact
        if isinstance(fact, TicketOpened):
            channel = fact.channel
            opener = _opener(event, fact)
            yield event.originator_version, _json(event, fact.body, channel, opener)
        elif isinstance(fact, TicketMessageAdded):
            made = _json(event, fact.body, fact.channel or channel, plain(fact.author))
            made |= {"visibility": fact.visibility, "automatic": fact.automatic}
            yield event.originator_version, made


def _opener(event: Event, fact: TicketOpened) -> Json:
    actor = event.meta.actor
    sender = actor.on_behalf_of or actor.id
    who = fact.customer.external_id if fact.opened_by == "customer" else sender
    return {"kind": fact.opened_by, "id": who, "role": None}


def _json(event: Event, body: str, channel: str | None, author: object) -> Json:
    return {
        "version": event.originator_version,
        "author": author,
        "visibility": "public",
        "channel": channel,
        "body": body,
        "automatic": False,
        "at": event.timestamp,
        "actor": plain(event.meta.actor),
    }
