"""The log as the pull feed reads it."""

from collections.abc import Sequence

from activities.ports import Recorded
from infra.eventstore.store import PostgresEventStore
from infra.postgres.wake_up import WakeUpListener


class LogFeed:
    def __init__(self, store: PostgresEventStore, listener: WakeUpListener) -> None:
        self._store, self._listener = store, listener

    async def read(
        self, after: int, limit: int, topics: Sequence[str] | None = None
    ) -> list[Recorded]:
        return await self._store.read(after, limit, topics)

    async def head(self) -> int:
        return await self._store.head()

    async def grown(self, at_most_s: float) -> None:
        await self._listener.wait(at_most_s)
