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
    secret_stream,
)
from domain.errors import NotFoundError
from domain.event import Event, Fact
from domain.key_rules import House, refuse_key, refuse_last


@dataclass(frozen=True, kw_only=True)
class KeyService:
    """Creating and revoking are serialized, as publishing configuration is: the name of
    a new key must be free, the agents that it names must exist, and the last key that
    manages keys must stay.
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
            refuse_key(wanted, await self._house(), caller.holder)
            return await self._append(wanted.key_id, 1, wanted, caller)

        stream = key_stream(wanted.key_id)
        return await serialized(self.publishing, self.registry, attempt, stream)

    async def revoke(self, key_id: str, caller: Caller) -> Appended:
        """Raises NotFoundError, RuleError. Serialized, or two admins could revoke each
        other's keys at once.
        """
        if again := await replayed(self.store, caller):
            return again

        async def attempt() -> Appended:
            house = await self._house()
            known = house.keys.by_id.get(key_id)
            if known is None or known.revoked:
                raise NotFoundError("key", key_id)
            refuse_last(known, house)
            return await self._append(key_id, 2, KeyRevoked(key_id=key_id), caller)

        stream = key_stream(key_id)
        return await serialized(self.publishing, self.registry, attempt, stream)

    async def _house(self) -> House:
        directory = (await self.registry.config()).directory
        return House(await self.registry.keys(), directory, self.now())

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
