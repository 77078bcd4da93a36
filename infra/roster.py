"""People, teams and loads: configuration and the read model, put together.

Loads come from the read model and are a moment old; what this process decided since, or
is about to, is put on top, so that a burst is spread and nobody is asked for more than
fits. What other processes decided within the moment is not known here.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from activities.ports import Moving, Registry
from domain.assignment import Directory
from infra.database import Database
from infra.followers.projector import PROJECTOR

FRESH_FOR_S = 1.0

_SELECT = """
SELECT 'load', agent, sum(n) FROM (
    SELECT assignee AS agent, count(*) AS n FROM tickets
    WHERE assignee IS NOT NULL AND status NOT IN ('resolved', 'closed') GROUP BY 1
    UNION ALL
    SELECT offered_to, count(*) FROM tickets WHERE offered_to IS NOT NULL GROUP BY 1
) AS parts GROUP BY agent
UNION ALL
SELECT 'waiting', team, count(*) FROM tickets
WHERE queued AND waiting IS NOT NULL GROUP BY team
UNION ALL
SELECT 'position', '', position FROM follower_positions WHERE follower = %s
"""


class LiveRoster:
    def __init__(self, database: Database, registry: Registry) -> None:
        self._database, self._registry = database, registry
        self._read = Directory()
        self._moves: list[Moving] = []
        self._read_at = 0.0

    async def directory(self) -> Directory:
        known = (await self._registry.config()).directory
        if time.monotonic() - self._read_at > FRESH_FOR_S:
            await self.refresh()
        found = Directory(
            agents=known.agents,
            teams=known.teams,
            loads=self._read.loads,
            taken_at=self._read.taken_at,
            waiting=self._read.waiting,
        )
        for move in self._moves:
            found = found.moved(move.taker, move.giver, move.at)
        return found

    async def refresh(self) -> None:
        """What the read model says now; of our own moves it knows those up to its
        position.
        """
        self._read_at = time.monotonic()
        rows = await self._database.rows(_SELECT, (PROJECTOR,))
        turns = await self._database.rows("SELECT agent, taken_at FROM agent_turns")
        of = {
            kind: {name: int(count) for found, name, count in rows if found == kind}
            for kind in ("load", "waiting", "position")
        }
        position = of["position"].get("", 0)
        self._read = Directory(
            loads=of["load"], waiting=of["waiting"], taken_at=dict(turns)
        )
        self._moves = [
            m for m in self._moves if m.position is None or m.position > position
        ]

    @contextmanager
    def moving(
        self, taker: str | None, giver: str | None, at: datetime
    ) -> Iterator[Moving]:
        move = Moving(taker, giver, at)
        self._moves.append(move)
        try:
            yield move
        finally:
            if move.position is None:
                self._moves = [m for m in self._moves if m is not move]

    def moved(self, directory: Directory) -> None:
        """Those of a batch, until the read model is asked again."""
        loads = dict(directory.loads)
        for move in self._moves:  # they are put on top again
            undone = Directory(loads=loads).moved(move.giver, move.taker)
            loads = dict(undone.loads)
        self._read = Directory(
            loads=loads, taken_at=self._read.taken_at, waiting=self._read.waiting
        )
