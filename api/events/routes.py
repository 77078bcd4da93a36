"""The event feed: the same events that webhooks deliver, to be fetched."""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from activities.cloudevents import cloud_event
from activities.ports import Recorded
from api.http.auth import ServicesDep, check_position, reads
from api.http.disconnect import unless_gone
from api.http.fields import Cleaned
from api.http.reader import sees_personal
from api.http.responses import answer
from api.ports import EventFeed
from domain.errors import InvalidError
from domain.subscription.subscription import (
    FAMILIES,
    unknown_types,
    wanted,
)

ROUTER = APIRouter(prefix="/v1/events", tags=["events"])
LONGEST_WAIT_S = 60


class CloudEventOut(BaseModel):
    """CloudEvents 1.0; `id` is the position in the log and serves as the cursor."""

    specversion: str
    id: str
    type: str
    source: str
    subject: str
    time: str
    datacontenttype: str
    position: int
    streamversion: int
    data: dict[str, object]


class Feed(BaseModel):
    """`next_cursor`: use it as `after` to continue, also if there were no events."""

    items: list[CloudEventOut]
    next_cursor: str


@ROUTER.get("", response_model=Feed, **reads("events:read", 422))
async def read_events(
    request: Request,
    known: ServicesDep,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    types: Annotated[
        str | None,
        Cleaned,
        Query(
            max_length=2000,
            description=("Event types, separated by commas; `sla.*` is a family"),
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    wait: Annotated[
        str | None,
        Query(
            description=(
                "How long to wait for new events, for example `20s`, up to 60 s"
            )
        ),
    ] = None,
) -> Response:
    """Events after a position, in log order. With `wait` it waits for new events."""
    topics = _topics(known.topics, types)
    seconds = _seconds(wait)
    await check_position(known, "?after", after)
    read = partial(_news, known.feed, after, limit, topics, seconds)
    found, head = await unless_gone(request, read)
    cursor = _cursor(found, limit, max(head, after))
    sees = sees_personal()
    items = [cloud_event(recorded, personal=sees) for recorded in found]
    return answer({"items": items, "next_cursor": cursor})


async def _news(
    feed: EventFeed, after: int, limit: int, topics: Sequence[str], wait_s: float
) -> tuple[list[Recorded], int]:
    """The events after the cursor, and where the log ended before they were read."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        head = await feed.head()
        found = await feed.read(after, limit, topics)
        left = deadline - loop.time()
        if found or left <= 0:
            return found, head
        await feed.grown(min(left, 1.0))


def _cursor(found: list[Recorded], limit: int, head: int) -> str:
    """Past what was looked at: a quiet filter must not read the log again and again."""
    if len(found) == limit:
        return str(found[-1].position)
    return str(max(head, found[-1].position if found else 0))


def _topics(topics: Sequence[str], types: str | None) -> list[str]:
    everything = ",".join(f"{family}.*" for family in FAMILIES)
    asked = [t.strip() for t in (everything if types is None else types).split(",")]
    if errors := unknown_types(asked, topics):
        raise InvalidError.at("?types", "; ".join(e.message for e in errors))
    return [topic for topic in topics if wanted(topic, asked)]


def _seconds(wait: str | None) -> float:
    if wait is None:
        return 0.0
    found = re.fullmatch(r"(\d{1,3})s?", wait)
    if found is None or int(found[1]) > LONGEST_WAIT_S:
        raise InvalidError.at("?wait", "must be like 20s, at most 60s")
    return float(found[1])
