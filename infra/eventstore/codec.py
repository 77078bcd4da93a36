"""Events to bytes and back: typed per topic, JSON, nothing else.

The library's own transcoder reads any dict with the keys `_type_` and `_data_` as its
own and would lose user data of that shape; its mapper imports whatever a row names.
Here a topic picks one known type, and its fields pick the rest.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from typing_extensions import override

from domain.errors import UnreadableError
from domain.event import Event, Fact, Meta, event_id
from infra.eventstore.topics import FACTS


class UnknownTopicError(ValueError):
    def __init__(self, topic: str) -> None:
        super().__init__(f"no event type is known as {topic!r}")


@dataclass(frozen=True)
class _Stored:
    """The stored form; `data` is decoded by the topic's type."""

    at: datetime
    meta: Meta
    data: msgspec.Raw


_ENCODE = msgspec.json.Encoder()
_STORED = msgspec.json.Decoder(_Stored)


@cache
def _decoder(topic: str) -> msgspec.json.Decoder[Any]:
    if topic not in FACTS:
        raise UnknownTopicError(topic)
    return msgspec.json.Decoder(FACTS[topic])


def encode(event: Event) -> bytes:
    """Raises UnknownTopicError for a fact that could not be read again."""
    if event.fact.topic not in FACTS:
        raise UnknownTopicError(event.fact.topic)
    data = msgspec.Raw(_ENCODE.encode(event.fact))
    return _ENCODE.encode(_Stored(event.timestamp, event.meta, data))


def decode(stream_id: str, version: int, topic: str, state: bytes) -> Event:
    """Raises UnreadableError for a row that this release cannot read."""
    try:
        stored = _STORED.decode(state)
        fact = cast(Fact, _decoder(topic).decode(stored.data))
    except ValueError as error:  # msgspec's errors and ours are ValueErrors
        raise UnreadableError(event_id(stream_id, version), str(error)) from error
    return Event(stream_id, version, stored.at, stored.meta, fact)


class TypedMapper(Mapper[str]):
    """The library's interface to `encode` and `decode`."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    @override
    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        event = cast(Event, domain_event)
        return StoredEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=event.fact.topic,
            state=encode(event),
        )

    @override
    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        return cast(
            DomainEventProtocol[str],
            decode(
                str(stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.state,
            ),
        )
