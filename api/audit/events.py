"""Events over all streams: tickets, configuration, keys, subscriptions, denials."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from activities.ports import Recorded
from api.http.answers import Answer, Made, page_of
from api.http.auth import ServicesDep, reads
from api.http.event_filter import EventFilterDep
from api.http.fields import Cleaned
from api.http.responses import answer
from api.ports import AuditEntry, AuditFilter, Services
from api.tickets.references import ticket_id_of
from api.tickets.responses import event_json
from api.tickets.schemas import EventActorOut, PolicyOut
from domain.errors import NotFoundError
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/audit", tags=["audit"])
READ = reads("audit:read", 422)


class AuditEventOut(Answer):
    """An event of any stream, as a ticket's history shows it. Fields are null where
    this release cannot read the event; `unreadable` then says why.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "position": 4711,
                    "stream": "denials/0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6a",
                    "version": 1,
                    "type": "access.denied",
                    "actor": {
                        "id": "helpdesk",
                        "kind": "user",
                        "on_behalf_of": None,
                        "key_id": "0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6a",
                    },
                    "occurred_at": "2026-11-23T09:00:00Z",
                    "claimed_at": None,
                    "recorded_at": "2026-11-23T09:00:00.012Z",
                    "command_id": "0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6b",
                    "correlation_id": "0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6c",
                    "causation_id": "0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6b",
                    "channel": "api",
                    "policy": None,
                    "data": {"reason": "forbidden", "count": 1},
                    "unreadable": None,
                }
            ]
        }
    )
    position: Made[int]
    stream: Made[str] = Field(description="What it happened to; a ticket's is its id")
    version: Made[int]
    type: Made[str]
    actor: Made[EventActorOut | None]
    occurred_at: Made[datetime | None]
    claimed_at: Made[datetime | None]
    recorded_at: Made[datetime]
    command_id: Made[str | None]
    correlation_id: Made[str | None]
    causation_id: Made[str | None]
    channel: Made[str | None]
    policy: Made[PolicyOut | None]
    data: Made[dict[str, object] | None]
    unreadable: Made[str | None] = Field(
        description="Why this release cannot read the event; null: it can"
    )


@ROUTER.get("/events", response_model=page_of(AuditEventOut), **READ)
async def list_audit_events(  # noqa: PLR0913, PLR0917 - FastAPI names them
    known: ServicesDep,
    asked: EventFilterDep,
    thing: Annotated[
        str | None,
        Cleaned,
        Query(
            alias="object",
            max_length=300,
            description="A ticket's id or number, or a stream: `sla-policies/care`,"
            " `keys/{id}`, `subjects/{external_id}`",
        ),
    ] = None,
    correlation_id: Annotated[
        str | None,
        Query(max_length=200, description="The `X-Request-Id` of a request"),
    ] = None,
    order: Annotated[
        Literal["newest", "oldest"], Query(description="Which come first")
    ] = "newest",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Every event in the log: what, to what, who, when and why. All filters must match;
    `from` and `to` are about when it was recorded. A page may hold fewer events than
    `limit` and still have a next one.
    """
    wanted = AuditFilter(
        topics=asked.topics,
        actor=asked.actor,
        object=await _object(known, thing) if thing is not None else None,
        correlation_id=correlation_id,
        since=asked.since,
        until=asked.until,
        newest_first=order == "newest",
    )
    entries, following = await known.audit.page(wanted, limit, cursor)
    next_cursor = None if following is None else str(following)
    return answer({"items": [*map(_shown, entries)], "next_cursor": next_cursor})


async def _object(known: Services, name: str) -> str:
    """The stream that is named; of one that does not exist there are no events."""
    if "/" in name:
        return name
    try:
        return await ticket_id_of(known, name)
    except NotFoundError:
        return name


def event_out(recorded: Recorded) -> Json:
    stream = {"stream": recorded.event.originator_id, "unreadable": None}
    return event_json(recorded) | stream


def _shown(entry: AuditEntry) -> Json:
    if entry.recorded is not None:
        return event_out(entry.recorded)
    return dict.fromkeys(AuditEventOut.model_fields) | {
        "position": entry.position,
        "stream": entry.stream_id,
        "version": entry.version,
        "type": entry.topic,
        "recorded_at": entry.recorded_at,
        "unreadable": entry.unreadable,
    }
