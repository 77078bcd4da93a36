"""The event types that the feed and webhooks deliver, with schema and example."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.event_types.schemas import EventType
from api.http.answers import Answer, Made, page_of
from api.http.auth import ServicesDep, reads
from api.http.paging import PageDep
from api.http.responses import answer
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/event-types", tags=["events"])


class EventTypeOut(Answer):
    type: str = Field(
        description=("The name, as in `types` of the feed and of a subscription")
    )
    description: str = Field(description="What happened, in one sentence")
    json_schema: Made[dict[str, Any]] = Field(
        alias="schema", description="JSON Schema 2020-12 of the whole CloudEvent"
    )
    example: dict[str, Any] = Field(description="A CloudEvent of this type")
    since: str = Field(description="The release that added this type")


@ROUTER.get("", response_model=page_of(EventTypeOut), **reads("events:read", 422))
async def list_event_types(known: ServicesDep, asked: PageDep) -> Response:
    """Every event type that can be subscribed to, with its schema and an example."""

    def shown(found: EventType) -> Json:
        return EventTypeOut.of(found, json_schema=found.schema)

    return answer(asked.of(known.event_types, lambda t: t.type, shown))
