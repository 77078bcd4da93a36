"""The log's signed checkpoints and its proofs, by https://c2sp.org and RFC 9162."""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Never

import msgspec
from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from api.audit.proof_schemas import (
    ConsistencyProofOut,
    InclusionProofOut,
    LogKeysOut,
)
from api.http.auth import ServicesDep, reads
from api.http.problems import RefusedError, problem
from api.http.responses import answer
from api.ports import SealedLog, Services
from domain.audit.checkpoint import Published
from domain.audit.merkle import consistency_ranges, inclusion_ranges
from domain.errors import FieldError, InvalidError

ROUTER = APIRouter(prefix="/v1/audit", tags=["audit"])
READ = reads("audit:read", 404, 422)
TEXT, LINES = "text/plain; charset=utf-8", "application/x-ndjson"
AGAIN = {"Retry-After": "1"}
PAGE = 2000
"""Headers read from the database at once, some 250 kB."""

Position = Annotated[
    int, Query(ge=1, le=2**62, description="The position of the event in the log")
]
Size = Annotated[
    int | None,
    Query(ge=1, le=2**62, description="The size of the tree; by default the newest"),
]


@ROUTER.get(
    "/checkpoint",
    response_class=Response,
    **READ
    | {
        "responses": READ["responses"]
        | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
    },
)
async def get_checkpoint(known: ServicesDep) -> Response:
    """The newest signed checkpoint of the log: origin, size and root, with the
    signatures of the log and of the witnesses that have cosigned it.
    """
    newest = await _newest(known)
    return Response(newest.note, media_type=TEXT)


@ROUTER.get("/keys", response_model=LogKeysOut, **READ)
async def get_log_keys(known: ServicesDep) -> Response:
    """The keys that verify checkpoints. Compare them with what you were given by
    another way: whoever can forge the log can also forge this answer.
    """
    newest, witnesses = await _newest(known), list(known.witness_keys)
    shown = LogKeysOut.of(
        origin=newest.checkpoint.origin,
        log_key=newest.log_key,
        witness_key=next(iter(witnesses), None),
        witness_keys=witnesses,
    )
    return answer(shown)


@ROUTER.get("/proofs/inclusion", response_model=InclusionProofOut, **READ)
async def prove_inclusion(
    position: Position, known: ServicesDep, size: Size = None
) -> Response:
    """That the event at a position is in the log of that size. The header is made of
    the event as it is stored now, the hashes are those of the tree: if they do not
    belong together, the event was changed.
    """
    newest = await _newest(known)
    size = _size("?size", size, newest)
    index = await _index(known, newest, position)
    if index >= size:
        message = f"the event is leaf {index}, so the first {size} do not include it"
        raise InvalidError.at("?size", message)
    leaf = await known.sealed.event(position, index)
    if leaf is None:
        message = f"it is leaf {index} of the log, and the event is not there any more"
        _absent("?position", message)
    ranges = [(index, index + 1), *inclusion_ranges(index, size), (0, size)]
    own, *proof, root = await known.sealed.roots(newest.tree, ranges)
    shown = InclusionProofOut.of(
        position=position,
        index=index,
        size=size,
        header=_text(leaf.header),
        leaf_hash=_text(own),
        proof=[_text(one) for one in proof],
        root=_text(root),
    )
    return answer(shown)


@ROUTER.get("/proofs/consistency", response_model=ConsistencyProofOut, **READ)
async def prove_consistency(
    known: ServicesDep,
    size1: Annotated[
        int, Query(alias="from", ge=1, le=2**62, description="The smaller size")
    ],
    to: Size = None,
) -> Response:
    """That the log of one size is the beginning of the log of another."""
    newest = await _newest(known)
    size2 = _size("?to", to, newest)
    if size1 > size2:
        raise InvalidError.at(
            "?from", f"must be at most {size2}, the size of the other"
        )
    ranges = [(0, size1), (0, size2), *consistency_ranges(size1, size2)]
    root1, root2, *proof = await known.sealed.roots(newest.tree, ranges)
    shown = ConsistencyProofOut.of(
        size1=size1,
        to=size2,
        from_root=_text(root1),
        to_root=_text(root2),
        proof=[_text(one) for one in proof],
    )
    return answer(shown)


@ROUTER.get(
    "/headers",
    response_class=Response,
    **READ
    | {
        "responses": READ["responses"]
        | {200: {"content": {LINES: {"schema": {"type": "string"}}}}}
    },
)
async def list_headers(
    known: ServicesDep,
    first: Annotated[
        int, Query(alias="from", ge=0, le=2**62, description="The first leaf's index")
    ] = 0,
    limit: Annotated[
        int | None,
        Query(ge=1, le=2**62, description="How many; by default all there are"),
    ] = None,
) -> Response:
    """The headers of all events up to the newest checkpoint, in order, made of the
    events as they are stored now: whoever hashes them all gets the root of the
    checkpoint, or knows that something was changed, inserted or removed.
    """
    newest = await _newest(known)
    if first > newest.size:
        raise InvalidError.at("?from", f"the log has {newest.size} leaves")
    end = newest.size if limit is None else min(first + limit, newest.size)
    lines = _lines(known.sealed, newest.tree, first, end)
    return StreamingResponse(lines, media_type=LINES)


async def _lines(
    sealed: SealedLog, tree: int, first: int, end: int
) -> AsyncIterator[bytes]:
    """Counted anew in the order of the log, so that an event that was inserted or
    removed shifts those behind it.
    """
    before = await sealed.position_of(tree, first - 1) if first else 0
    after, index = before or 0, first
    while index < end:
        page = await sealed.events(after, index, min(PAGE, end - index))
        if not page:
            return
        yield _ENCODER.encode_lines(
            {
                "index": leaf.index,
                "position": leaf.position,
                "header": _text(leaf.header),
            }
            for leaf in page
        )
        after, index = page[-1].position, index + len(page)


async def _newest(known: Services) -> Published:
    newest = await known.sealed.newest()
    if newest is None:
        _absent("", "no checkpoint of the log was signed yet", AGAIN)
    return newest


def _size(pointer: str, asked: int | None, newest: Published) -> int:
    if asked is not None and asked > newest.size:
        raise InvalidError.at(pointer, f"the log has {newest.size} leaves so far")
    return asked or newest.size


async def _index(known: Services, newest: Published, position: int) -> int:
    index = await known.sealed.index_of(newest.tree, position)
    stored = index is not None or position <= await known.sealed.position(newest.tree)
    if index is None and stored:
        _absent("?position", f"there is no event at position {position}")
    if index is None or index >= newest.size:
        _absent("?position", f"position {position} is not sealed yet", AGAIN)
    return index


def _absent(pointer: str, message: str, headers: dict[str, str] | None = None) -> Never:
    errors: Sequence[FieldError] = [FieldError(pointer, message)] if pointer else []
    raise RefusedError(problem(404, "not_found", message, errors, headers))


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


_ENCODER = msgspec.json.Encoder()
