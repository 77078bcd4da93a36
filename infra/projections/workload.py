"""People, teams and loads: configuration and the read model, combined.

Loads come from the read model and are a moment old. Decisions of this process since
then are added, so that a burst is distributed and nobody is offered more than their
capacity. Recent decisions of other processes are not known here; the store refuses
appends that would exceed a capacity (`CapacityClaim`), and then the read model is
waited for.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from activities.ports import PendingAssignments, Registry
from api.ports import BehindError
from domain.assignment.workload import Move, handed, moves_anything
from domain.people.directory import Directory, Turn
from infra.eventstore.streams import PROJECTOR
from infra.postgres.database import Database

Projected = Callable[[int], Awaitable[None]]
"""Waits until the read model has processed a position. Raises BehindError."""
LOG = logging.getLogger(__name__)
FRESH_FOR_S = 1.0
CAUGHT_UP_WITHIN_S = 2.0
"""A promise waits no longer than this for the loads of agents."""
MOST_FAMILIAR = 5

# In one statement: the counts and the position up to which they count.
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
_HEAD = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
_TURNS = "SELECT place, person, taken_at FROM turns"
_TAKEN = "SELECT agent, taken_at FROM agent_turns"


class LiveWorkload:
    def __init__(
        self, database: Database, registry: Registry, projected: Projected
    ) -> None:
        self._database, self._registry = database, registry
        self._projected = projected
        self._read = Directory()
        self._moves: list[PendingAssignments] = []
        self._read_at = 0.0

    async def directory(self) -> Directory:
        known = (await self._registry.config()).directory
        if time.monotonic() - self._read_at > FRESH_FOR_S:
            await self.refresh()
        found = replace(self._read, agents=known.agents, teams=known.teams)
        return handed(found, *(move for each in self._moves for move in each.moves))

    async def refresh(self) -> None:
        """The read model's loads now; it includes our own moves up to its position."""
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
            position=position,
        )
        self._moves = [
            m for m in self._moves if m.position is None or m.position > position
        ]

    async def past_agents(
        self, customers: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        teams = (await self._registry.config()).directory.teams.values()
        if not customers or not any("customer" in t.routing.affinity for t in teams):
            return {}
        found: dict[str, tuple[str, ...]] = {}
        rows = await self._database.rows(_FAMILIAR, (list(customers),))
        for customer, agent in rows:
            found[customer] = (*found.get(customer, ()), agent)[:MOST_FAMILIAR]
        return found

    async def caught_up(self) -> bool:
        rows = await self._database.rows(_HEAD)
        try:
            async with asyncio.timeout(CAUGHT_UP_WITHIN_S):
                await self._projected(int(rows[0][0]))
        except (TimeoutError, BehindError):
            LOG.warning("loads: the read model is far behind; decided without it")
            return False
        await self.refresh()
        return True

    @contextmanager
    def moving(self, moves: Sequence[Move]) -> Iterator[PendingAssignments]:
        made = PendingAssignments([move for move in moves if moves_anything(move)])
        if made.moves:
            self._moves.append(made)
        try:
            yield made
        finally:
            if made.position is None:
                self._moves = [m for m in self._moves if m is not made]
