"""Authority lent and taken back: load, decide, append.

Idempotent by `Caller.command_id`; all delegations are one stream, so of two changes at
once the slower decides again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from activities.config import meta_of, replayed, row_of
from activities.ports import Appended, Caller, EventStore, Now, Registry
from domain.authority.delegation import (
    DELEGATIONS,
    Delegation,
    delegate,
    fold_delegations,
    revoke,
)
from domain.authority.facts import AuthorityDelegated
from domain.errors import VersionConflictError
from domain.event import Event, Fact

TRIES = 5


@dataclass(frozen=True)
class DelegationResult:
    """All delegations as the command left them."""

    delegations: tuple[Delegation, ...]
    appended: Appended


async def delegations_of(store: EventStore) -> tuple[Delegation, ...]:
    return fold_delegations(await store.load(DELEGATIONS))


class DelegationDesk:
    def __init__(self, store: EventStore, registry: Registry, now: Now) -> None:
        self._store, self._registry, self._now = store, registry, now

    async def delegate(
        self, wanted: AuthorityDelegated, caller: Caller
    ) -> DelegationResult:
        await self._registry.refresh()
        directory = (await self._registry.config()).directory
        return await self._record(
            lambda _: delegate(wanted, directory, self._now()), caller
        )

    async def revoke(self, delegation_id: str, caller: Caller) -> DelegationResult:
        return await self._record(
            lambda lent: revoke(lent, delegation_id, self._now()), caller
        )

    async def _record(
        self, decide: Callable[[tuple[Delegation, ...]], Fact], caller: Caller
    ) -> DelegationResult:
        if again := await replayed(self._store, caller):
            return await self._again(again)
        for _ in range(TRIES):
            events = await self._store.load(DELEGATIONS)
            fact, version = decide(fold_delegations(events)), len(events) + 1
            event = Event(DELEGATIONS, version, self._now(), meta_of(caller), fact)
            row = row_of(caller, DELEGATIONS, version)
            try:
                appended = await self._store.append([event], row)
            except VersionConflictError:
                continue
            await self._registry.refresh()
            return await self._again(appended)
        raise VersionConflictError(DELEGATIONS)

    async def _again(self, appended: Appended) -> DelegationResult:
        events = await self._store.load(DELEGATIONS, appended.version)
        return DelegationResult(fold_delegations(events), appended)
