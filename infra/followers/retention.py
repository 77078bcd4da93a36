"""Carries out the retention runs that the log asks for, one after the other."""

import logging
from collections.abc import Sequence

from typing_extensions import override

from activities.ports import StoreUnavailableError
from activities.retention_run import RetentionRunner
from api.ports import BehindError
from domain.errors import VersionConflictError
from domain.privacy.facts import (
    RetentionApplied,
    RetentionFailed,
    RetentionRequested,
)
from domain.privacy.retention import fold_run
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.follower import Follower
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.projections.ticket_list import TicketReadModel

LOG = logging.getLogger(__name__)


class RetentionFollower(Follower):
    name = "retention"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        runner: RetentionRunner,
    ) -> None:
        super().__init__(database, store, listener)
        self._runner = runner

    @property
    @override
    def behind(self) -> float:
        """A run takes its time; how far it is can be asked of the API."""
        return 0.0

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        for header in batch:
            if header.topic == RetentionRequested.topic:
                await self._carry_out(header)
        async with self.database.connection() as connection:
            await self.save(batch[-1].position, connection)

    async def _carry_out(self, header: Header) -> None:
        events = await self.store.load(header.stream_id)
        run = fold_run(events)
        if run is None or run.error is not None:
            return
        if run.applied is not None:
            # Killed before it was forgotten.
            await self._runner.runs.end(run.id)
            return
        fact: RetentionApplied | RetentionFailed
        try:
            fact = await self._runner.carry_out(run, events[0])
        except (StoreUnavailableError, VersionConflictError):
            raise  # it goes on from here in a moment
        except Exception:
            LOG.exception("retention run %s failed", run.id)
            message = f"a fault of Pledge: the followers' log has it under {run.id}"
            fact = RetentionFailed(error=message)
        await self._runner.finish(run, fact, events[0])


class CaughtUp:
    """Waits, however long it takes, until lists and search show what is in the log."""

    def __init__(self, store: PostgresEventStore, tickets: TicketReadModel) -> None:
        self._store, self._tickets = store, tickets

    async def __call__(self) -> None:
        head = await self._store.head()
        while True:
            try:
                return await self._tickets.wait_for(head, texts=True)
            except BehindError:
                LOG.warning("retention waits for the lists to reach %s", head)
