"""The number of warnings about published configuration, as a metric. Not a follower: it
is driven by the clock.

Counted again within a minute of a change of configuration, overrides or leaves, and
each hour, because the checked weeks advance. All processes show the same number.
"""

import asyncio
import logging
import time
from collections import Counter
from typing import NoReturn

from activities.ports import Now, Registry
from domain.configuration.configuration import Configuration
from domain.configuration.warnings import config_warnings
from domain.documents.kinds import ORDER
from domain.oncall.book import OnCallBook
from infra import metrics
from infra.followers.loops import for_ever

LOOK_S = 60
HOUR_S = 3600
LOG = logging.getLogger(__name__)


class ConfigWarnings:
    def __init__(self, registry: Registry, now: Now) -> None:
        self._registry, self._now = registry, now
        self._counted: tuple[Configuration, OnCallBook] | None = None
        self._counted_at = 0.0

    async def run(self) -> NoReturn:
        """A check that fails must not end the process."""
        await for_ever("warnings of the configuration", self._look)

    async def _look(self) -> float:
        await self.look()
        return LOOK_S

    async def look(self) -> None:
        config = await self._registry.config_to_check()
        book = await self._registry.oncall()
        known = self._counted
        same = known is not None and known[0] is config and known[1] is book
        if same and time.monotonic() - self._counted_at < HOUR_S:
            return
        await asyncio.to_thread(self._count, config, book)
        self._counted, self._counted_at = (config, book), time.monotonic()

    def _count(self, config: Configuration, book: OnCallBook) -> None:
        found = Counter(w.kind for w in config_warnings(config, book, self._now()))
        for kind in ORDER:
            metrics.CONFIG_WARNINGS.labels(kind).set(found[kind])
