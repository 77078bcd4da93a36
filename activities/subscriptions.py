"""Subscribing and unsubscribing. Idempotent by `Caller.command_id`."""

from collections.abc import Sequence
from typing import Protocol

from activities.config import meta_of, replayed, row_of
from activities.ports import Appended, Caller, EventStore, Now, Registry
from domain.errors import InvalidError, NotFoundError, PreconditionError
from domain.event import Event, Fact
from domain.subscription import (
    SubscriptionCreated,
    SubscriptionDeleted,
    subscription_stream,
    unknown_types,
)


class Vault(Protocol):
    """Where webhook secrets lie sealed."""

    async def keep_secret(self, subscription_id: str, secret: str) -> None: ...


class SubscriptionDesk:
    """`topics`: every event type there is, so that a misspelt one is refused."""

    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        now: Now,
        topics: Sequence[str],
        vault: Vault,
    ) -> None:
        self._store, self._registry = store, registry
        self._now, self._topics, self._vault = now, topics, vault

    async def create(
        self, wanted: SubscriptionCreated, secret: str, caller: Caller
    ) -> Appended:
        if again := await replayed(self._store, caller):
            return again
        if errors := unknown_types(wanted.types, self._topics):
            raise InvalidError(errors)
        # Before the event, which is the moment from which deliveries are signed.
        await self._vault.keep_secret(wanted.subscription_id, secret)
        return await self._append(wanted.subscription_id, 1, wanted, caller)

    async def delete(self, subscription_id: str, caller: Caller) -> Appended:
        if again := await replayed(self._store, caller):
            return again
        await self._registry.refresh()
        known = (await self._registry.subscriptions()).by_id.get(subscription_id)
        if known is None or known.deleted:
            raise NotFoundError("subscription", subscription_id)
        if not caller.accepts(known.version):
            raise PreconditionError(known.version)
        fact = SubscriptionDeleted(subscription_id=subscription_id)
        return await self._append(subscription_id, known.version + 1, fact, caller)

    async def _append(
        self, subscription_id: str, version: int, fact: Fact, caller: Caller
    ) -> Appended:
        stream = subscription_stream(subscription_id)
        event = Event(stream, version, self._now(), meta_of(caller), fact)
        appended = await self._store.append([event], row_of(caller, stream, version))
        await self._registry.refresh()
        return appended
