"""Which events of a list are wanted: by type, actor and time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from api.http.auth import ServicesDep
from api.http.fields import Cleaned, Instant
from domain.errors import InvalidError, UnknownWordError


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """None: any. `actor`: who did it, in whose name, or the id of the key. From
    `since`, inclusive, to `until`, exclusive.
    """

    topics: frozenset[str] | None
    actor: str | None
    since: datetime | None
    until: datetime | None


async def event_filter(
    known: ServicesDep,
    type_: Annotated[
        str | None,
        Cleaned,
        Query(
            alias="type",
            max_length=2000,
            description="Event types, separated by commas; `sla.*` is a family",
        ),
    ] = None,
    actor: Annotated[
        str | None,
        Cleaned,
        Query(
            max_length=200,
            description="Who did it, or in whose name, or the id of the key",
        ),
    ] = None,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
) -> EventFilter:
    if since is not None and until is not None and since >= until:
        raise InvalidError.at("?from", "must lie before the end of the period, `to`")
    topics = None if type_ is None else topics_of(known.topics, type_)
    return EventFilter(topics=topics, actor=actor, since=since, until=until)


def topics_of(known: Collection[str], asked: str) -> frozenset[str]:
    """Raises InvalidError for a type that no event has."""
    families = {f"{_family(topic)}.*" for topic in known}
    names = [name.strip() for name in asked.split(",")]
    if wrong := [n for n in names if n not in families and n not in known]:
        words = sorted({*known, *families})
        raise InvalidError(UnknownWordError.of("?type", word, words) for word in wrong)
    return frozenset(t for t in known if t in names or f"{_family(t)}.*" in names)


def _family(topic: str) -> str:
    return topic.partition(".")[0]


EventFilterDep = Annotated[EventFilter, Depends(event_filter)]
