"""Whether it lives, whether it is ready, how it is doing. Open to all: no names, no
contents, only states and figures.
"""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.auth import Known, public
from api.presentation import answer

ROUTER = APIRouter(tags=["operation"])


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    """`parts`: each part with `ok`, or what is wrong with it. `notes`: what is not set
    up, as mail; that makes nothing unready.
    """

    ready: bool
    parts: dict[str, str]
    notes: list[str]


@ROUTER.get("/healthz", response_model=Health, **public())
async def healthz() -> Response:
    """The process answers."""
    return answer({"status": "ok"})


@ROUTER.get(
    "/readyz",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Some part is not ready"}},
    **public(),
)
async def readyz(known: Known) -> Response:
    """200 when every part works, else 503 and which does not."""
    parts = await known.ready()
    ready = not any(parts.values())
    body = {
        "ready": ready,
        "parts": {name: why or "ok" for name, why in parts.items()},
        "notes": list(known.notes),
    }
    return answer(body, status=200 if ready else 503)


@ROUTER.get("/metrics", response_class=Response, **public())
async def metrics(known: Known) -> Response:
    """Prometheus text format; docs/metrics.md explains each."""
    return Response(known.metrics(), media_type=CONTENT_TYPE_LATEST)
