"""One id for each request: in the answer, in every problem, in the log as
`correlation_id`. The caller's own `X-Request-Id` is taken if it is well-formed.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar

from starlette.types import Scope

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(rb"[\x21-\x7e]{1,200}")
_CURRENT: ContextVar[str] = ContextVar("request_id", default="")
"""Each request runs in a task of its own, so nothing has to take it back."""


def current_request_id() -> str:
    """Of the request that this task serves; empty outside one."""
    return _CURRENT.get()


def begin_request(scope: Scope, new_id: Callable[[], str]) -> str:
    """The id of this request, known from now on to all that it runs."""
    given = next((v for k, v in scope["headers"] if k == b"x-request-id"), b"")
    well_formed = _WELL_FORMED.fullmatch(given) is not None
    request_id = given.decode("ascii") if well_formed else new_id()
    _CURRENT.set(request_id)
    return request_id
