"""A process that is told to stop is gone soon, whatever its libraries do."""

import asyncio
import signal
import subprocess
import sys

import pytest

from infra.postgres.wake_up import WakeUpListener
from tests.support.files import ROOT

SCRIPT = """
import asyncio
from infra.process import stopping

async def endless():
    print("runs", flush=True)
    await asyncio.Event().wait()

async def loses_the_first():
    try:
        await endless()
    except asyncio.CancelledError:
        await asyncio.Event().wait()

async def loses_all():
    while True:
        try:
            await endless()
        except asyncio.CancelledError:
            pass

async def fails_on_its_way_out():
    try:
        await endless()
    finally:
        raise OSError("the server went at the same moment")

stopping.LONGEST_S = 2
asyncio.run(stopping.until_stopped({loop}(), ask_again_s=0.1))
"""


def stopped(loop: str, how: signal.Signals = signal.SIGTERM) -> int:
    """Told to stop while it runs this loop; its exit status."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.replace("{loop}", loop)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(how)
        return process.wait(30)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("loop", ["endless", "loses_the_first", "fails_on_its_way_out"])
def test_a_request_to_stop_is_followed_even_if_a_library_lost_it(loop, how):
    assert stopped(loop, how) == 0


def test_what_hears_no_request_is_ended_by_the_kernel():
    assert stopped("loses_all") == -signal.SIGALRM


@pytest.mark.parametrize("ticks", range(6))
async def test_a_request_to_stop_is_heard_however_close_to_a_ring(ticks):
    listener = WakeUpListener(None)
    waiting = asyncio.create_task(listener.wait(60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    listener.wake()
    for _ in range(ticks):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting
