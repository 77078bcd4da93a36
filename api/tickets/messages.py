"""The conversation of a ticket."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer, Made, page_of
from api.http.auth import ServicesDep
from api.http.reader import seen_text
from api.http.responses import answer
from api.ports import Services
from api.tickets.references import ticket_id_of
from api.tickets.routes import READ, Limit
from api.tickets.schemas import ActorOut
from domain.errors import NotFoundError
from domain.event import Event, Json
from domain.lifecycle.facts import (
    AuthorKind,
    TicketMessageAdded,
    TicketOpened,
    Visibility,
)
from domain.ticket.evolve import fold

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


class MessageAuthorOut(Answer):
    kind: AuthorKind
    id: str
    role: str | None


class TicketMessageOut(Answer):
    """`actor`: who submitted it, as the author or for the author."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ticket_id": "0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6a",
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
    ticket_id: Made[str] = Field(description="The ticket in which it was written")
    version: Made[int] = Field(
        description=("The version of the event in that ticket's history")
    )
    author: Made[MessageAuthorOut]
    visibility: Made[Visibility]
    channel: Made[str]
    body: Made[str]
    automatic: Made[bool] = Field(description="No human wrote it")
    at: Made[datetime]
    actor: Made[ActorOut]


@ROUTER.get("/{ticket_id}/messages", response_model=page_of(TicketMessageOut), **READ)
async def list_ticket_messages(
    ticket_id: str,
    known: ServicesDep,
    limit: Limit = 100,
    cursor: Annotated[int, Query(ge=0, description="The cursor of the next page")] = 0,
) -> Response:
    """Messages of customers, agents and others, oldest first; the first one opened the
    ticket. Internal notes are included, and so are the messages of tickets that were
    merged into this one; `ticket_id` is the ticket of each message.
    """
    found = await conversation(known, await ticket_id_of(known, ticket_id))
    page = found[cursor : cursor + limit]
    following = str(cursor + limit) if len(found) > cursor + limit else None
    return answer({"items": page, "next_cursor": following})


async def conversation(
    known: Services, ticket_id: str, up_to: int | None = None
) -> list[Json]:
    """All messages of a ticket and of the tickets that went into it, and into those, by
    their time.
    """
    events = await known.store.load(ticket_id, up_to)
    ticket = fold(events) if events else None
    if ticket is None:
        raise NotFoundError("ticket", ticket_id)
    found = [*_messages(events)]
    for absorbed in ticket.absorbed:
        # It went in by its next event.
        found += await conversation(known, absorbed.ticket_id, absorbed.up_to)
    return sorted(found, key=lambda message: str(message["at"]))


def _messages(events: Iterable[Event]) -> Iterator[Json]:
    channel = None
    for event in events:
        fact = event.fact
        if isinstance(fact, TicketOpened):
            channel = fact.channel
            yield _shown(event, fact.body, channel, _opener(event, fact))
        elif isinstance(fact, TicketMessageAdded):
            by, author = fact.channel or channel, MessageAuthorOut.of(fact.author)
            automatic, visibility = fact.automatic, fact.visibility
            yield _shown(event, fact.body, by, author, visibility, automatic=automatic)


def _opener(event: Event, fact: TicketOpened) -> Json:
    actor = event.meta.actor
    sender = actor.on_behalf_of or actor.id
    who = fact.customer.external_id if fact.opened_by == "customer" else sender
    return {"kind": fact.opened_by, "id": who, "role": None}


def _shown(
    event: Event,
    body: str,
    channel: str | None,
    author: Json,
    visibility: Visibility = "public",
    *,
    automatic: bool = False,
) -> Json:
    return TicketMessageOut.of(
        body=seen_text(body),
        ticket_id=event.originator_id,
        version=event.originator_version,
        author=author,
        visibility=visibility,
        channel=channel,
        automatic=automatic,
        at=event.timestamp,
        actor=ActorOut.of(event.meta.actor),
    )
