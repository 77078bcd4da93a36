"""A whole bundle of configuration at once: plan and apply."""

import asyncio
import json
from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from activities.configuration_bundle import BundleService
from api.configuration.bundle_schemas import (
    BundleIn,
    BundleOut,
    ChangeOut,
    ConfigurationOut,
)
from api.configuration.routes import SCHEMAS, canonical, normal
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Several, Strict
from api.http.json_text import UnreadableTextError
from api.http.problems import RefusedError, problem
from api.http.responses import answer, etag, written
from api.http.warning import WarningOut
from api.http.yaml_output import write_yaml
from api.http.yaml_text import MEDIA_TYPE, is_yaml, read_yaml
from api.ports import Services
from domain.configuration.bundle import Change, Documents
from domain.configuration.configuration import Configuration
from domain.documents.kinds import ORDER, Kind
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/config", tags=["configuration"])
_JSON_RANGES = ("application/json", "application/*", "*/*")
_SCHEMA = {"schema": {"$ref": "#/components/schemas/BundleIn"}}
# YAML stands in the description: client generators stumble over its media type.
BODY = {
    "requestBody": {
        "required": True,
        "description": f"The same document may be sent as YAML with `{MEDIA_TYPE}`",
        "content": {"application/json": _SCHEMA},
    }
}
Prune = Annotated[
    bool,
    Query(
        description=(
            "Also retire documents that the bundle does not contain, limited to the "
            "kinds in the bundle: `teams: {}` retires every team. 409 lists what is "
            "still in use"
        )
    ),
]
PLAN = guarded("config:read", 400, 409, 413, 415, 422)
APPLY = guarded("config:write", 400, 409, 412, 413, 415, 422)
for route in (PLAN, APPLY):
    route["openapi_extra"] |= BODY


READ = reads("config:read", 422)
Kinds = Annotated[
    list[Kind],
    Several,
    Query(description="Only documents of these kinds; if left out, all kinds"),
]


@ROUTER.get("", response_model=ConfigurationOut, operation_id="export_config", **READ)
async def export(request: Request, known: ServicesDep, kind: Kinds = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Everything in force as one bundle, in the form that plan and apply take; as YAML
    with `Accept: application/yaml`. Kinds and names are always in the same order.
    """
    config = await known.registry.config()
    headers = etag(config.revision) | {"Vary": "Accept"}
    bundle = await asyncio.to_thread(bundle_of, config, kind)
    if not _wants_yaml(request.headers.get("Accept", "")):
        return answer(bundle, headers=headers)
    text = await asyncio.to_thread(write_yaml, bundle)
    return Response(text, media_type=MEDIA_TYPE, headers=headers)


def bundle_of(config: Configuration, kinds: Collection[Kind] = ()) -> Json:
    return {
        kind: {p.name: normal(kind, p.document) for p in config.current(kind)}
        for kind in SCHEMAS
        if not kinds or kind in kinds
    }


def _wants_yaml(accept: str) -> bool:
    """Where both are accepted, the one that is named first."""
    for media_range in accept.split(","):
        if is_yaml(media_range):
            return True
        if media_range.partition(";")[0].strip().lower() in _JSON_RANGES:
            return False
    return False


@ROUTER.post("/plan", response_model=BundleOut, operation_id="plan_config", **PLAN)
async def plan(
    request: Request, known: ServicesDep, *, prune: Prune = False
) -> Response:
    """What applying the bundle would change; nothing is changed. The `ETag` is the
    revision of the whole configuration. Apply with it as `If-Match` does exactly what
    was planned, or nothing.
    """
    bundle = await _bundle(request)
    prunes = _named_kinds(bundle) if prune else frozenset()
    found = await _desk(known).plan(documents_of(bundle), prunes)
    headers = etag(found.config.revision)
    return answer({"changes": [_change(c) for c in found.changes]}, headers=headers)


@ROUTER.post("/apply", response_model=BundleOut, operation_id="apply_config", **APPLY)
async def apply(
    request: Request, known: ServicesDep, caller: CallerDep, *, prune: Prune = False
) -> Response:
    """Publish every document that differs from what is in force, all or none. Documents
    may refer to each other. What the bundle does not contain stays as it is, unless
    `prune` is set.
    """
    bundle = await _bundle(request)
    prunes = _named_kinds(bundle) if prune else frozenset()
    done = await _desk(known).apply(documents_of(bundle), caller, prunes)
    changes = [_change(c) for c in done.changes]
    return answer({"changes": changes}, headers=written(done.appended))


def _desk(known: Services) -> BundleService:
    return BundleService(
        known.store,
        known.registry,
        known.now,
        known.sources,
        known.publishing,
        known.tickets.unpromised,
    )


def _named_kinds(bundle: Strict) -> frozenset[Kind]:
    """Also one that has no document: then there shall be none."""
    return frozenset(
        kind for kind in ORDER if kind.replace("-", "_") in bundle.model_fields_set
    )


async def _bundle(request: Request) -> Strict:
    """Read here, because YAML takes a while and is read for those only who may send it;
    that a JSON body is well-formed the guard has seen.
    """
    body = await request.body()
    if is_yaml(request.headers.get("Content-Type", "")):
        try:
            given = await asyncio.to_thread(read_yaml, body)
        except UnreadableTextError as error:
            detail = f"the body is not well-formed YAML: {error}"
            refusal = problem(400, "malformed_yaml", detail, error.errors)
            raise RefusedError(refusal) from error
    else:
        given = json.loads(body) if body else None
    return validated(given)


def validated(given: Any) -> Strict:
    """Raises RequestValidationError."""
    try:
        return BundleIn.model_validate(given)
    except ValidationError as error:
        found = [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        refused = RequestValidationError(found, body=given)
        refused.asked = BundleIn  # type: ignore[attr-defined] # the route declares none
        raise refused from error


def documents_of(bundle: Strict) -> Documents:
    return {
        (kind, name): canonical(document)
        for kind in ORDER
        for name, document in getattr(bundle, kind.replace("-", "_")).items()
    }


def _change(made: Change) -> Json:
    fact = made.fact
    warnings = WarningOut.each(fact.warnings)
    return ChangeOut.of(made, kind=fact.kind, name=fact.name, warnings=warnings)
