"""People, teams and loads: configuration and the read model, put together.

Loads come from the read model and are a moment old; `moved` puts what this process
decided since on top, so that a burst of reassignments is spread, not heaped.
"""

import time

from activities.ports import Registry
from domain.assignment import Directory
from infra.database import Database

FRESH_FOR_S = 1.0


class LiveRoster:
    def __init__(self, database: Database, registry: Registry) -> None:
        self._database, self._registry = database, registry
        self._loads: dict[str, int] = {}
        self._read_at = 0.0

    async def directory(self) -> Directory:
        known = (await self._registry.config()).directory
        if time.monotonic() - self._read_at > FRESH_FOR_S:
            self._read_at = time.monotonic()
            rows = await self._database.rows(
                "SELECT assignee, count(*) FROM tickets WHERE assignee IS NOT NULL"
                " AND status NOT IN ('resolved', 'closed') GROUP BY assignee"
            )
            self._loads = {agent: int(count) for agent, count in rows}
        return Directory(agents=known.agents, teams=known.teams, loads=self._loads)

    def moved(self, directory: Directory) -> None:
        self._loads = dict(directory.loads)
