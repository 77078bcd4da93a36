"""Signing in with a browser: at the identity provider, or with an API key.

A session is a cookie that pages cannot read. It opens what its holder may do, and
changes something only for pages of Pledge itself (`api/http/credentials.py`).
"""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from activities.identity import CodeFlow, ProviderAwayError, TokenRefusedError
from activities.signing_in import SigningIn
from api.http.answers import Answer, Made
from api.http.auth import ServicesDep, guarded, public, reads
from api.http.credentials import bearer, refused, session_cookie, session_token
from api.http.problems import responses
from api.http.request_id import current_request_id
from api.http.responses import answer
from api.identity.sign_in_page import HEADERS, page
from api.ports import Services
from domain.access import Holder, Permission, Role
from domain.errors import InvalidError
from domain.event import ActorKind, Json
from domain.identity import NoRoleError

ROUTER = APIRouter(prefix="/v1/auth", tags=["signing in"])
CALLBACK = "/v1/auth/callback"
TICKET_COOKIE = "pledge_sign_in"
TICKET_LASTS_S = 600
Answers = dict[int | str, dict[str, Any]]
AWAY_TO: Answers = {302: {"description": "To the identity provider"}}
BACK: Answers = {303: {"description": "Signed in"}}
_PLACE = re.compile(r"/(?![/\\])[\x21-\x7e]*")
"""On this site: `//other.example` and `/\\other.example` are not."""
Then = Annotated[
    str,
    Query(
        alias="next",
        max_length=1000,
        description="Where to go afterwards: a path of Pledge, like `/tickets`",
    ),
]
Languages = Annotated[str, Header(alias="Accept-Language", max_length=300)]
Lang = Annotated[str, Query(max_length=20, description="`zh` or `en`")]


class HolderOut(Answer):
    """Who you are for Pledge. `name`: what the log calls you; an opaque one for people
    of the identity provider.
    """

    key_id: Made[str] = Field(description="What the log names as the key")
    name: Made[str]
    kind: Made[ActorKind]
    role: Made[Role]
    agent: Made[str | None]
    acts_for: Made[list[str]]
    permissions: Made[list[Permission]]
    expires_at: Made[datetime | None]


@ROUTER.get(
    "/sign-in", response_class=HTMLResponse, responses=responses(422), **public()
)
async def show_sign_in(
    known: ServicesDep, languages: Languages = "en", lang: Lang = "", then: Then = "/"
) -> Response:
    """A page to sign in with: at the identity provider, or with an API key."""
    by_provider = known.code_flow is not None
    text = page(lang or languages, _place(then), by_provider=by_provider)
    return HTMLResponse(text, headers=HEADERS)


@ROUTER.get(
    "/login",
    status_code=302,
    response_class=RedirectResponse,
    responses=responses(404, 422, 503) | AWAY_TO,
    **public(),
)
async def begin_sign_in(known: ServicesDep, then: Then = "/") -> Response:
    """Send a person's browser to the identity provider (authorization code, PKCE)."""
    try:
        departure = await _code_flow(known).depart(_place(then))
    except ProviderAwayError as error:
        return refused(error)
    sent = RedirectResponse(departure.url, status_code=302)
    sent.set_cookie(
        TICKET_COOKIE,
        departure.ticket,
        max_age=TICKET_LASTS_S,
        path=CALLBACK,
        secure=_secure(known),
        httponly=True,
        samesite="lax",
    )
    return sent


@ROUTER.get(
    "/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses=responses(401, 403, 404, 503) | BACK,
    **public(),
)
async def end_sign_in(request: Request, known: ServicesDep) -> Response:
    """Where the identity provider sends the browser back to."""
    ticket = request.cookies.get(TICKET_COOKIE, "")
    try:
        told = dict(request.query_params)
        person, then = await _code_flow(known).arrive(ticket, told)
    except (TokenRefusedError, NoRoleError, ProviderAwayError) as error:
        ended = refused(error)
    else:
        ended = RedirectResponse(then, status_code=303)
        # The token only says who has just signed in: it often ends within minutes.
        await _start_session(known, replace(person, expires_at=None), ended)
    ended.delete_cookie(TICKET_COOKIE, path=CALLBACK)
    return ended


@ROUTER.post("/session", status_code=201, response_model=HolderOut, **guarded("any"))
async def start_session(request: Request, known: ServicesDep) -> Response:
    """Sign in with an API key, sent as `Authorization: Bearer`: the answer sets the
    cookie of a session, which ends with the key. A session starts no other, or it
    would never end.
    """
    if bearer(request.scope) is None:
        raise HTTPException(401, "sign in with a key, sent as Authorization: Bearer")
    holder: Holder = request.state.key
    started = answer(_who(holder), status=201, headers={"Location": "/v1/auth/session"})
    await _start_session(known, holder, started)
    return started


@ROUTER.get("/session", response_model=HolderOut, **reads("any"))
async def get_session(request: Request) -> Response:
    """Who you are, and what you may do: with a key, a token or a session."""
    return answer(_who(request.state.key))


@ROUTER.post("/logout", status_code=204, **public())
async def end_session(request: Request, known: ServicesDep) -> Response:
    """End the session of this browser, if there is one."""
    ended = Response(status_code=204)
    if token := session_token(request.scope, known.public_url):
        await known.sessions.end(token)
        ended.delete_cookie(session_cookie(known.public_url), secure=_secure(known))
    return ended


async def _start_session(known: Services, holder: Holder, response: Response) -> None:
    signing_in = SigningIn(
        store=known.store,
        sessions=known.sessions,
        now=known.now,
        new_id=known.new_id,
    )
    session = await signing_in.start(holder, current_request_id() or "")
    response.set_cookie(
        session_cookie(known.public_url),
        session.token,
        max_age=max(int((session.expires_at - known.now()).total_seconds()), 1),
        path="/",
        secure=_secure(known),
        httponly=True,
        samesite="lax",
    )


def _place(then: str) -> str:
    if not _PLACE.fullmatch(then):
        raise InvalidError.at("?next", "must be a path of Pledge, like /tickets")
    return then


def _code_flow(known: Services) -> CodeFlow:
    if known.code_flow is None:
        detail = "no identity provider is set up for people (PLEDGE_OIDC_CLIENT_ID)"
        raise HTTPException(404, detail)
    return known.code_flow


def _secure(known: Services) -> bool:
    return known.public_url.startswith("https://")


def _who(holder: Holder) -> Json:
    return HolderOut.of(
        key_id=holder.id,
        name=holder.name,
        kind=holder.own.kind,
        role=holder.role,
        agent=holder.agent,
        acts_for=list(holder.acts_for),
        permissions=sorted(holder.permissions),
        expires_at=holder.expires_at,
    )
