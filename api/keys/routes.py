"""API keys: create, list, revoke. The key itself is shown once."""

import hashlib
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from activities.keys import KeyService
from api.http.answers import Answer, Made, page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier, Instant, Strict, Word, example
from api.http.paging import PageDep
from api.http.responses import answer, made_at, written
from api.ports import Services
from domain.access import ApiKey, KeyCreated, Permission, Role
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
    """The key of an `agent`, which acts only as that agent; or the key of a person or
    service, which acts under its `name`, and as one of the agents in `acts_for` (`*`:
    any) if a request names one. With `scopes` it has only these permissions of its
    role. After `expires_at` it is refused.
    """

    model_config = example(name="ann-phone", role="agent", agent="ann")
    name: Word
    role: Role
    agent: Identifier | None = None
    acts_for: list[Identifier] = Field(default=[], max_length=500)
    scopes: list[Permission] | None = Field(default=None, min_length=1, max_length=50)
    expires_at: Instant | None = None


class KeyOut(Answer):
    """`last_used_at`: accurate to some minutes."""

    id: str
    name: str
    role: Role
    agent: str | None
    acts_for: list[str]
    scopes: list[Permission] | None
    revoked: bool
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: Made[datetime | None]


class NewKeyOut(KeyOut):
    key: Made[str] = Field(description="Shown in this answer only")


@ROUTER.post("", status_code=201, response_model=NewKeyOut, **WRITE)
async def create_key(body: KeyIn, known: ServicesDep, caller: CallerDep) -> Response:
    """Create a key. It is shown once, so a repeated request is refused with 409. Two
    keys in use cannot have the same name.
    """
    key = known.new_key()
    wanted = KeyCreated(
        key_id=known.new_id(),
        name=body.name,
        role=body.role,
        sha256=hashlib.sha256(key.encode()).hexdigest(),
        agent=body.agent,
        acts_for=tuple(dict.fromkeys(body.acts_for)),
        scopes=None if body.scopes is None else tuple(dict.fromkeys(body.scopes)),
        expires_at=body.expires_at,
    )
    appended = await key_service(known).create(wanted, caller)
    if appended.replayed:
        raise ShownOnceError(appended.stream_id.partition("/")[2])
    made = (await known.registry.keys()).by_id[wanted.key_id]
    shown = NewKeyOut.of(made, last_used_at=None, key=key)
    headers = made_at("keys", made.id) | written(appended)
    return answer(shown, status=201, headers=headers)


@ROUTER.get("", response_model=page_of(KeyOut), **READ)
async def list_keys(known: ServicesDep, asked: PageDep) -> Response:
    """Sorted by creation, including revoked keys."""
    keys = (await known.registry.keys()).by_id.values()
    used = await known.key_uses.last()

    def shown(key: ApiKey) -> Json:
        return KeyOut.of(key, last_used_at=used.get(key.id))

    return answer(asked.numbered(keys, shown))


@ROUTER.delete("/{key_id}", status_code=204, **WRITE)
async def revoke_key(key_id: str, known: ServicesDep, caller: CallerDep) -> Response:
    """Refused with 409 for the last key that manages keys."""
    appended = await key_service(known).revoke(key_id, caller)
    return Response(status_code=204, headers=written(appended))


def key_service(known: Services) -> KeyService:
    return KeyService(
        store=known.store,
        registry=known.registry,
        publishing=known.publishing,
        now=known.now,
    )
