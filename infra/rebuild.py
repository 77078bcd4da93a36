"""Every running workflow again, from the log: Temporal's own history is disposable."""

import asyncio
from collections.abc import Callable

from activities.enforcement import contract
from domain.ticket.evolve import fold
from infra.settings import Settings
from infra.temporal import TimerBackend, connect
from infra.wiring import core

PAGE = 200


async def rebuild(
    settings: Settings, per_second: float, say: Callable[[str], None]
) -> int:
    """Overdue first, then by due time. Can be run again at any time: a workflow that
    is there already ignores a plan it knows.
    """
    backend = TimerBackend(await connect())
    done = 0
    async with core(settings) as made:
        rows = await made.database.rows(
            "SELECT id FROM tickets WHERE NOT done ORDER BY next_due_ms NULLS LAST, id"
        )
        ids = [str(row[0]) for row in rows]
        for start in range(0, len(ids), PAGE):
            streams = await made.store.load_many(ids[start : start + PAGE])
            for ticket_id in ids[start : start + PAGE]:
                ticket = fold(streams.get(ticket_id, ()))
                if ticket is not None:
                    await backend.push(contract(ticket))
                    await asyncio.sleep(1 / per_second)
                    done += 1
            say(f"{done} of {len(ids)}")
    return done
