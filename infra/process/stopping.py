"""A process that is asked to stop does stop, whatever hangs in it.

The supervisor kills a process that takes too long; if the supervisor was killed, nobody
does that, and the process would keep the data directory busy for ever. So each process
limits its own shutdown.
"""

import asyncio
import signal
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from typing_extensions import override

from infra.process.terminal import stop_signals

LONGEST_S = 10
"""From the request to the end; the supervisor kills sooner."""
ASK_AGAIN_S = 1.0


def bound_the_end() -> None:
    """From now on the kernel ends this process after `LONGEST_S`, by SIGALRM."""
    signal.alarm(LONGEST_S)


async def until_stopped(
    *running: Coroutine[Any, Any, None], ask_again_s: float = ASK_AGAIN_S
) -> None:
    """Runs all of them until a signal to stop; the first that fails ends the process,
    so that its supervisor restarts it.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in stop_signals():
        loop.add_signal_handler(number, stopped.set)
    tasks = [asyncio.create_task(coroutine) for coroutine in running]
    stopping = asyncio.create_task(stopped.wait())
    done, _ = await asyncio.wait(
        [*tasks, stopping], return_when=asyncio.FIRST_COMPLETED
    )
    bound_the_end()
    await _end([*tasks, stopping], ask_again_s)
    for task in done - {stopping}:
        task.result()


async def _end(tasks: Iterable[asyncio.Task[Any]], ask_again_s: float) -> None:
    """One request is not enough: before Python 3.12 a library that waits by
    `asyncio.wait_for` loses the request if its result arrives at the same moment, and
    its loop would continue.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=ask_again_s)


class Server(uvicorn.Server):
    """The HTTP server; its shutdown is limited too."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """It handles two of the signals that stop us."""
        known = {n: signal.signal(n, self.handle_exit) for n in stop_signals()}
        try:
            with super().capture_signals():
                yield
        finally:
            for number, handler in known.items():
                signal.signal(number, handler)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        bound_the_end()
        super().handle_exit(sig, frame)
