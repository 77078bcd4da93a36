"""An agent's shifts as a calendar, by a secret URL without a key, because calendar
programs (Outlook, Google, Apple) send none.
"""

import asyncio
import hashlib
import hmac
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, Field

from activities.oncall import OnCallService
from api.configuration.routes import Name
from api.http.auth import CallerDep, ServicesDep, guarded, public
from api.http.problems import responses
from api.http.responses import answer, written
from api.oncall.ical import MEDIA_TYPE, calendar_of_person
from api.oncall.schedules import subscribed_shifts
from api.ports import Services
from domain.errors import NotFoundError
from domain.notification.templates import language
from domain.oncall.calendar_url import calendar_url_stream, calendar_url_version

ROUTER = APIRouter(prefix="/v1/agents", tags=["on call"])
WRITE = guarded("config:write", 400, 404, 409, 422)
FRESH_S = 300


class CalendarUrlOut(BaseModel):
    """Anyone who has the URL sees the shifts: protect it like a password."""

    url: str = Field(description="The URL to subscribe to; a new one invalidates it")


@ROUTER.post(
    "/{name}/calendar-url", status_code=201, response_model=CalendarUrlOut, **WRITE
)
async def make_calendar_url(
    name: Name, known: ServicesDep, caller: CallerDep
) -> Response:
    """Create a secret URL of the agent's shifts over all schedules. It invalidates the
    previous one.
    """
    done = await _desk(known).make_calendar_url(name, caller)
    secret = known.calendar_secret(name, done.appended.version)
    url = f"{known.public_url}/v1/agents/{quote(name, safe='')}/calendar/{secret}.ics"
    headers = written(done.appended) | {"Cache-Control": "no-store"}
    return answer({"url": url}, status=201, headers=headers)


@ROUTER.delete("/{name}/calendar-url", status_code=204, **WRITE)
async def revoke_calendar_url(
    name: Name, known: ServicesDep, caller: CallerDep
) -> Response:
    """Revoke the URL."""
    done = await _desk(known).revoke_calendar_url(name, caller)
    return Response(status_code=204, headers=written(done.appended))


@ROUTER.get(
    "/{name}/calendar/{secret}.ics",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
        304: {"description": "As the caller has it"},
        **responses(404, 503),
    },
    **public(),
)
async def get_calendar_by_url(
    name: Name,
    secret: Annotated[str, Path(max_length=100)],
    known: ServicesDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The agent's shifts over all schedules, from last month to half a year ahead."""
    await _check(known, name, secret)
    now = known.now()
    found = await asyncio.to_thread(
        subscribed_shifts, await known.registry.oncall(), name, now
    )
    document = (await known.registry.config()).entry("agents", name).current
    locale = document.document.get("locale") if document else None
    day = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo)
    text = calendar_of_person(language(str(locale)), found, day)
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"private, max-age={FRESH_S}",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=MEDIA_TYPE, headers=headers)


async def _check(known: Services, name: str, secret: str) -> None:
    """One answer for a wrong secret, a revoked one and an agent who is not there.
    Raises NotFoundError.
    """
    current = (await known.registry.config()).entry("agents", name).current
    events = await known.store.load(calendar_url_stream(name))
    version = calendar_url_version(events)
    expected = known.calendar_secret(name, version or 0)
    same = hmac.compare_digest(expected.encode(), secret.encode("utf-8", "replace"))
    if current is None or version is None or not same:
        raise NotFoundError("calendar", "at this address")


def _desk(known: Services) -> OnCallService:
    return OnCallService(known.store, known.registry, known.now)
