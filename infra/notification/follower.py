"""The log to notifications: an event that notifies a person becomes a plan, and the
table of due messages is kept up to date.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from typing_extensions import override

from activities.notification.plan import Notifying
from domain.errors import DomainError
from domain.lifecycle.facts import TicketWatched
from domain.notification.audience import TOPICS, WATCHED
from domain.notification.notification import ticket_of
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.follower import Follower
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener

AT_ONCE = 8
"""Their events are written in one commit."""
NEWS = frozenset(fact.topic for fact in WATCHED)
Work = tuple[str, Callable[[], Awaitable[None]]]


class Notifications(Follower):
    name = "notifications"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        notifying: Notifying,
    ) -> None:
        super().__init__(database, store, listener)
        self._notifying = notifying

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        do, position = self._notifying, batch[-1].position
        heads = await self._telling([h for h in batch if h.topic in TOPICS])
        await self._each(
            [(h.stream_id, partial(do.plan, h.stream_id, h.version)) for h in heads],
            position,
        )
        ours = dict.fromkeys(
            h.stream_id for h in batch if h.topic.startswith("notification.")
        )
        await self._each([(s, partial(do.refresh, s)) for s in ours], position)
        left = dict.fromkeys(
            h.stream_id for h in batch if h.topic == "notification.sent"
        )
        await self._each(
            [(ticket_of(s), partial(do.sent, ticket_of(s), s)) for s in left], position
        )
        lost: dict[str, list[str]] = {}
        for header in batch:
            if header.topic == "notification.unreachable":
                lost.setdefault(ticket_of(header.stream_id), []).append(
                    header.stream_id
                )
        await self._each(
            [(t, partial(do.report, t, s)) for t, s in lost.items()], position
        )
        async with self.database.connection() as connection:
            await self.save(position, connection)

    async def _telling(self, found: list[Header]) -> list[Header]:
        """When thousands of promises are breached at once, few of their tickets are
        watched; the others need not be loaded.
        """
        news = {h.stream_id for h in found if h.topic in NEWS}
        watched = await self.store.having(TicketWatched.topic, [*news]) if news else ()
        return [h for h in found if h.topic not in NEWS or h.stream_id in watched]

    async def _each(self, work: Sequence[Work], position: int) -> None:
        for start in range(0, len(work), AT_ONCE):
            await asyncio.gather(
                *(self._one(*one, position) for one in work[start : start + AT_ONCE])
            )

    async def _one(
        self, stream: str, do: Callable[[], Awaitable[None]], position: int
    ) -> None:
        try:
            await do()
        except DomainError as error:
            await self.park({stream: error}, position)
