"""Who sent a request, by its head: an API key, a token of the identity provider, or
the cookie of a session.

A browser sends the cookie by itself, also for a page of somebody else. So a session
changes something only where the browser says that a page of Pledge itself asks.
"""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi.security.utils import get_authorization_scheme_param
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from activities.identity import ProviderAwayError, TokenRefusedError
from api.http.auth import unauthenticated
from api.http.problems import problem
from api.ports import Services
from domain.access import Holder
from domain.identity import NoRoleError

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
DOTS_OF_A_TOKEN = 2
AWAY = "the identity provider cannot be reached, so no token can be verified now"


class UnbelievedError(Exception):
    """What was presented is refused, with this answer. `holder`: whose it is, if that
    is beyond doubt.
    """

    def __init__(self, response: Response, holder: Holder | None = None) -> None:
        self.response, self.holder = response, holder


async def holder_of(scope: Scope) -> Holder | None:
    """None: nothing was presented, or a key or session that there is not. Raises
    UnbelievedError.
    """
    known: Services = scope["app"].state.services
    presented = bearer(scope)
    if presented is None:
        return await _of_session(known, scope)
    if known.tokens is not None and presented.count(".") == DOTS_OF_A_TOKEN:
        try:
            return await known.tokens.person(presented)
        except (TokenRefusedError, NoRoleError, ProviderAwayError) as error:
            raise UnbelievedError(refused(error)) from error
    return await _of_key(known, presented)


async def _of_key(known: Services, presented: str) -> Holder | None:
    if not presented:
        return None
    sha256 = hashlib.sha256(presented.encode("utf-8", "replace")).hexdigest()
    keys = await known.registry.keys()
    found = keys.find(sha256)
    if found is None and (revoked := keys.revoked(sha256)):
        # Answered as any key that there is not; the log says whose it was.
        raise UnbelievedError(unauthenticated(), revoked)
    return found


async def _of_session(known: Services, scope: Scope) -> Holder | None:
    token = session_token(scope, known.public_url)
    holder = await known.sessions.holder(token) if token else None
    if holder is None or scope["method"] in SAFE or _from_our_page(scope, known):
        return holder
    detail = (
        "a session changes something only from a page of Pledge itself: the request"
        " must have its Origin, or Sec-Fetch-Site: same-origin"
    )
    raise UnbelievedError(problem(403, "cross_origin", detail), holder)


def refused(error: Exception) -> Response:
    """What is wrong with a token, or with a return from the identity provider."""
    if isinstance(error, ProviderAwayError):
        return problem(503, "unavailable", AWAY, headers={"Retry-After": "5"})
    if isinstance(error, NoRoleError):
        return problem(HTTPStatus.FORBIDDEN, "forbidden", str(error))
    return unauthenticated(str(error), error="invalid_token")


def bearer(scope: Scope) -> str | None:
    """The bearer token as it was sent; None without one."""
    given = _header(scope, b"authorization")
    if given is None:
        return None
    scheme, token = get_authorization_scheme_param(given)
    return token if scheme.lower() == "bearer" else None


def session_cookie(public_url: str) -> str:
    """Its name. `__Host-`: browsers take it over TLS only, and for this host alone."""
    secure = public_url.startswith("https://")
    return "__Host-pledge_session" if secure else "pledge_session"


def session_token(scope: Scope, public_url: str) -> str | None:
    given = _header(scope, b"cookie")
    if given is None:
        return None
    cookies: Mapping[str, str] = cookie_parser(given)
    return cookies.get(session_cookie(public_url))


def _from_our_page(scope: Scope, known: Services) -> bool:
    """What the browser says of the page that asks; no page can say it itself."""
    site = _header(scope, b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = _header(scope, b"origin")
    if origin is None:
        return False
    ours = {_origin(known.public_url), f"{scope['scheme']}://{_header(scope, b'host')}"}
    return origin in ours


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _header(scope: Scope, name: bytes) -> str | None:
    given = next((value for key, value in scope["headers"] if key == name), None)
    return None if given is None else given.decode("latin-1")
