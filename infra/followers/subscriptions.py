"""Subscriptions to Temporal: each one with new events gets a wake-up."""

from collections.abc import Iterator, Sequence

from typing_extensions import override

from activities.delivery import woken_by
from activities.ports import Registry
from domain.subscription.subscription import (
    SubscriptionChanged,
    SubscriptionResumed,
    SubscriptionRetried,
)
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.follower import Follower
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.temporal.client import TemporalRefusedError, TimerBackend

HURRYING = (
    SubscriptionResumed.topic,
    SubscriptionRetried.topic,
    SubscriptionChanged.topic,
)


class SubscriptionFollower(Follower):
    name = "subscriptions"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        registry: Registry,
        backend: TimerBackend,
    ) -> None:
        super().__init__(database, store, listener)
        self._registry, self._backend = registry, backend

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        if any(header.topic.startswith("subscription.") for header in batch):
            # The registry as of a moment ago would miss the first events.
            await self._registry.refresh()
        there = (await self._registry.subscriptions()).there
        topics = [(header.position, header.topic) for header in batch]
        hurried = set(_hurried(batch)) & {s.id for s in there if s.delivers}
        for subscription_id in dict.fromkeys((*hurried, *woken_by(there, topics))):
            try:
                await self._backend.wake_up(
                    subscription_id, at_once=subscription_id in hurried
                )
            except TemporalRefusedError as error:
                await self.park({subscription_id: error}, batch[-1].position)
        async with self.database.connection() as connection:
            await self.save(batch[-1].position, connection)


def _hurried(batch: Sequence[Header]) -> Iterator[str]:
    """Subscriptions with an event that ends the pause after a failure."""
    for header in batch:
        if header.topic in HURRYING:
            yield header.stream_id.partition("/")[2]
