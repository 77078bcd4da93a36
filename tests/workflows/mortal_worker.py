"""A worker that can be killed: a process with the workflows of one queue, and with all
that they remember. `python -m tests.workflows.mortal_worker ADDRESS NAMESPACE QUEUE`
"""

import asyncio
import sys
from asyncio.subprocess import Process

from temporalio.client import Client
from temporalio.worker import Worker

from infra.processes import STICKY, sandbox
from infra.temporal.payloads import MESSAGES
from tests.support.files import ROOT
from workflows.ticket import TicketWorkflow


class MortalWorker:
    """Carries the workflows; what they ask for is done by somebody else."""

    def __init__(self, client: Client, queue: str) -> None:
        address = client.service_client.config.target_host
        self._arguments = (address, client.namespace, queue)
        self._process: Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, *self._arguments, cwd=ROOT
        )

    async def kill(self) -> None:
        """With no chance to say goodbye."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None


async def carry(address: str, namespace: str, queue: str) -> None:
    client = await Client.connect(address, namespace=namespace, data_converter=MESSAGES)
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[TicketWorkflow],
        workflow_runner=sandbox(),
        sticky_queue_schedule_to_start_timeout=STICKY,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(carry(*sys.argv[1:]))
