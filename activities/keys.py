"""Making and revoking API keys. Idempotent by `Caller.command_id`."""

from activities.config import meta_of, replayed, row_of
from activities.ports import Appended, Caller, EventStore, Now, Registry
from domain.access import KeyCreated, KeyRevoked, Role, key_stream
from domain.errors import NotFoundError
from domain.event import Event, Fact


class KeyDesk:
    def __init__(self, store: EventStore, registry: Registry, now: Now) -> None:
        self._store, self._registry, self._now = store, registry, now

    async def create(
        self, key_id: str, name: str, role: Role, sha256: str, caller: Caller
    ) -> Appended:
        if again := await replayed(self._store, caller):
            return again
        fact = KeyCreated(key_id=key_id, name=name, role=role, sha256=sha256)
        return await self._append(key_id, 1, fact, caller)

    async def revoke(self, key_id: str, caller: Caller) -> Appended:
        if again := await replayed(self._store, caller):
            return again
        await self._registry.refresh()
        known = (await self._registry.keys()).by_id.get(key_id)
        if known is None or known.revoked:
            raise NotFoundError("key", key_id)
        return await self._append(key_id, 2, KeyRevoked(key_id=key_id), caller)

    async def _append(
        self, key_id: str, version: int, fact: Fact, caller: Caller
    ) -> Appended:
        stream = key_stream(key_id)
        event = Event(stream, version, self._now(), meta_of(caller), fact)
        appended = await self._store.append([event], row_of(caller, stream, version))
        await self._registry.refresh()
        return appended
