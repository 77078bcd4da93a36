"""What was published, who was on call and who had which authority when an event was
recorded.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.ports import Recorded
from domain.authority.delegation import Delegation, fold_delegations
from domain.configuration.configuration import Configuration, fold_config
from domain.configuration.on_call_book import fold_oncall
from domain.oncall.book import OnCallBook
from domain.ticket.world import World
from infra.eventstore.store import PostgresEventStore

LATE = timedelta(seconds=2)
"""A process learns within a moment of what another one published, and a decision takes
a moment until it is recorded: until then the version before may have been used."""


@dataclass(frozen=True)
class _Revision:
    position: int
    recorded_at: datetime
    config: Configuration
    oncall: OnCallBook
    delegations: tuple[Delegation, ...]

    def world(self) -> World:
        config = self.config
        return World(
            config=config,
            directory=config.directory,
            oncall=self.oncall,
            delegations=self.delegations,
        )


_NOTHING = World()


class PastWorlds:
    """Each revision shares with the one before what it does not change."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store
        self._revisions: list[_Revision] = []
        self._read = 0
        self._reading = asyncio.Lock()

    async def refresh(self) -> None:
        """What is published until now can be asked for from now on."""
        async with self._reading:
            while new := await self._store.registry_events(self._read):
                self._revisions += await asyncio.to_thread(self._folded, new)
                self._read = new[-1].position

    def at(self, position: int, recorded_at: datetime) -> Sequence[World]:
        """The newest first."""
        end = bisect_left(self._revisions, position, key=lambda r: r.position)
        found = []
        for place in range(end - 1, -1, -1):
            revision = self._revisions[place]
            found.append(revision.world())
            if revision.recorded_at < recorded_at - LATE:
                return found
        return [*found, _NOTHING]

    def _folded(self, events: Sequence[Recorded]) -> list[_Revision]:
        last = self._revisions[-1] if self._revisions else None
        config = last.config if last else Configuration()
        oncall = last.oncall if last else OnCallBook()
        delegations = last.delegations if last else ()
        found = []
        for recorded in events:
            config = fold_config([recorded.event], config)
            oncall = fold_oncall([recorded.event], oncall)
            delegations = fold_delegations([recorded.event], delegations)
            found.append(
                _Revision(
                    recorded.position,
                    recorded.recorded_at,
                    config,
                    oncall,
                    delegations,
                )
            )
        return found
