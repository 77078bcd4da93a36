"""Due messages are sent: one leader, many destinations at once.

A destination gets one message at a time, so that what becomes due meanwhile is bundled;
a slow one does not delay the others.
"""

import asyncio
import logging
from datetime import UTC, datetime
from typing import NoReturn

from activities.notification.send import Sending
from domain.notification.dispatch_order import Bundle
from infra.followers.loops import AWAY, for_ever
from infra.notification.due_table import NotificationTable
from infra.postgres.database import Database
from infra.postgres.leadership import leadership
from infra.postgres.wake_up import EVERY_S, WakeUpListener

AT_ONCE = 20
LINGER_S = 0.05
LOG = logging.getLogger(__name__)


class Sender:
    def __init__(
        self,
        database: Database,
        table: NotificationTable,
        sending: Sending,
        listener: WakeUpListener,
    ) -> None:
        self._database, self._table = database, table
        self._sending, self._listener = sending, listener
        self._free = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> NoReturn:
        """Messages being sent when the lock is lost are completed."""
        await for_ever("sender", self._lead)

    async def _lead(self) -> float:
        async with leadership(self._database, "sender") as lead:
            while await lead.taken():
                woken = self._listener.next_wake_up()
                for bundle in await self._sending.ready(self._running.keys()):
                    self._start(bundle)
                await self._listener.wait(await self._pause_s(), woken)
                await asyncio.sleep(LINGER_S)
        return EVERY_S

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
        self._listener.wake()

    async def _pause_s(self) -> float:
        due_at = await self._table.next_due()
        if due_at is None:
            return EVERY_S
        left = (due_at - datetime.now(UTC)).total_seconds()
        return min(max(left, 0.0), EVERY_S) or EVERY_S
