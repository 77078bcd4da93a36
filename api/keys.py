"""API keys: made, listed, revoked; the key itself is shown once."""

import hashlib

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from activities.keys import KeyDesk
from api.auth import Calling, Known, guarded, reads
from api.pages import Asked
from api.presentation import answer, written
from api.words import Strict, Word, example
from domain.access import ApiKey, Role
from domain.errors import RuleError
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/keys", tags=["keys"])
READ = reads("keys:manage", 422)
WRITE = guarded("keys:manage", 400, 404, 409, 413, 415, 422)


class ShownOnceError(RuleError):
    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"this request made the key {key_id} before, and a key is shown only once:"
            " revoke it and make another"
        )


class KeyIn(Strict):
    """`name` is the actor that the log will show."""

    model_config = example(name="floor-lead", role="ops")
    name: Word
    role: Role


class KeyOut(BaseModel):
    id: str
    name: str
    role: str
    revoked: bool


class NewKeyOut(KeyOut):
    key: str = Field(description="Shown in this answer and never again")


class KeyPage(BaseModel):
    items: list[KeyOut]
    next_cursor: str | None


@ROUTER.post("", status_code=201, response_model=NewKeyOut, **WRITE)
async def create_key(body: KeyIn, known: Known, caller: Calling) -> Response:
    """Make a key. It is shown once, so a repeated request is refused with 409."""
    key, key_id = known.new_key(), known.new_id()
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    desk = KeyDesk(known.store, known.registry, known.now)
    appended = await desk.create(key_id, body.name, body.role, sha256, caller)
    if appended.replayed:
        raise ShownOnceError(appended.stream_id.partition("/")[2])
    made = ApiKey(id=key_id, name=body.name, role=body.role, sha256=sha256)
    shown = {**_json(made), "key": key}
    return answer(shown, status=201, headers=written(appended))


@ROUTER.get("", response_model=KeyPage, **READ)
async def list_keys(known: Known, asked: Asked) -> Response:
    """In the order of their making, with those that are revoked."""
    keys = (await known.registry.keys()).by_id.values()
    return answer(asked.numbered(keys, _json))


@ROUTER.delete("/{key_id}", status_code=204, **WRITE)
async def revoke_key(key_id: str, known: Known, caller: Calling) -> Response:
    desk = KeyDesk(known.store, known.registry, known.now)
    appended = await desk.revoke(key_id, caller)
    return Response(status_code=204, headers=written(appended))


def _json(key: ApiKey) -> Json:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "revoked": key.revoked,
    }
