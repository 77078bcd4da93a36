"""Authority delegated and revoked: load, decide, append.

Idempotent by `Caller.command_id`. All delegations are one stream, so of two changes at
the same time the slower decides again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from activities.ports import Appended, Caller, EventStore, Now, Registry
from activities.recording import recorded
from domain.authority.delegation import (
    DELEGATIONS,
    Delegation,
    delegate,
    fold_delegations,
    revoke,
)
from domain.authority.facts import AuthorityDelegated
from domain.event import Event, Fact


@dataclass(frozen=True)
class DelegationResult:
    """All delegations as the command left them."""

    delegations: tuple[Delegation, ...]
    appended: Appended


async def delegations_of(store: EventStore) -> tuple[Delegation, ...]:
    return fold_delegations(await store.load(DELEGATIONS))


class DelegationService:
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
            lambda known: revoke(known, delegation_id, self._now()), caller
        )

    async def _record(
        self, decide: Callable[[tuple[Delegation, ...]], Fact], caller: Caller
    ) -> DelegationResult:
        async def decided(events: list[Event], _: datetime) -> Fact:
            return decide(fold_delegations(events))

        made = await recorded(self._store, self._now, DELEGATIONS, decided, caller)
        await self._registry.refresh()
        return DelegationResult(fold_delegations(made.events), made.appended)
