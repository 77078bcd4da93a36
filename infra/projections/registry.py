"""Configuration, keys, subscriptions, who is on call, delegated authority: each process
follows their events.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from domain.access import Keys, fold_keys
from domain.authority.delegation import Delegation, fold_delegations
from domain.configuration.configuration import Configuration, fold_config
from domain.configuration.lint.context import Words
from domain.configuration.on_call_book import fold_oncall
from domain.event import Event
from domain.oncall.book import OnCallBook
from domain.subscription.subscription import (
    Subscriptions,
    fold_subscriptions,
)
from infra.eventstore.store import PostgresEventStore

FRESH_FOR_S = 0.25
"""A change made through another process is seen here at most this much later."""
NOTHING = Configuration()
LOG = logging.getLogger(__name__)


class LiveRegistry:
    """`known`: the context of this process, before anything is published."""

    def __init__(
        self,
        store: PostgresEventStore,
        known: Configuration = NOTHING,
        used_words: Callable[[], Awaitable[Words]] | None = None,
    ) -> None:
        self._store, self._used_words = store, used_words
        self._position, self._read_at = 0, 0.0
        self._config, self._keys = known, Keys()
        self._subscriptions, self._oncall = Subscriptions(), OnCallBook()
        self._delegations: tuple[Delegation, ...] = ()
        self._reading: asyncio.Task[None] | None = None

    async def config(self) -> Configuration:
        await self._follow()
        return self._config

    async def config_to_check(self) -> Configuration:
        await self._follow()
        if self._used_words is None:
            return self._config
        used = await self._used_words()
        if used != self._config.used_words:
            self._config = replace(self._config, used_words=used)
        return self._config

    async def keys(self) -> Keys:
        await self._follow()
        return self._keys

    async def subscriptions(self) -> Subscriptions:
        await self._follow()
        return self._subscriptions

    async def oncall(self) -> OnCallBook:
        await self._follow()
        return self._oncall

    async def delegations(self) -> tuple[Delegation, ...]:
        await self._follow()
        return self._delegations

    async def refresh(self) -> None:
        """Read now, whatever the age: our own change must be visible at once. A read in
        progress may have begun before that change, so it is followed by another.
        """
        if self._reading is not None:
            await asyncio.wait([self._reading])
        self._read_at = 0.0
        await self._follow()

    async def _follow(self) -> None:
        """All callers share one read, and its failure: one after the other, each would
        wait for the timeouts of an unavailable database.
        """
        if time.monotonic() - self._read_at < FRESH_FOR_S:
            return
        if self._reading is None:
            self._reading = asyncio.create_task(self._catch_up())
            self._reading.add_done_callback(self._done)
        # Shielded: a caller who gives up must not cancel the others' read.
        await asyncio.shield(self._reading)

    def _done(self, reading: asyncio.Task[None]) -> None:
        self._reading = None
        if not reading.cancelled():
            reading.exception()  # retrieved, also when no caller waits any more

    async def _catch_up(self) -> None:
        began = time.monotonic()
        while new := await self._store.registry_events(self._position):
            events = [recorded.event for recorded in new]
            try:
                self._fold(events)
            except Exception:
                LOG.exception("the registry takes its events one by one")
                self._fold_each(events)
            self._position = new[-1].position
        self._read_at = began

    def _fold(self, events: Sequence[Event]) -> None:
        config = fold_config(events, self._config)
        keys = fold_keys(events, self._keys)
        subscriptions = fold_subscriptions(events, self._subscriptions)
        oncall = fold_oncall(events, self._oncall)
        delegations = fold_delegations(events, self._delegations)
        self._config, self._keys = config, keys
        self._subscriptions, self._oncall = subscriptions, oncall
        self._delegations = delegations

    def _fold_each(self, events: Sequence[Event]) -> None:
        """An invalid event must not lock everybody out."""
        for event in events:
            try:
                self._fold([event])
            except Exception:
                LOG.exception("%s is left out", event.id)
