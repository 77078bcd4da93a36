"""The OpenAPI document: what FastAPI knows of the routes, the problems that they answer
with, and the webhooks that Pledge calls.
"""

import json
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.event_types.schemas import EventType
from api.http import problems
from api.openapi.completion import polish

MODELS = "#/components/schemas/"
DESCRIPTION = """\
JSON under `/v1`, snake_case. Times are RFC 3339 with an offset, durations ISO 8601,
for example `PT30M`. Send your API key, or a token of your identity provider, as
`Authorization: Bearer <key>`; `x-permission` says which permission each operation needs
(`any`: none in particular). Errors are RFC 9457 problems with a stable
`code`.
"""
TAGS = [
    {"name": name, "description": description}
    for name, description in (
        ("tickets", "Open, read, find and change tickets"),
        ("assignment", "Offers and the queues of teams"),
        ("authority", "Approval limits and delegations"),
        ("configuration", "Policies, calendars, schedules, teams, agents, macros"),
        ("on call", "Who is on call, overrides, swaps and leaves"),
        ("notifications", "Who was notified of what, and the results"),
        ("simulations", "What a draft would have done to past tickets"),
        ("reports", "How many targets were met"),
        ("events", "The log as a feed of CloudEvents"),
        ("subscriptions", "Webhooks that send events"),
        ("keys", "API keys"),
        ("signing in", "Sessions of browsers, and who you are"),
        ("operation", "Health and metrics"),
        ("webhooks", "What Pledge sends to subscribers"),
    )
]


def document(app: FastAPI, types: Iterable[EventType]) -> dict[str, Any]:
    """Made once, when it is first asked for. `types`: of the webhooks."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=DESCRIPTION,
            routes=app.routes,
            tags=TAGS,
            servers=[{"url": "/", "description": "This installation"}],
        )
        models = made.setdefault("components", {}).setdefault("schemas", {})
        _add_problem(models)
        made["webhooks"] = _webhooks(types, models)
        polish(made)
        app.openapi_schema = made
    return app.openapi_schema


def _add_problem(models: dict[str, Any]) -> None:
    problem = problems.Problem.model_json_schema(ref_template=MODELS + "{model}")
    models.update(problem.pop("$defs", {}))
    models["Problem"] = problem


def _webhooks(types: Iterable[EventType], models: dict[str, Any]) -> dict[str, Any]:
    """One for each event type; its schema goes to the others, as `<Type>Event`."""
    found = {}
    for each in types:
        name = f"{each.schema['title']}Event"
        models.update(_named_apart(each, name))
        found[each.type] = {"post": _delivery(each, MODELS + name)}
    return found


def _named_apart(each: EventType, name: str) -> dict[str, Any]:
    """A part of an event never has the name of a part of a request."""
    text = json.dumps(each.schema).replace("#/$defs/", MODELS + "Event")
    schema = json.loads(text)
    parts = {f"Event{part}": found for part, found in schema.pop("$defs").items()}
    return parts | {name: schema}


def _delivery(each: EventType, reference: str) -> dict[str, Any]:
    body = {"schema": {"$ref": reference}, "example": each.example}
    return {
        "operationId": f"on_{each.type.replace('.', '_')}",
        "tags": ["webhooks"],
        "summary": each.description,
        "description": (
            "Sent to each subscription that names this type, signed according to "
            "Standard Webhooks."
        ),
        "parameters": [_HEADERS[name] for name in sorted(_HEADERS)],
        "requestBody": {
            "required": True,
            "content": {"application/cloudevents+json": body},
        },
        "responses": {
            "2XX": {"description": "Received"},
            "default": {"description": "Not received: it is retried later"},
        },
    }


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


_HEADERS = {
    name: _header(name, description)
    for name, description in (
        (
            "webhook-id",
            "The same for every attempt of an event: recognise repeats by it",
        ),
        ("webhook-timestamp", "Seconds since 1970: when this attempt was signed"),
        ("webhook-signature", "`v1,` and the HMAC-SHA256 of id, timestamp and body"),
    )
}
