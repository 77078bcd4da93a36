"""What the supervisor bears while everything runs."""

import asyncio
import os
import signal
import sys

from infra.embedded.process import Command
from infra.supervisor import STOPPED, Child, Supervisor


async def test_a_full_disk_does_not_stop_what_runs_and_is_said_once(tmp_path):
    said, written, tries = [], asyncio.Event(), 0

    def publish(_):
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise OSError(28, "No space left on device")
        written.set()

    async def prepare():
        argv = (sys.executable, "-c", "import signal; signal.pause()")
        return Command(argv=argv, log=tmp_path / "log")

    child = Child(name="api", prepare=prepare)
    supervisor = Supervisor(
        stages=[[child]], publish=publish, say=said.append, all_up=lambda: None
    )
    supervisor.publish_again_s = 0.01
    running = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(written.wait(), 20)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == STOPPED
    complaints = [line for line in said if "No space left" in line]
    assert len(complaints) == 1
