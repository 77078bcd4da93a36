"""What the OpenAPI document says beyond what FastAPI finds in the routes: summaries,
descriptions out of the glossary, headers, every status, examples of answers.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from api.examples import example_of
from api.http.problems import responses
from api.openapi.glossary import FIELDS, PARAMETERS, SPECIFIC
from domain.documents.kinds import SINGULAR

Json = dict[str, Any]
JSON: Final = "application/json"
WRITES: Final = ("post", "put", "patch", "delete")
VERBS: Final = {
    "get": "Get {one}",
    "list": "List {all}",
    "put": "Publish {one}",
    "retire": "Retire {one}",
    "restore": "Restore {one}",
    "list_versions_of": "List the versions of {one}",
    "get_version_of": "Get a version of {one}",
    "restate": "Apply {one} to running clocks",
    "preview_restating": "Preview applying {one} to running clocks",
}
"""Of operations that each kind of configuration has, by the start of their id."""


def polish(made: Json) -> None:
    models = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        models.pop(unused, None)
    for name, model in models.items():
        _describe(name, model)
    for method, operation in _operations(made):
        operation["summary"] = _summary(operation["operationId"])
        operation.setdefault("description", f"{operation['summary']}.")
        for parameter in operation.get("parameters", ()):
            _describe_parameter(parameter)
        _add_statuses(method, operation)
        for status, response in operation["responses"].items():
            _name_headers(method, operation, int(status), response)
            _show(response, models)


def _operations(made: Json) -> Iterator[tuple[str, Json]]:
    for path in made["paths"].values():
        yield from path.items()


def _describe(name: str, model: Json) -> None:
    """Also events, whose fields have the same names."""
    for field, schema in model.get("properties", {}).items():
        meaning = SPECIFIC.get(f"{name}.{field}") or FIELDS.get(field)
        if meaning is not None:
            schema.setdefault("description", meaning)
        if "properties" in schema:
            _describe(f"{name}.{field}", schema)


def _describe_parameter(parameter: Json) -> None:
    meaning = PARAMETERS.get(parameter["name"])
    if meaning is not None:
        parameter.setdefault("description", meaning)


def _summary(operation_id: str) -> str:
    for kind, one in SINGULAR.items():
        verb = operation_id.removesuffix(f"_{kind.replace('-', '_')}")
        if verb in VERBS and verb != operation_id:
            article = "an" if one[0] in "aeioS" else "a"
            words = {
                "one": f"{article} {one}",
                "all": kind.replace("-", " ").replace("sla", "SLA"),
            }
            return VERBS[verb].format(**words)
    return operation_id.replace("_", " ").capitalize()


def _add_statuses(method: str, operation: Json) -> None:
    found = operation["responses"]
    added: list[int] = []
    if operation["x-permission"] != "public":
        added.append(429)
    if "409" in found:
        added.append(412)  # every command takes `If-Match`
    if "requestBody" in operation:
        added += [400, 408, 413, 415, 422]
    if method == "put" and "200" in found:
        found["201"] = {**found["200"], "description": "It was created"}
    if method == "get" and JSON in found.get("200", {}).get("content", {}):
        found["304"] = {
            "description": ("Nothing has changed since the ETag in `If-None-Match`")
        }
    if "422" in found and JSON in found["422"]["content"]:
        del found["422"]  # FastAPI's own, which nobody answers with
        added.append(422)
    for status, response in responses(*added).items():
        found.setdefault(str(status), response)
    operation["responses"] = dict(sorted(found.items()))


def _name_headers(method: str, operation: Json, status: int, response: Json) -> None:
    names = ["X-Request-Id"]
    if operation["x-permission"] != "public":
        names += ["RateLimit", "RateLimit-Policy"]
    names += _OF_STATUS.get(status, ())
    if status < HTTPStatus.MULTIPLE_CHOICES:
        # Who may answer 409 takes commands, and writes to the log.
        if method in WRITES and "409" in operation["responses"]:
            names += ["Pledge-Position", "Pledge-Receipt", "Idempotency-Replayed"]
        if JSON in response.get("content", {}):
            names.append("ETag")
    given = response.get("headers", {})
    response["headers"] = {name: _HEADERS[name] for name in names} | given


_OF_STATUS: Final[dict[int, tuple[str, ...]]] = {
    201: ("Location",),
    202: ("Location",),
    304: ("ETag",),
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
_HEADERS: Final[dict[str, Json]] = {
    name: {"description": description, "schema": {"type": kind}, "example": example}
    for name, kind, description, example in (
        ("ETag", "string", "The version, for `If-Match` and `If-None-Match`", '"7"'),
        (
            "Idempotency-Replayed",
            "string",
            "`true`: this command was applied before; the answer is the same",
            "true",
        ),
        ("Location", "string", "The address of the result", "/v1/tickets/921"),
        (
            "Pledge-Position",
            "integer",
            "The position of the write in the log, for `wait_for` of reads",
            147,
        ),
        (
            "Pledge-Receipt",
            "string",
            "The position of the write, and the SHA-256 of the event as it is stored",
            f"147:{'5e' * 32}",
        ),
        ("RateLimit", "string", "What is left of the quota", '"key";r=9990;t=7'),
        ("RateLimit-Policy", "string", "The quota", '"key";q=10000;w=10'),
        ("Retry-After", "integer", "The number of seconds after which to try again", 1),
        ("WWW-Authenticate", "string", "How to authenticate", "Bearer"),
        (
            "X-Request-Id",
            "string",
            "Your id, or a generated one; `correlation_id` in the log",
            "01a20267-fd2c-7e55-8a10-0b8f3a6a1f77",
        ),
    )
}


def _show(response: Json, models: Json) -> None:
    for media_type, content in response.get("content", {}).items():
        shown = "example" in content or "examples" in content
        if media_type == JSON and content.get("schema") and not shown:
            content["example"] = example_of(content["schema"], models, "answer")
