"""What happened to a ticket, and what that changed."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from activities.ports import Recorded
from activities.tickets import as_known
from api.http.answers import Answer, Made, page_of
from api.http.auth import ServicesDep
from api.http.event_filter import EventFilter, EventFilterDep
from api.http.fields import Point
from api.http.responses import answer
from api.tickets.references import AsOf, KnownAt, past, ticket_id_of
from api.tickets.responses import event_json, ticket_json
from api.tickets.routes import READ, Limit
from api.tickets.schemas import EventActorOut, EventOut
from domain.audit.diff import Change, changes
from domain.configuration.configuration import Configuration
from domain.documents.diff import Op
from domain.errors import InvalidError
from domain.event import Event, Json
from domain.ticket.evolve import states

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


class TicketChangeOut(Answer):
    """A value of the ticket, as `at_version` shows it, that an event changed. Made in
    order, all of them turn the ticket at `from` into the ticket at `to`.
    """

    pointer: Made[str] = Field(description="A JSON pointer (RFC 6901) into the ticket")
    op: Made[Op] = Field(description="As in a JSON patch (RFC 6902)")
    before: Made[object]
    after: Made[object]
    version: Made[int] = Field(description="The version of the event")
    type: Made[str]
    actor: Made[EventActorOut]
    at: Made[datetime] = Field(description="When the event took effect")


class DiffOut(Answer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from": 3,
                    "to": 4,
                    "changes": [
                        {
                            "pointer": "/priority",
                            "op": "replace",
                            "before": "normal",
                            "after": "high",
                            "version": 4,
                            "type": "ticket.priority_changed",
                            "actor": {
                                "id": "helpdesk",
                                "kind": "user",
                                "on_behalf_of": None,
                                "key_id": "0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6a",
                            },
                            "at": "2026-11-23T09:00:00Z",
                        }
                    ],
                }
            ]
        }
    )
    begin: Made[int] = Field(
        alias="from", description="A version; 0: before it was opened"
    )
    end: Made[int] = Field(alias="to", description="A version")
    changes: Made[list[TicketChangeOut]] = Field(
        description="In the order of the events"
    )


@ROUTER.get("/{ticket_id}/history", response_model=page_of(EventOut), **READ)
async def get_ticket_history(  # noqa: PLR0913, PLR0917 - FastAPI names them
    ticket_id: str,
    known: ServicesDep,
    wanted: EventFilterDep,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Limit = 500,
    cursor: Annotated[int, Query(ge=0, description="A version")] = 0,
) -> Response:
    """Every event of the ticket: what, who, when, why, and by which policy. `from` and
    `to` are about when it took effect.
    """
    whole = await known.desk.history(await ticket_id_of(known, ticket_id))
    last = whole[-1].event.originator_version
    if cursor > last:
        beyond = f"there is no version {cursor}: the last one is {last}"
        raise InvalidError.at("?cursor", beyond)
    at, by = past(known, as_of), past(known, known_at, "?known_at")
    found = [
        recorded
        for recorded in as_known(whole, at, by)
        if recorded.event.originator_version > cursor
        and _wanted(recorded.event, wanted)
    ]
    page = found[:limit]
    following = str(page[-1].event.originator_version) if len(found) > limit else None
    items = [event_json(recorded) for recorded in page]
    return answer({"items": items, "next_cursor": following})


@ROUTER.get("/{ticket_id}/diff", response_model=DiffOut, **READ)
async def get_ticket_diff(
    ticket_id: str,
    known: ServicesDep,
    begin: Annotated[Point | None, Query(alias="from")] = None,
    end: Annotated[Point | None, Query(alias="to")] = None,
) -> Response:
    """What changed between two versions or instants, and by which event. By default
    the last event.
    """
    history = await known.desk.history(await ticket_id_of(known, ticket_id))
    to = history[-1].event.originator_version
    if end is not None:
        to = _version(history, end, "?to", first=1)
    since = to - 1 if begin is None else _version(history, begin, "?from", first=0)
    if since > to:
        raise InvalidError.at("?from", f"version {since} comes after `to`, {to}")
    events = [recorded.event for recorded in history[:to]]
    config = await known.registry.config()
    # A long history has as many tickets as events: others need not wait for that.
    found = await asyncio.to_thread(changed, events, since, config)
    return answer(DiffOut.of(begin=since, end=to, changes=found))


def _wanted(event: Event, asked: EventFilter) -> bool:
    meta = event.meta
    actors = (meta.actor.id, meta.actor.on_behalf_of, meta.key_id)
    return (
        (asked.topics is None or event.fact.topic in asked.topics)
        and (asked.actor is None or asked.actor in actors)
        and (asked.since is None or event.timestamp >= asked.since)
        and (asked.until is None or event.timestamp < asked.until)
    )


def _version(
    history: Sequence[Recorded], point: int | datetime, pointer: str, first: int
) -> int:
    """The version that a point names. Raises InvalidError if there is none."""
    last = history[-1].event.originator_version
    if isinstance(point, int):
        if not first <= point <= last:
            message = f"there is no version {point}: they go from {first} to {last}"
            raise InvalidError.at(pointer, message)
        return point
    version = sum(recorded.event.timestamp <= point for recorded in history)
    if version < first:
        opened = history[0].event.timestamp.isoformat()
        message = f"{point.isoformat()} lies before the ticket was opened, at {opened}"
        raise InvalidError.at(pointer, message)
    return version


def changed(events: Sequence[Event], since: int, config: Configuration) -> list[Json]:
    shown = [
        (event, _shown(ticket_json(ticket, ticket.updated_at, config)))
        for event, ticket in zip(events, states(events), strict=True)
        if event.originator_version >= max(since, 1)
    ]
    before = shown.pop(0)[1] if since else None
    return [_change(change) for change in changes(before, shown)]


def _shown(ticket: Json) -> Json:
    """As it is sent."""
    plain: Json = msgspec.to_builtins(ticket)
    return plain


def _change(change: Change) -> Json:
    event, found = change.event, change.difference
    return TicketChangeOut.of(
        pointer=found.pointer,
        op=found.op,
        before=found.before,
        after=found.after,
        version=event.originator_version,
        type=event.fact.topic,
        actor=EventActorOut.of(event.meta.actor, key_id=event.meta.key_id),
        at=event.timestamp,
    )
