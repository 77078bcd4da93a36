"""JSON Schemas of events, made from the facts themselves, each with an example.

A schema is of the event as the feed and webhooks bring it: the CloudEvents 1.0 envelope
around `data`, which is the fact and what is said of every event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, TypeAdapter

from api.event_descriptions import EVENT_DESCRIPTIONS
from domain.event import Actor, Fact, PolicyRef
from domain.subscription import FAMILIES

Schema = dict[str, Any]
FIRST_RELEASE: Final = "0.1.0"
TEMPLATE: Final = "#/$defs/{model}"


class Said(BaseModel):
    """What `data` says of every event."""

    actor: Actor
    correlation_id: str
    causation_id: str
    policy: PolicyRef | None
    recorded_at: AwareDatetime


@dataclass(frozen=True)
class EventType:
    """`schema` and `example` are of the whole CloudEvent."""

    type: str
    description: str
    schema: Schema
    example: dict[str, object]
    since: str = FIRST_RELEASE


def event_types(facts: Mapping[str, type[Fact]]) -> tuple[EventType, ...]:
    """Of every type that may be subscribed to, by name."""
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
    example = _example(schema, definitions, "event")
    assert isinstance(example, dict)
    return EventType(topic, EVENT_DESCRIPTIONS[topic], schema, example)


def _schema(adapter: TypeAdapter[Any]) -> Schema:
    return adapter.json_schema(mode="serialization", ref_template=TEMPLATE)


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


_TICKET = "01a20267-fd2c-746e-93fc-75a7ca5152d6"
_SHA256 = "c7cda650f3a4bd1d2c9c1f5f0a64d8a3f1b8cf1e3f2f9ad0c5d84c2f1a7b9e60"
_EXAMPLES: Final[dict[str, object]] = {
    "absorbed": _TICKET,
    "actor.id": "helpdesk",
    "agent": "ann",
    "amount": "800.00",
    "approver": "lin",
    "assignee": "ann",
    "author.id": "acme",
    "body": "Since this morning, error E4.",
    "by": "ann",
    "causation_id": f"{_TICKET}/4",
    "clock": "first_response/1",
    "correlation_id": "01a20267-fd2c-7e55-8a10-0b8f3a6a1f77",
    "currency": "CNY",
    "customer.name": "王芳",
    "event.id": "147",
    "event.subject": _TICKET,
    "external_id": "acme",
    "from_agent": "ann",
    "id": _TICKET,
    "into": _TICKET,
    "metric": "first_response",
    "name": "printers",
    "number": 921,
    "on_behalf_of": "ann",
    "person": "bo",
    "position": 147,
    "product_area": "printers",
    "reason": "no answer within 30 minutes",
    "requested_by": "ann",
    "sha256": _SHA256,
    "source": f"/v1/tickets/{_TICKET}",
    "streamversion": 8,
    "subject": "Nothing prints 打印机不工作",
    "tag": "printer",
    "team": "second-line",
    "text": "E4 says nothing to a customer. 错误代码 E4 看不懂。",
    "threshold": "50%",
    "ticket_id": _TICKET,
    "tier": "key_account",
    "to_agent": "bo",
}
"""By the name of a field, or of the object around it and the field."""


def _example(schema: Schema, definitions: Schema, name: str) -> object:
    if "$ref" in schema:
        found = definitions[schema["$ref"].rpartition("/")[2]]
        return _example(found, definitions, name)
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], definitions, name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    return _by_type(schema, definitions, name)


def _by_type(schema: Schema, definitions: Schema, name: str) -> object:
    last = name.rpartition(".")[2]
    match schema.get("type"):
        case "object":
            return {
                field: _example(inner, definitions, f"{last}.{field}")
                for field, inner in schema.get("properties", {}).items()
            }
        case "array":
            return _items(schema, definitions, name)
        case "integer" | "number":
            return _named(name, 1)
        case "boolean":
            return False
        case "string":
            return _named(name, _text(schema, last))
        case _:
            return None


def _items(schema: Schema, definitions: Schema, name: str) -> list[object]:
    if "prefixItems" in schema:
        return [_example(one, definitions, name) for one in schema["prefixItems"]]
    inner = schema.get("items", {})
    return [_example(inner, definitions, name.removesuffix("s"))] if inner else []


def _text(schema: Schema, name: str) -> str:
    match schema.get("format"):
        case "date-time":
            return "2026-11-22T08:38:34.181163Z"
        case "date":
            return "2026-11-22"
        case "duration":
            return "PT15M"
        case _:
            return name.replace("_", " ")


def _named(name: str, otherwise: object) -> object:
    """The value for this field if it has the type of the one otherwise."""
    for known in (name, name.rpartition(".")[2]):
        if isinstance(found := _EXAMPLES.get(known), type(otherwise)):
            return found
    return otherwise
