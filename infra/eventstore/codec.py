"""Events to bytes and back: typed per topic, JSON, personal fields encrypted.

The library's own transcoder reads any dict with the keys `_type_` and `_data_` as its
own and would lose user data of that shape; its mapper imports whatever a row names.
Here a topic picks one known type, and its fields pick the rest. Only a field that its
type marks as personal is read as an envelope, never one that a user made look like it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

import msgspec

from domain.errors import UnreadableError
from domain.event import Event, Fact, Json, Meta, event_id
from domain.personal import Place, is_personal, places
from infra.eventstore.sealing import (
    Keys,
    PersonKey,
    Where,
    is_envelope,
    opened,
    sealed,
)
from infra.eventstore.topics import FACTS

NO_KEYS: Keys = {}
SEALED = b'"sealed":'
"""Without it an event has no envelope, and need not be searched for one."""


class UnknownTopicError(ValueError):
    def __init__(self, topic: str) -> None:
        super().__init__(f"no event type is known as {topic!r}")


class NobodysError(ValueError):
    """Personal data would be written in the clear."""

    def __init__(self, event: Event) -> None:
        message = f"{event.id} has personal fields and does not say of whom"
        super().__init__(message)


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


@dataclass(frozen=True)
class Read:
    """An event of the log whose personal fields are still sealed. `sealed`: the places
    of their envelopes in `form`.
    """

    stream_id: str
    version: int
    topic: str
    stored: _Stored
    form: Json | None = None
    sealed: tuple[Place, ...] = ()

    def key_ids(self) -> Iterator[str]:
        for place in self.sealed:
            yield str(cast(Json, place.value)["personal"])

    def event(self, keys: Keys) -> Event:
        """Raises UnreadableError. It can be asked for once: the envelopes are opened
        where they are.
        """
        try:
            fact = self._fact(keys)
        except ValueError as error:  # msgspec's errors and ours are ValueErrors
            where = event_id(self.stream_id, self.version)
            raise UnreadableError(where, str(error)) from error
        stored = self.stored
        return Event(self.stream_id, self.version, stored.at, stored.meta, fact)

    def _fact(self, keys: Keys) -> Fact:
        if self.form is None:
            fact: Fact = _decoder(self.topic).decode(self.stored.data)
            return fact
        where = Where(self.stream_id, self.version, self.topic)
        for place in self.sealed:
            envelope = cast(Json, place.value)
            place.put(opened(envelope, keys, where, place.pointer))
        return msgspec.convert(self.form, FACTS[self.topic])


def read(stream_id: str, version: int, topic: str, state: bytes) -> Read:
    """Raises UnreadableError for a row that this release cannot read."""
    try:
        stored = _STORED.decode(state)
        kind = FACTS.get(topic)
        if kind is None or SEALED not in state or not is_personal(kind):
            return Read(stream_id, version, topic, stored)
        form = msgspec.json.decode(stored.data)
        envelopes = tuple(p for p in places(kind, form) if is_envelope(p.value))
    except (ValueError, AttributeError, TypeError) as error:
        raise UnreadableError(event_id(stream_id, version), str(error)) from error
    if not envelopes:
        return Read(stream_id, version, topic, stored)
    return Read(stream_id, version, topic, stored, form, envelopes)


def decode(
    stream_id: str, version: int, topic: str, state: bytes, keys: Keys = NO_KEYS
) -> Event:
    """Raises UnreadableError for a row that this release cannot read."""
    return read(stream_id, version, topic, state).event(keys)


def encode(event: Event, key: PersonKey | None = None) -> bytes:
    """`key`: of the event's data subject; without one personal fields stay in the
    clear, as tests in memory want it. Raises UnknownTopicError for a fact that could
    not be read again.
    """
    kind, fact = type(event.fact), cast(object, event.fact)
    if kind.topic not in FACTS:
        raise UnknownTopicError(kind.topic)
    if key is not None and is_personal(kind):
        fact = form = msgspec.to_builtins(event.fact)
        where = Where(event.originator_id, event.originator_version, kind.topic)
        for place in places(kind, form):
            place.put(sealed(place.value, key, where, place.pointer))
    data = msgspec.Raw(_ENCODE.encode(fact))
    return _ENCODE.encode(_Stored(event.timestamp, event.meta, data))


def subject_of(event: Event) -> str | None:
    """With whose key the event is to be encrypted; None: it holds nothing personal.
    Raises NobodysError.
    """
    kind = type(event.fact)
    if not is_personal(kind):
        return None
    if event.meta.data_subject is not None:
        return event.meta.data_subject
    if any(places(kind, msgspec.to_builtins(event.fact))):
        raise NobodysError(event)
    return None
