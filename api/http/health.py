"""Liveness, readiness and the state of the parts. Open to all: no names, no contents,
only states and figures.
"""

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.http.auth import ServicesDep, public
from api.http.responses import answer
from api.ports import Part

ROUTER = APIRouter(tags=["operation"])


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    """`parts`: each part with `ok`, or what is wrong with it; only `database`,
    `migrations` and `registry` make this process unready. `notes`: what is not set up,
    for example mail.
    """

    ready: bool
    parts: dict[str, str]
    notes: list[str]


class PartState(BaseModel):
    """`heartbeat_s`: seconds since the last heartbeat; `instances`: how many sent one
    within the last seconds.
    """

    state: Literal["ok", "failing"]
    detail: str | None
    heartbeat_s: float | None
    instances: int | None
    free_bytes: int | None


class Parts(BaseModel):
    """`ok`: every part works. `notes`: what is not set up, for example mail."""

    ok: bool
    parts: dict[str, PartState]
    notes: list[str]


@ROUTER.get("/healthz", response_model=Health, **public())
async def healthz() -> Response:
    """Liveness: the process answers."""
    return answer({"status": "ok"})


@ROUTER.get(
    "/readyz",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "It cannot serve"}},
    **public(),
)
async def readyz(known: ServicesDep) -> Response:
    """Readiness: 200 if this process can serve, otherwise 503 with the reason."""
    parts = await known.parts()
    ready = not any(part.wrong for part in parts.values() if part.serves)
    body = {
        "ready": ready,
        "parts": {name: part.wrong or "ok" for name, part in parts.items()},
        "notes": list(known.notes),
    }
    return answer(body, status=200 if ready else 503)


@ROUTER.get("/healthz/parts", response_model=Parts, **public())
async def health_of_parts(known: ServicesDep) -> Response:
    """The state of each part of the installation, with heartbeats a few seconds old.
    For people and alerts: the status is 200 even if a part is down.
    """
    parts = await known.parts()
    body = {
        "ok": not any(part.wrong for part in parts.values()),
        "parts": {name: _state(part) for name, part in parts.items()},
        "notes": list(known.notes),
    }
    return answer(body)


def _state(part: Part) -> dict[str, object]:
    return {
        "state": "failing" if part.wrong else "ok",
        "detail": part.wrong,
        "heartbeat_s": part.heartbeat_s,
        "instances": part.instances,
        "free_bytes": part.free_bytes,
    }


@ROUTER.get("/metrics", response_class=Response, **public())
async def metrics(known: ServicesDep) -> Response:
    """Prometheus text format; docs/metrics.md explains each."""
    return Response(known.metrics(), media_type=CONTENT_TYPE_LATEST)
