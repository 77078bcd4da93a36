"""Subscriptions to Temporal: whoever has news waiting gets a poke."""

from collections.abc import Sequence

from typing_extensions import override

from activities.delivery import poked_by
from activities.ports import Registry
from infra.database import Database
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.bell import Bell
from infra.followers.follower import Follower
from infra.temporal import TemporalRefusedError, TimerBackend


class Pokes(Follower):
    name = "subscriptions"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        bell: Bell,
        registry: Registry,
        backend: TimerBackend,
    ) -> None:
        super().__init__(database, store, bell)
        self._registry, self._backend = registry, backend

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        if any(header.topic == "subscription.created" for header in batch):
            # What the registry knew a moment ago would miss the first events.
            await self._registry.refresh()
        active = (await self._registry.subscriptions()).active
        topics = [(header.position, header.topic) for header in batch]
        for subscription_id in poked_by(active, topics):
            try:
                await self._backend.poke(subscription_id)
            except TemporalRefusedError as error:
                await self.park({subscription_id: error}, batch[-1].position)
        async with self.database.connection() as connection:
            await self.save(batch[-1].position, connection)
