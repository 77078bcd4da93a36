"""Starts workflows for requested simulations, also after Temporal was unavailable or
lost everything; deletes old ones. Not a follower: jobs are not in the log.
"""

import asyncio
import logging
import time

from infra.followers.loops import AWAY
from infra.postgres.wake_up import WakeUpListener
from infra.projections.simulations import SimulationTable
from infra.temporal.client import (
    TemporalRefusedError,
    TemporalUnavailableError,
    TimerBackend,
)

AGAIN_S = 10.0
LOG = logging.getLogger(__name__)


class SimulationStarter:
    """`listener`: wakes up when a job was added."""

    def __init__(
        self, table: SimulationTable, backend: TimerBackend, listener: WakeUpListener
    ) -> None:
        self._table, self._backend, self._listener = table, backend, listener
        self._started: dict[str, float] = {}

    async def run(self) -> None:
        await asyncio.gather(self._listener.run(), self._start_for_ever())

    async def _start_for_ever(self) -> None:
        while True:
            woken = self._listener.next_wake_up()
            try:
                await self._table.expire()
                await self.start()
            except (*AWAY, TemporalUnavailableError, TemporalRefusedError) as error:
                LOG.warning("simulations wait: %s", error)
            await self._listener.wait(woken=woken)

    async def start(self) -> None:
        """Idempotent: a running workflow continues. Repeated regularly, because
        Temporal may have lost it.
        """
        unfinished, now = await self._table.unfinished(), time.monotonic()
        self._started = {i: at for i, at in self._started.items() if i in unfinished}
        for job_id in unfinished:
            if now - self._started.get(job_id, -AGAIN_S) >= AGAIN_S:
                await self._backend.simulate(job_id)
                self._started[job_id] = now
