"""Events as clients see them: plain JSON, and the CloudEvents 1.0 form of the feed."""

from datetime import timedelta
from urllib.parse import quote

import msgspec

from activities.ports import Recorded
from domain.duration import format_duration
from domain.event import Fact, Json, Meta
from domain.personal import masked
from domain.subscription.subscription import Format


def plain(value: object) -> object:
    """JSON types only; durations as ISO 8601 (`PT30M`), times as RFC 3339."""
    return _durations(msgspec.to_builtins(value, builtin_types=(timedelta,)))


def _durations(value: object) -> object:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, dict):
        return {key: _durations(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_durations(inner) for inner in value]
    return value


def cloud_event(
    recorded: Recorded, form: Format = "full", *, personal: bool = True
) -> Json:
    """`id` is the log position: unique, ordered, and the cursor to continue from.
    `thin` leaves out the data. Not `personal`: its personal fields are masked.
    """
    event = recorded.event
    body: Json = {
        "specversion": "1.0",
        "id": str(recorded.position),
        "type": event.fact.topic,
        "source": quote(f"/v1/{_resource(event.originator_id)}"),
        "subject": event.originator_id,
        "time": plain(event.timestamp),
        "datacontenttype": "application/json",
        "position": recorded.position,
        "streamversion": event.originator_version,
    }
    if form == "full":
        body["data"] = {
            **_data(event.fact, personal=personal),
            # Last, so that these names mean the same in every event; a pinned policy,
            # whole in the history, is here the reference to its version.
            "actor": actor_json(event.meta),
            "correlation_id": event.meta.correlation_id,
            "causation_id": event.meta.causation_id,
            "policy": plain(event.meta.policy),
            "recorded_at": plain(recorded.recorded_at),
        }
    return body


def actor_json(meta: Meta) -> Json:
    """The actor, and the key that was used."""
    return as_json(meta.actor) | {"key_id": meta.key_id}


def _resource(stream_id: str) -> str:
    return stream_id if "/" in stream_id else f"tickets/{stream_id}"


def as_json(fact: object) -> Json:
    """Of something that has fields."""
    found = plain(fact)
    assert isinstance(found, dict)
    return found


def _data(fact: Fact, *, personal: bool) -> Json:
    data = as_json(fact)
    if not personal:
        masked(type(fact), data)
    return data
