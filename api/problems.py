"""Every error as RFC 9457 problem+json with a stable `code`; mapped once, here."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from activities.ports import BusyError, StoreUnavailableError
from api.ports import BehindError
from api.words import FAULTS
from domain.errors import (
    CommandReusedError,
    CommandRunningError,
    DomainError,
    FieldError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    PreconditionRequiredError,
    RuleError,
    UnreadableError,
    VersionConflictError,
)

MOST_NAMED = 5
LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

STATUS: dict[type, int] = {
    InvalidError: 422,
    NotFoundError: 404,
    RuleError: 409,
    UnreadableError: 409,
    VersionConflictError: 409,
    PreconditionError: 412,
    PreconditionRequiredError: 428,
    CommandReusedError: 422,
    CommandRunningError: 409,
}


class RefusedError(Exception):
    """The answer is made already: what was wrong with the body before its fields."""

    def __init__(self, response: Response) -> None:
        self.response = response


class ProblemField(BaseModel):
    pointer: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `errors` names each field that is wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unprocessable Content",
                "status": 422,
                "code": "invalid",
                "detail": "/subject: Field required",
                "errors": [{"pointer": "/subject", "message": "Field required"}],
            }
        }
    )
    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemField] = []


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "errors": [{"pointer": e.pointer, "message": e.message} for e in errors],
        },
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
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
    status = next((STATUS[t] for t in type(error).__mro__ if t in STATUS), 500)
    return problem(status, error.code, str(error), fields, headers)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    LOG.warning("store unavailable: %s", error)
    detail = "the database cannot be reached now; nothing was lost, try again"
    return problem(503, "unavailable", detail, headers={"Retry-After": "1"})


async def _busy(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "busy", str(error), headers={"Retry-After": "1"})


async def _behind(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "behind", str(error), headers={"Retry-After": "1"})


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    named = (field for e in error.errors() for field in _fields(e, error.body))
    fields = tuple(dict.fromkeys(named))  # two forms of a field may say the same of it
    detail = str(InvalidError(fields[:MOST_NAMED]))
    return problem(422, InvalidError.code, detail, fields)


def _fields(error: Mapping[str, Any], body: object) -> Iterator[FieldError]:
    pointer = _pointer(error["loc"], body, error["type"] == "missing")
    if error["type"] != FAULTS:
        yield FieldError(pointer, _message(error))
        return
    for fault in error["ctx"][FAULTS]:
        yield FieldError(f"{pointer}{fault.pointer}", fault.message)


def _message(error: Mapping[str, object]) -> str:
    """Pydantic counts the "items" of a text that was cleaned first."""
    match error:
        case {"type": "too_short", "input": str(), "ctx": {"min_length": least}}:
            return f"String should have at least {least} character(s)"
        case {"type": "too_long", "input": str(), "ctx": {"max_length": most}}:
            return f"String should have at most {most} characters"
        case _:
            return str(error["msg"]).removeprefix("Value error, ")


def _pointer(location: Iterable[object], body: object, missing: bool) -> str:
    """Where in the body; a parameter is named as `?limit` or `Header-Name`."""
    where, *path = location
    if where == "body":
        return "".join(f"/{part}" for part in _steps(path, body, missing))
    name = ".".join(str(part) for part in path)
    return f"?{name}" if where == "query" else name


def _steps(path: Sequence[object], body: object, missing: bool) -> Iterator[str]:
    """Only what the body has: pydantic also names the branches of its own types."""
    for depth, part in enumerate(path, start=1):
        absent = missing and depth == len(path)
        if isinstance(body, dict) and (part in body or absent):
            body = body.get(part)
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            body = body[part]
        else:
            continue
        yield str(part).replace("~", "~0").replace("/", "~1")


_CODES = {404: "not_found", 405: "method_not_allowed", 401: "unauthenticated"}


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "refused")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return problem(error.status_code, code, str(error.detail), headers=headers)


def _allowed(request: Request) -> set[str]:
    """Of all routes to this path: the router itself names those of the first."""
    return {
        method
        for route in (*request.app.routes, *request.app.state.api_routes)
        if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE
        for method in route.methods or ()
    }


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal", "this is our fault; it has been logged")
