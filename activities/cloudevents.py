"""Events as clients see them: plain JSON, and the CloudEvents 1.0 form of the feed."""

from datetime import timedelta
from urllib.parse import quote

import msgspec

from activities.ports import Recorded
from domain.duration import format_duration
from domain.event import Json, Meta
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


def cloud_event(recorded: Recorded, form: Format = "full") -> Json:
    """`id` is the log position: unique, ordered, and the cursor to continue from.
    `thin` leaves out the data.
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
            **_as_dict(plain(event.fact)),
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
    return _as_dict(plain(meta.actor)) | {"key_id": meta.key_id}


def _resource(stream_id: str) -> str:
    return stream_id if "/" in stream_id else f"tickets/{stream_id}"


def _as_dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}
