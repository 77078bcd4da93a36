"""A witness as a small process: https://c2sp.org/tlog-witness over HTTP, for our log or
anybody's. It needs no database and knows nothing of Pledge.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.audit.note import cosigned
from domain.audit.witnessing import Submission, WitnessRefusal, judge
from infra.audit.signing import Signer, verify
from infra.audit.witness_state import WitnessState, WitnessStateError, witness_signer
from infra.process.stopping import Server

MOST_BYTES = 64 * 1024
"""Of a request; the longest proof and a hundred signatures take a quarter of it."""
MOST_CONNECTIONS = 64
SIZE = "text/x.tlog.size"
LOG = logging.getLogger(__name__)


def run_witness(folder: Path, host: str, port: int) -> None:
    """Until stopped. Raises KeyFileError, WitnessStateError."""
    signer, state = witness_signer(folder), WitnessState.read(folder)
    LOG.info("witness %s, %s logs", signer.key.encoded, len(state.logs()))
    config = uvicorn.Config(
        witness_app(signer, state, lambda: int(time.time())),
        host=host,
        port=port,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    Server(config).run()


def witness_app(
    signer: Signer, state: WitnessState, now: Callable[[], int]
) -> Starlette:
    """`now`: seconds since 1970 UTC."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            # Nothing is awaited from here on, so no other request comes in between.
            line = _cosigned(body, signer, state, now())
        except WitnessRefusal as refused:
            return _refusal(refused)
        except (OSError, WitnessStateError) as error:
            LOG.error("nothing was cosigned: %s", error)  # noqa: TRY400 - no bug of ours
            return PlainTextResponse("the witness cannot write\n", 503)
        return PlainTextResponse(line)

    async def who(_: Request) -> Response:
        return PlainTextResponse(f"{signer.key.encoded}\n")

    routes = [
        Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
        Route("/", who, methods=["GET"]),
    ]
    return Starlette(routes=routes)


def _cosigned(body: bytes, signer: Signer, state: WitnessState, at: int) -> str:
    """The line of the cosignature; remembered before anybody gets it."""
    asked = Submission.parse(body)
    origin = asked.note.text.partition("\n")[0]
    latest = state.latest(origin)
    try:
        head = judge(asked, state.logs(), latest, verify)
    except WitnessRefusal as refused:
        if refused.is_evidence:
            LOG.error("%s contradicts itself: %s", origin, refused)  # noqa: TRY400 - no bug of ours
            state.keep_evidence(asked.note.encoded, str(refused))
        raise
    if head != latest:
        state.remember(head)
    return cosigned(asked.note.text, signer.key, signer.sign, at).line


def _refusal(refused: WitnessRefusal) -> Response:
    if refused.latest is not None:
        # As a header: of a media type, Starlette would add a charset.
        typed = {"Content-Type": SIZE}
        return Response(f"{refused.latest}\n", refused.status, typed)
    return PlainTextResponse(f"{refused}\n", refused.status)


async def _body(request: Request) -> bytes:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            raise WitnessRefusal(400, f"at most {MOST_BYTES} bytes")
    return found
