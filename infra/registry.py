"""Configuration, keys and subscriptions, followed from the log by each process."""

import asyncio
import time

from domain.access import Keys, fold_keys
from domain.config import Configuration, fold_config
from domain.subscription import Subscriptions, fold_subscriptions
from infra.eventstore.store import PostgresEventStore

FRESH_FOR_S = 0.25
"""A change made through another process is seen here at most this much later."""


class LiveRegistry:
    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store
        self._position, self._read_at = 0, 0.0
        self._config, self._keys = Configuration(), Keys()
        self._subscriptions = Subscriptions()
        self._reading = asyncio.Lock()

    async def config(self) -> Configuration:
        await self._follow()
        return self._config

    async def keys(self) -> Keys:
        await self._follow()
        return self._keys

    async def subscriptions(self) -> Subscriptions:
        await self._follow()
        return self._subscriptions

    async def refresh(self) -> None:
        """Read now, whatever the age: our own change must be seen at once."""
        self._read_at = 0.0
        await self._follow()

    async def _follow(self) -> None:
        if time.monotonic() - self._read_at < FRESH_FOR_S:
            return
        async with self._reading:
            if time.monotonic() - self._read_at < FRESH_FOR_S:
                return
            began = time.monotonic()
            while await self._read():
                pass
            self._read_at = began

    async def _read(self) -> bool:
        new = await self._store.registry_events(self._position)
        if not new:
            return False
        events = [recorded.event for recorded in new]
        self._config = fold_config(events, self._config)
        self._keys = fold_keys(events, self._keys)
        self._subscriptions = fold_subscriptions(events, self._subscriptions)
        self._position = new[-1].position
        return True
