"""Making and revoking API keys. Idempotent by `Caller.command_id`."""

from dataclasses import dataclass
from datetime import datetime

from activities.ports import Appended, Caller, EventStore, Now, Publishing, Registry
from activities.recording import meta_of, recorded, replayed, row_of, serialized
from domain.access import (
    KeyCreated,
    KeyRevoked,
    WebhookSecretRead,
    key_stream,
    refuse_key,
    secret_stream,
)
from domain.errors import NotFoundError
from domain.event import Event, Fact


@dataclass(frozen=True, kw_only=True)
class KeyService:
    """Creating a key is serialized, as publishing configuration is: its name must be
    free, and the agents that it names must exist.
    """

    store: EventStore
    registry: Registry
    publishing: Publishing
    now: Now

    async def create(self, wanted: KeyCreated, caller: Caller) -> Appended:
        """Raises NameTakenError, InvalidError."""
        if again := await replayed(self.store, caller):
            return again

        async def attempt() -> Appended:
            directory = (await self.registry.config()).directory
            keys = await self.registry.keys()
            refuse_key(wanted, keys, directory, self.now())
            return await self._append(wanted.key_id, 1, wanted, caller)

        stream = key_stream(wanted.key_id)
        return await serialized(self.publishing, self.registry, attempt, stream)

    async def revoke(self, key_id: str, caller: Caller) -> Appended:
        if again := await replayed(self.store, caller):
            return again
        await self.registry.refresh()
        known = (await self.registry.keys()).by_id.get(key_id)
        if known is None or known.revoked:
            raise NotFoundError("key", key_id)
        appended = await self._append(key_id, 2, KeyRevoked(key_id=key_id), caller)
        await self.registry.refresh()
        return appended

    async def _append(
        self, key_id: str, version: int, fact: Fact, caller: Caller
    ) -> Appended:
        stream = key_stream(key_id)
        event = Event(stream, version, self.now(), meta_of(caller), fact)
        return await self.store.append([event], row_of(caller, stream, version))

    async def read_secret(self, read: WebhookSecretRead, caller: Caller) -> Appended:
        """Records that the secret is shown, before it is."""

        async def decided(_: list[Event], __: datetime) -> Fact:
            return read

        stream = secret_stream(read.agent)
        made = await recorded(self.store, self.now, stream, decided, caller)
        return made.appended
