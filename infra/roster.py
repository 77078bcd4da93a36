"""People, teams and loads: configuration and the read model, put together.

Loads come from the read model and are a moment old; what this process decided since, or
is about to, is put on top, so that a burst is spread and nobody is asked for more than
fits. What other processes decided within the moment is not known here.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from activities.ports import Moving, Registry
from domain.assignment import Directory, Turn
from domain.ticket.state import Ticket
from domain.workload import handed
from infra.database import Database
from infra.followers.projector import PROJECTOR

FRESH_FOR_S = 1.0
MOST_FAMILIAR = 5

# In one: whoever counts must know up to where they count.
_COUNTS = """
SELECT 'held', agent, team, channel, sum(n) FROM (
    SELECT assignee AS agent, team, channel, count(*) AS n FROM tickets
    WHERE assignee IS NOT NULL AND status NOT IN ('resolved', 'closed') GROUP BY 1, 2, 3
    UNION ALL
    SELECT offered_to, team, channel, count(*) FROM tickets
    WHERE offered_to IS NOT NULL GROUP BY 1, 2, 3
) AS parts GROUP BY 2, 3, 4
UNION ALL
SELECT 'waiting', NULL, team, NULL, count(*) FROM tickets
WHERE queued AND waiting IS NOT NULL GROUP BY team
UNION ALL
SELECT 'position', NULL, NULL, NULL, position FROM follower_positions
WHERE follower = %s
"""
_FAMILIAR = """
SELECT customer, assignee FROM tickets
WHERE customer = ANY(%s) AND assignee IS NOT NULL
GROUP BY 1, 2 ORDER BY max(updated_at) DESC
"""
_TURNS = "SELECT place, person, taken_at FROM turns"
_TAKEN = "SELECT agent, taken_at FROM agent_turns"


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
        found = replace(self._read, agents=known.agents, teams=known.teams)
        for move in self._moves:
            found = handed(found, move.before, move.after)
        return found

    async def refresh(self) -> None:
        """What the read model says now; of our own moves it knows those up to its
        position.
        """
        self._read_at = time.monotonic()
        config, rows = await self._registry.config(), self._database.rows
        position, loads, waiting = 0, dict[str, int](), dict[str, int]()
        for kind, agent, team, channel, count in await rows(_COUNTS, (PROJECTOR,)):
            if kind == "held":
                weight = int(count) * config.directory.weight(team, channel)
                loads[agent] = loads.get(agent, 0) + weight
            elif kind == "waiting":
                waiting[team] = int(count)
            else:
                position = int(count)
        turns = await rows(_TURNS)
        self._read = Directory(
            loads=loads,
            waiting=waiting,
            taken_at=dict(await rows(_TAKEN)),
            turns={place: Turn(person=who, at=at) for place, who, at in turns},
        )
        self._moves = [
            m for m in self._moves if m.position is None or m.position > position
        ]

    async def familiar(self, customers: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        teams = (await self._registry.config()).directory.teams.values()
        if not customers or not any("customer" in t.terms.affinity for t in teams):
            return {}
        found: dict[str, tuple[str, ...]] = {}
        rows = await self._database.rows(_FAMILIAR, (list(customers),))
        for customer, agent in rows:
            found[customer] = (*found.get(customer, ()), agent)[:MOST_FAMILIAR]
        return found

    @contextmanager
    def moving(self, before: Ticket | None, after: Ticket) -> Iterator[Moving]:
        move = Moving(before, after)
        self._moves.append(move)
        try:
            yield move
        finally:
            if move.position is None:
                self._moves = [m for m in self._moves if m is not move]

    def moved(self, directory: Directory) -> None:
        """Those of a batch, until the read model is asked again."""
        for move in self._moves:  # they are put on top again
            if move.before is not None:
                directory = handed(directory, move.after, move.before)
        self._read = replace(self._read, loads=directory.loads, turns=directory.turns)
