"""The configuration, kind by kind: a PUT creates an immutable version."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import ValidationError

from activities.configuration import ConfigurationService
from api.configuration.authority_schemas import AuthorityIn
from api.configuration.calendar_schemas import CalendarIn
from api.configuration.macro_schemas import MacroIn
from api.configuration.schedule_schemas import ScheduleIn
from api.configuration.schemas import (
    AgentIn,
    ConfigOut,
    EscalationPolicyIn,
    RetiredOut,
    SlaPolicyIn,
    TeamIn,
)
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Strict, Word
from api.http.paging import PageDep
from api.http.responses import answer, etag, made_at, written
from api.ports import Services
from domain.configuration.configuration import Entry, Published
from domain.configuration.retiring import in_force
from domain.documents.kinds import SINGULAR, Kind
from domain.errors import NotFoundError
from domain.event import Json

READ = reads("config:read", 404, 422)
WRITE = guarded("config:write", 400, 404, 409, 412, 413, 415, 422, 428)
RESTORE = guarded("config:write", 404, 409, 412, 422)
Name = Annotated[Word, Path()]
Force = Annotated[
    bool,
    Query(
        description=(
            "Retire it even if other documents refer to it; the answer lists them"
        )
    ),
]
Retired = Annotated[
    bool,
    Query(description="Only retired documents, with their last version"),
]
RETIRED = {
    "model": RetiredOut,
    "description": "Retired, although it is in use or leaves hours uncovered",
}
SCHEMAS: dict[Kind, type[Strict]] = {
    "calendars": CalendarIn,
    "sla-policies": SlaPolicyIn,
    "escalation-policies": EscalationPolicyIn,
    "schedules": ScheduleIn,
    "authorities": AuthorityIn,
    "teams": TeamIn,
    "agents": AgentIn,
    "macros": MacroIn,
}


def router(kind: Kind) -> APIRouter:
    """The same routes for each kind; only the document differs."""
    made = APIRouter(prefix=f"/v1/{kind}", tags=["configuration"])
    word = kind.replace("-", "_")
    _add_reads(made, kind, word)
    _add_writes(made, kind, word)
    _add_versions(made, kind, word)
    return made


def _add_reads(made: APIRouter, kind: Kind, word: str) -> None:
    @made.get(
        "", response_model=page_of(ConfigOut), operation_id=f"list_{word}", **READ
    )
    async def list_all(
        known: ServicesDep, asked: PageDep, *, retired: Retired = False
    ) -> Response:
        """Sorted by name."""
        config = await known.registry.config()
        found = config.retired(kind) if retired else config.current(kind)

        def shown(published: Published) -> Json:
            return published_json(published, config.entry(kind, published.name))

        return answer(asked.of(found, lambda p: p.name, shown))

    @made.get("/{name}", response_model=ConfigOut, operation_id=f"get_{word}", **READ)
    async def get_one(name: Name, known: ServicesDep) -> Response:
        config = await known.registry.config()
        in_force(config, kind, name)
        return _one(kind, name, config.entry(kind, name))


def _add_writes(made: APIRouter, kind: Kind, word: str) -> None:
    schema: Any = SCHEMAS[kind]

    @made.put("/{name}", response_model=ConfigOut, operation_id=f"put_{word}", **WRITE)
    async def put_one(
        name: Name,
        body: schema,
        known: ServicesDep,
        caller: CallerDep,
    ) -> Response:
        """Publish the next version. To replace a version, `If-Match` is required."""
        document = canonical(body)
        desk = _desk(known)
        done = await desk.publish(kind, name, document, caller)
        status = 201 if done.created else 200
        where = made_at(kind, name) if done.created else {}
        return _one(kind, name, done.entry, status, where | written(done.appended))

    @made.post(
        "/{name}/restore",
        response_model=ConfigOut,
        operation_id=f"restore_{word}",
        **RESTORE,
    )
    async def restore_one(
        name: Name, known: ServicesDep, caller: CallerDep
    ) -> Response:
        """Publish the last version of a retired document as the next one. Everything
        that it refers to must exist, as for a PUT.
        """
        done = await _desk(known).restore(kind, name, caller)
        return _one(kind, name, done.entry, headers=written(done.appended))

    @made.delete(
        "/{name}",
        status_code=204,
        operation_id=f"retire_{word}",
        **WRITE | {"responses": WRITE["responses"] | {200: RETIRED}},
    )
    async def retire_one(
        name: Name, known: ServicesDep, caller: CallerDep, *, force: Force = False
    ) -> Response:
        """Retire it: nothing new uses it, and what uses it already keeps it. 409 lists
        what refers to it, and for an agent the hours in which nobody would be on call.
        With `force` it is retired anyway, and the answer lists the same; except
        calendars and escalation policies, because running promises depend on them.
        """
        desk = _desk(known)
        done = await desk.retire(kind, name, caller, force=force)
        if not done.warnings:
            return Response(status_code=204, headers=written(done.appended))
        return answer(RetiredOut.of(done), headers=written(done.appended))


def _add_versions(made: APIRouter, kind: Kind, word: str) -> None:
    @made.get(
        "/{name}/versions",
        response_model=page_of(ConfigOut),
        operation_id=f"list_versions_of_{word}",
        **READ,
    )
    async def list_versions(name: Name, known: ServicesDep, asked: PageDep) -> Response:
        """Oldest first."""
        entry = (await known.registry.config()).entry(kind, name)
        if not entry.versions:
            raise NotFoundError(SINGULAR[kind], name)
        shown = partial(published_json, entry=entry)
        return answer(asked.of(entry.versions, lambda p: p.version, shown))

    @made.get(
        "/{name}/versions/{number}",
        response_model=ConfigOut,
        operation_id=f"get_version_of_{word}",
        **READ,
    )
    async def get_version(
        name: Name, number: Annotated[int, Path(ge=1)], known: ServicesDep
    ) -> Response:
        entry = (await known.registry.config()).entry(kind, name)
        if number > len(entry.versions):
            raise NotFoundError(SINGULAR[kind], f"{name}@{number}")
        found = entry.versions[number - 1]
        shown = published_json(found, entry)
        return answer(shown, headers=etag(number))


def _desk(known: Services) -> ConfigurationService:
    return ConfigurationService(
        known.store,
        known.registry,
        known.now,
        known.sources,
        known.publishing,
        known.tickets.unpromised,
    )


def _one(
    kind: Kind,
    name: str,
    entry: Entry,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    if entry.current is None:
        raise NotFoundError(SINGULAR[kind], name)
    headers = etag(entry.stream_version) | dict(headers or {})
    return answer(published_json(entry.current, entry), status=status, headers=headers)


def published_json(published: Published, entry: Entry) -> Json:
    """`entry`: of which it is a version."""
    return ConfigOut.of(
        published,
        retired=entry.retired,
        retired_at=entry.retired_at,
        retired_by=entry.retired_by,
    )


def canonical(body: Strict) -> Json:
    """The document with its defaults, and without fields that were left out."""
    return body.model_dump(mode="json", exclude_none=True, by_alias=True)


def normal(kind: Kind, document: Json) -> Json:
    """As a PUT of it would be kept; as it is, where it could not be PUT any more."""
    try:
        return canonical(SCHEMAS[kind].model_validate(document))
    except ValidationError:
        return document


ROUTERS = [router(kind) for kind in SCHEMAS]
