"""Exports of the log for auditors: a job, and its bundle."""

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from activities.exports import Progress
from api.audit.export_schemas import ExportIn, ExportOut
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier
from api.http.responses import answer, made_at, written
from domain.access import ApiKey
from domain.audit.facts import ExportRequested
from domain.errors import InvalidError, NotFoundError
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/audit/exports", tags=["audit"])
ORDER = guarded("audit:export", 400, 409, 413, 415, 422)
READ = reads("audit:export", 404, 422)
ZIP: dict[int | str, dict[str, object]] = {200: {"content": {"application/zip": {}}}}


@ROUTER.post("", status_code=202, response_model=ExportOut, **ORDER)
async def start_export(
    body: ExportIn, request: Request, known: ServicesDep, caller: CallerDep
) -> Response:
    """Start a job that exports tickets, or a period, as a bundle that can be verified
    offline; poll for its state. What is exported, by whom, and why is recorded.
    """
    wanted = body.wanted()
    reveals = _reveals(wanted, request.state.key)
    exporting = known.exporting
    started, appended = await exporting.request(wanted, caller, reveals=reveals)
    headers = made_at("audit", "exports", started.export.id) | written(appended)
    return answer(_shown(started), status=202, headers=headers)


@ROUTER.get("/{export_id}", response_model=ExportOut, **READ)
async def get_export(export_id: Identifier, known: ServicesDep) -> Response:
    """The state of the job, and what it made."""
    return answer(_shown(await known.exporting.find(export_id)))


@ROUTER.get(
    "/{export_id}/bundle",
    response_class=FileResponse,
    **READ | {"responses": READ["responses"] | ZIP},
)
async def get_export_bundle(
    export_id: Identifier, request: Request, known: ServicesDep
) -> Response:
    """The bundle, a zip. One with readable personal fields is only for whoever
    requested it, and for roles that may read them.
    """
    found = await known.exporting.find(export_id)
    key: ApiKey = request.state.key
    is_own = key.id == found.export.key_id
    if found.export.wanted.personal == "clear" and not (
        is_own or key.may("personal:read")
    ):
        raise HTTPException(403, "it has personal fields, and somebody else's reason")
    if found.bundle is None:
        raise NotFoundError("bundle", export_id, _why_not(found))
    headers = {"Cache-Control": "no-store"}
    return FileResponse(
        found.bundle,
        media_type="application/zip",
        filename=f"pledge-{export_id}.zip",
        headers=headers,
    )


def _reveals(wanted: ExportRequested, key: ApiKey) -> bool:
    """Whether it shows this key what it may not see without a reason on record."""
    if wanted.personal == "masked" or key.may("personal:read"):
        return False
    if not key.may("personal:reveal"):
        raise HTTPException(403, f"the role {key.role} lacks personal:reveal")
    if wanted.reason is None:
        message = "say why personal fields are revealed: it is recorded"
        raise InvalidError.at("/reason", message)
    return True


def _why_not(found: Progress) -> str:
    if found.state == "done":
        longest = f"it is kept until {found.expires_at} at the longest"
        return f"the bundle was deleted ({longest}): request another export"
    return f"there is no bundle: the export is {found.state}"


def _shown(found: Progress) -> Json:
    export, made = found.export, found.export.made
    wanted = export.wanted
    return ExportOut.of(
        export,
        state=found.state,
        progress=round(found.share, 4),
        tickets=list(wanted.tickets) or None,
        from_=wanted.since,
        to=wanted.until,
        personal=wanted.personal,
        reason=wanted.reason,
        events=made and made.events,
        size=made and made.size,
        bytes=made and made.bytes,
        sha256=made and made.sha256,
        expires_at=found.expires_at,
    )
