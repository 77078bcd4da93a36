"""Messages out, when they are due: one leader, many destinations at once.

A destination gets one message at a time, so that what comes meanwhile is bundled; a
slow one holds up nobody else.
"""

import asyncio
import logging
from datetime import UTC, datetime

import psycopg

from activities.notification.send import Sending
from activities.ports import StoreUnavailableError
from domain.notification.dispatch_order import Bundle
from infra.notification.due_table import NotificationTable
from infra.postgres.database import Database
from infra.postgres.wake_up import EVERY_S, WakeUpListener

LOCK = 7308
AT_ONCE = 20
LINGER_S = 0.05
AWAY = (StoreUnavailableError, psycopg.Error, OSError)
LOG = logging.getLogger(__name__)


class Sender:
    def __init__(
        self,
        database: Database,
        table: NotificationTable,
        sending: Sending,
        bell: WakeUpListener,
    ) -> None:
        self._database, self._table = database, table
        self._sending, self._bell = sending, bell
        self._free = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """For ever; what is on its way when the lock is lost goes on to its end."""
        while True:
            try:
                await self._lead()
            except AWAY as error:
                LOG.warning("sender: %s", type(error).__name__)
            except Exception:
                LOG.exception("sender")
            await asyncio.sleep(EVERY_S)

    async def _lead(self) -> None:
        async with await self._database.dedicated() as connection:
            while True:
                cursor = await connection.execute(
                    "SELECT pg_try_advisory_lock(%s)", (LOCK,)
                )
                row = await cursor.fetchone()
                if not (row and row[0]):
                    return
                ring = self._bell.next_ring()
                for bundle in await self._sending.ready(self._running.keys()):
                    self._start(bundle)
                await self._bell.wait(await self._pause_s(), ring)
                await asyncio.sleep(LINGER_S)

    def _start(self, bundle: Bundle) -> None:
        destination = bundle[0].destination
        if destination in self._running:
            return  # of another person at the same address; next time
        task = asyncio.create_task(self._send(bundle))
        self._running[destination] = task
        task.add_done_callback(lambda _: self._done(destination))

    async def _send(self, bundle: Bundle) -> None:
        async with self._free:
            try:
                await self._sending.send(bundle)
            except AWAY as error:
                LOG.warning("sender: %s; tried again", type(error).__name__)
            except Exception:
                LOG.exception("sender: %s", bundle[0].notification)
                await asyncio.sleep(EVERY_S)

    def _done(self, destination: str) -> None:
        del self._running[destination]
        self._bell.ring()

    async def _pause_s(self) -> float:
        due_at = await self._table.next_due()
        if due_at is None:
            return EVERY_S
        left = (due_at - datetime.now(UTC)).total_seconds()
        return min(max(left, 0.0), EVERY_S) or EVERY_S
