"""What the supervisor bears while everything runs."""

import asyncio
import os
import signal
import sys

from infra.embedded.data_dir import DataDir
from infra.embedded.process import Command
from infra.embedded.supervisor import STOPPED, Child, Supervisor


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


def test_a_log_that_has_grown_is_put_aside_while_its_writer_goes_on(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("infra.embedded.data_dir.LOG_LIMIT_BYTES", 10)
    data = DataDir(tmp_path)
    with data.log("api").open("a") as writer:
        for number in range(6):
            writer.write(f"line number {number}\n")
            writer.flush()
            data.rotate_logs()
        writer.write("on\n")
    kept = [data.path / "logs" / f"api.log.{n}" for n in range(1, 6)]
    assert [file.read_text() for file in kept if file.exists()] == [
        f"line number {number}\n" for number in (5, 4, 3, 2)
    ]
    assert data.log("api").read_text() == "on\n"
