"""Recreate every running workflow from the log: Temporal's history is disposable."""

import asyncio
from collections.abc import Callable, Sequence

from activities.contracts import TicketPlan
from activities.enforcement import contract
from infra.eventstore.streams import PROJECTOR, ticket_ids
from infra.followers.ticket_cache import TicketCache, each
from infra.settings import Settings
from infra.temporal.client import TemporalRefusedError, TimerBackend, connect
from infra.wiring import Core, core_now

PAGE = 200


async def rebuild(
    settings: Settings, per_second: float, say: Callable[[str], None]
) -> int:
    """Overdue first, then by due time. Can be run again at any time: a workflow that
    exists already ignores a plan it knows. A ticket that cannot be read or sent is
    reported and skipped.
    """
    backend = TimerBackend(await connect())
    done = 0
    async with core_now(settings) as made:
        for subscription in (await made.registry.subscriptions()).there:
            await backend.wake_up(subscription.id)
        ids = await _open_tickets(made)
        for start in range(0, len(ids), PAGE):
            for plan in await _plans(made, ids[start : start + PAGE], say):
                try:
                    await backend.push(plan)
                    done += 1
                except TemporalRefusedError as error:
                    say(f"{plan.ticket_id}: {error}")
                await asyncio.sleep(1 / per_second)
            say(f"{done} of {len(ids)}")
    return done


async def _open_tickets(made: Core) -> list[str]:
    """By the read model, and by the log for what the read model does not have yet."""
    rows = await made.database.rows(
        "SELECT position FROM follower_positions WHERE follower = %s", (PROJECTOR,)
    )
    after = int(rows[0][0]) if rows else 0
    ids = await made.database.rows(
        "SELECT id FROM tickets WHERE NOT done ORDER BY next_due_ms NULLS LAST, id"
    )
    found = dict.fromkeys(str(row[0]) for row in ids)
    while batch := await made.store.headers(after, PAGE):
        found |= dict.fromkeys(ticket_ids(batch))
        after = batch[-1].position
    return list(found)


async def _plans(
    made: Core, ids: Sequence[str], say: Callable[[str], None]
) -> list[TicketPlan]:
    tickets, failed = await TicketCache(made.store).fresh(ids)
    plans, planless = each(tickets, contract)
    for ticket_id, error in (failed | planless).items():
        say(f"{ticket_id}: {error}")
    return [plan for plan in plans.values() if not plan.done]
