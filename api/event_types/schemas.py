"""JSON Schemas of events, generated from the facts, each with an example.

A schema describes the event as the feed and webhooks deliver it: the CloudEvents 1.0
envelope around `data`, which has the fact and the fields common to all events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import TimedeltaSchema
from typing_extensions import override

from api.event_types.descriptions import EVENT_DESCRIPTIONS
from api.examples import example_of
from domain.duration import ISO_DURATION
from domain.event import Actor, Fact, PolicyRef
from domain.subscription.subscription import FAMILIES

Schema = dict[str, Any]
FIRST_RELEASE: Final = "0.1.0"
TEMPLATE: Final = "#/$defs/{model}"


class Said(BaseModel):
    """The fields of `data` that all events have."""

    actor: Actor
    correlation_id: str
    causation_id: str
    policy: PolicyRef | None
    recorded_at: AwareDatetime


@dataclass(frozen=True)
class EventType:
    """`schema` and `example` describe the whole CloudEvent."""

    type: str
    description: str
    schema: Schema
    example: dict[str, object]
    since: str = FIRST_RELEASE


def event_types(facts: Mapping[str, type[Fact]]) -> tuple[EventType, ...]:
    """Every type that can be subscribed to, by name."""
    return tuple(
        _described(topic, facts[topic])
        for topic in sorted(facts)
        if topic.partition(".")[0] in FAMILIES
    )


def _described(topic: str, fact: type[Fact]) -> EventType:
    data = _schema(TypeAdapter(fact))
    said = _schema(TypeAdapter(Said))
    definitions = {**data.pop("$defs", {}), **said.pop("$defs", {})}
    data.pop("description", None)  # a docstring is for who reads the code
    data["properties"] = data.get("properties", {}) | said["properties"]
    data["required"] = sorted({*data.get("required", ()), *said["required"]})
    for inner in definitions.values():
        inner.pop("description", None)
    schema: Schema = {
        "title": _title(topic),
        "description": EVENT_DESCRIPTIONS[topic],
        "type": "object",
        "properties": _envelope(topic) | {"data": data},
        "required": [*_envelope(topic)],  # `format: thin` leaves `data` out
        "$defs": definitions,
    }
    example = example_of(schema, definitions, "event")
    assert isinstance(example, dict)
    return EventType(topic, EVENT_DESCRIPTIONS[topic], schema, example)


class _Schemas(GenerateJsonSchema):
    @override
    def timedelta_schema(self, schema: TimedeltaSchema) -> Schema:
        return {"type": "string", "pattern": ISO_DURATION}


def _schema(adapter: TypeAdapter[Any]) -> Schema:
    return adapter.json_schema(
        mode="serialization", ref_template=TEMPLATE, schema_generator=_Schemas
    )


def _title(topic: str) -> str:
    return "".join(part.title() for part in topic.replace(".", "_").split("_"))


def _envelope(topic: str) -> Schema:
    text = {"type": "string"}
    return {
        "specversion": {"const": "1.0"},
        "id": text | {"description": "The position in the log, as text"},
        "type": {"const": topic},
        "source": text | {"format": "uri-reference"},
        "subject": text | {"description": "The id of the ticket"},
        "time": text | {"format": "date-time", "description": "When it took effect"},
        "datacontenttype": {"const": "application/json"},
        "position": {"type": "integer"},
        "streamversion": {"type": "integer", "description": "The ticket's version"},
    }
