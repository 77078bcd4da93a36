"""Examples made from JSON Schemas, with values that a reader of the API recognises."""

from collections.abc import Mapping
from typing import Any, Final

from domain.duration import ISO_DURATION

Schema = Mapping[str, Any]

_TICKET = "01a20267-fd2c-746e-93fc-75a7ca5152d6"
_SHA256 = "c7cda650f3a4bd1d2c9c1f5f0a64d8a3f1b8cf1e3f2f9ad0c5d84c2f1a7b9e60"
_EXAMPLES: Final[dict[str, object]] = {
    "absorbed": _TICKET,
    "acknowledged_by": "ann",
    "actor.id": "helpdesk",
    "agent": "ann",
    "amount": "800.00",
    "approver": "lin",
    "assignee": "ann",
    "author.id": "acme",
    "body": "Since this morning, error E4.",
    "by": "ann",
    "causation_id": f"{_TICKET}/4",
    "channel": "email",
    "clock": "first_response/1",
    "correlation_id": "01a20267-fd2c-7e55-8a10-0b8f3a6a1f77",
    "created_by": "lin",
    "currency": "CNY",
    "customer.name": "王芳",
    "email": "ann@shop.example",
    "event.id": "147",
    "event.subject": _TICKET,
    "external_id": "acme",
    "from_agent": "ann",
    "id": _TICKET,
    "into": _TICKET,
    "locale": "zh",
    "made_by": "lin",
    "metric": "first_response",
    "name": "printers",
    "number": 921,
    "on_behalf_of": "ann",
    "person": "bo",
    "person.name": "Ann Li",
    "position": 147,
    "priority": "high",
    "product_area": "printers",
    "published_by": "lin",
    "reason": "no answer within 30 minutes",
    "requested_by": "ann",
    "role": "agent",
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
    "time_zone": "Asia/Shanghai",
    "to_agent": "bo",
    "type": "after_sales",
    "tz": "Asia/Shanghai",
    "url": "https://product.example/hooks/pledge",
    "watcher": "bo",
}
"""By the name of a field, or of the object around it and the field."""


def example_of(schema: Schema, definitions: Schema, name: str) -> object:
    """A value of this schema. `definitions`: what its references name; `name`: of the
    field that holds it.
    """
    for given in (schema.get("example"), *schema.get("examples", ())):
        # Out of a whole object FastAPI has taken what is null.
        if given is not None and "properties" not in schema:
            return given
    if "$ref" in schema:
        found = definitions[schema["$ref"].rpartition("/")[2]]
        return example_of(found, definitions, name)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], definitions, name)
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
                field: example_of(inner, definitions, f"{last}.{field}")
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
        return [example_of(one, definitions, name) for one in schema["prefixItems"]]
    inner = schema.get("items", {})
    return [example_of(inner, definitions, name.removesuffix("s"))] if inner else []


def _text(schema: Schema, name: str) -> str:
    if schema.get("pattern") == ISO_DURATION:
        return "PT15M"
    match schema.get("format"):
        case "date-time":
            return "2026-11-22T08:38:34.181163Z"
        case "date":
            return "2026-11-22"
        case _:
            return name.replace("_", " ")


def _named(name: str, otherwise: object) -> object:
    """The value for this field if it has the type of the one otherwise."""
    for known in (name, name.rpartition(".")[2]):
        if isinstance(found := _EXAMPLES.get(known), type(otherwise)):
            return found
    return otherwise
