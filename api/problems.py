"""Every error as RFC 9457 problem+json with a stable `code`; mapped once, here."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from activities.ports import StoreUnavailableError
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
    VersionConflictError,
)

LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[DomainError], int] = {
    InvalidError: 422,
    NotFoundError: 404,
    RuleError: 409,
    VersionConflictError: 409,
    PreconditionError: 412,
    PreconditionRequiredError: 428,
    CommandReusedError: 422,
    CommandRunningError: 409,
}


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


def install(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(StoreUnavailableError, _unavailable)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _domain(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    fields = error.errors if isinstance(error, InvalidError) else ()
    headers = {"Retry-After": "1"} if isinstance(error, CommandRunningError) else {}
    status = STATUS.get(type(error), 500)
    return problem(status, error.code, str(error), fields, headers)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    LOG.warning("store unavailable: %s", error)
    detail = "the database cannot be reached now; nothing was lost, try again"
    return problem(503, "unavailable", detail, headers={"Retry-After": "1"})


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [FieldError(_pointer(e["loc"]), str(e["msg"])) for e in error.errors()]
    detail = "; ".join(f"{f.pointer}: {f.message}" for f in fields[:5])
    return problem(422, InvalidError.code, detail, fields)


def _pointer(location: Iterable[object]) -> str:
    """Where in the body; a parameter is named as `?limit` or `Header-Name`."""
    where, *path = [str(part) for part in location]
    if where == "body":
        escaped = [part.replace("~", "~0").replace("/", "~1") for part in path]
        return "".join(f"/{part}" for part in escaped)
    return f"?{'.'.join(path)}" if where == "query" else ".".join(path)


_CODES = {404: "not_found", 405: "method_not_allowed", 401: "unauthenticated"}


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "refused")
    headers = error.headers
    return problem(error.status_code, code, str(error.detail), headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal", "this is our fault; it has been logged")
