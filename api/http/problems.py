"""Every error as RFC 9457 problem+json with a stable `code`; mapped once, here."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from itertools import zip_longest
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute

from activities.notification.test_message import TestedTooOftenError
from activities.ports import BusyError, StoreFullError, StoreUnavailableError
from api.http.request_id import HEADER, current_request_id
from api.http.validation import field_errors
from api.ports import BehindError
from domain.errors import (
    ActingError,
    CommandReusedError,
    CommandRunningError,
    DomainError,
    FieldError,
    InvalidError,
    NameTakenError,
    NotFoundError,
    PreconditionError,
    PreconditionRequiredError,
    RuleError,
    UnreadableError,
    VersionConflictError,
)
from domain.nearest import did_you_mean

MOST_NAMED = 5
PREFIX = "/v1"
MOST_SHOWN = 200
LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

STATUS: dict[type, int] = {
    InvalidError: 422,
    NotFoundError: 404,
    ActingError: 403,
    NameTakenError: 409,
    RuleError: 409,
    UnreadableError: 409,
    VersionConflictError: 409,
    PreconditionError: 412,
    PreconditionRequiredError: 428,
    CommandReusedError: 422,
    CommandRunningError: 409,
    TestedTooOftenError: 429,
}


class RefusedError(Exception):
    """The answer is complete: the body is wrong before its fields are read."""

    def __init__(self, response: Response) -> None:
        self.response = response


class ProblemField(BaseModel):
    """`code` is stable, for clients that show their own messages."""

    pointer: str
    message: str
    code: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `errors` names each wrong field."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unprocessable Content",
                "status": 422,
                "code": "invalid",
                "detail": "/subject: is required",
                "request_id": "01a20267-fd2c-746e-93fc-75a7ca5152d6",
                "errors": [
                    {
                        "pointer": "/subject",
                        "message": "is required",
                        "code": "required",
                    }
                ],
            }
        }
    )
    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str = ""
    errors: list[ProblemField] = []


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    request_id = current_request_id()
    told = {HEADER: request_id} if request_id else {}
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "request_id": request_id,
            "errors": [
                {"pointer": e.pointer, "message": e.message, "code": e.code}
                for e in errors
            ],
        },
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=told | dict(headers or {}),
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: these statuses answer with a problem."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_REF}}},
        }
        for status in statuses
    }


PROBLEM_REF = "#/components/schemas/Problem"


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    app.state.api_routes = routes
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(BehindError, _behind)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(StoreUnavailableError, _unavailable)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error.response


async def _domain(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    fields = error.errors if isinstance(error, InvalidError) else ()
    headers = {"Retry-After": "1"} if isinstance(error, CommandRunningError) else {}
    if isinstance(error, TestedTooOftenError):
        headers = {"Retry-After": str(max(1, round(error.again_in.total_seconds())))}
    status = next((STATUS[t] for t in type(error).__mro__ if t in STATUS), 500)
    return problem(status, error.code, str(error), fields, headers)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    return unavailable(error)


def unavailable(error: Exception) -> JSONResponse:
    LOG.warning("store unavailable: %s", error)
    detail = "the database cannot be reached now; nothing was lost, try again"
    if isinstance(error, StoreFullError):
        detail = "the disk of the database is full; nothing was lost, free some space"
    return problem(503, "unavailable", detail, headers={"Retry-After": "1"})


async def _busy(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "busy", str(error), headers={"Retry-After": "1"})


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads it; 499 is what nginx notes in this case."""
    return Response(status_code=499)


async def _behind(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "not_yet_visible", str(error), headers={"Retry-After": "1"})


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    asked = getattr(error, "asked", None) or _body_type(request)
    fields = field_errors(error.errors(), error.body, asked)
    detail = str(InvalidError(fields[:MOST_NAMED]))
    return problem(422, InvalidError.code, detail, fields)


def _body_type(request: Request) -> object:
    field = getattr(request.scope.get("route"), "body_field", None)
    return field.field_info.annotation if field is not None else None


_CODES = {
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_simulations",
}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code) or _phrase(error.status_code)
    headers, detail = dict(error.headers or {}), str(error.detail)
    if detail == HTTPStatus.NOT_FOUND.phrase:  # the router's own
        path = request.url.path[:MOST_SHOWN]
        asked = path if path.startswith(PREFIX) else f"{PREFIX}{path}"
        detail = f"there is no {path}{did_you_mean(asked, _routes(request, asked))}"
    return problem(error.status_code, code, detail, headers=headers)


def _routes(request: Request, asked: str) -> set[str]:
    """Each path that there is, with what was asked in the place of its parameters."""
    given, found = asked.split("/"), set()
    for route in request.app.state.api_routes:
        parts = route.path.split("/")
        pairs = zip_longest(parts, given[: len(parts)], fillvalue="")
        found.add("/".join(a if p[:1] == "{" and a else p for p, a in pairs))
    return found


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    closing = {"Connection": "close"}  # the server does so after a failure
    detail = "this is our fault; it has been logged"
    return problem(500, "internal", detail, headers=closing)
