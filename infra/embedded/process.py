"""Operating-system processes that end when their parent does, or outlive it.

A `Command` says what to run; a `Process` is that command running. Invariant: however
the parent ends, kill -9 included, its children are stopped by the kernel (Linux),
except those that are to outlive it. Each child leads a session of its own, so that
Ctrl-C reaches the parent only, and the parent decides the order of the shutdown.

Start processes from the main thread: the kernel ties a child to the thread that started
it.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.embedded.account import Account

POLL_S = 0.05
READY_LIMIT_S = 120.0  # crash recovery of a busy PostgreSQL included
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run, under which account, and how to end it (`grace_s`, then SIGKILL).
    `outlives`: it continues when its parent is killed.
    """

    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    stdin: int = subprocess.DEVNULL
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 5.0
    nice: int = 0
    outlives: bool = False


class EmbeddedError(Exception):
    """Something that `pledge up` starts cannot be started."""


class ProcessEndedError(EmbeddedError):
    """A process that should keep running has ended, or never became ready."""

    def __init__(self, command: Command, how: str) -> None:
        super().__init__(f"{how}: see {command.log}")


class JobFailedError(EmbeddedError):
    """A process that had a single task has failed."""

    def __init__(self, command: Command, how: str) -> None:
        super().__init__(f"{how}: see {command.log}")


class Process:
    """A running command; creating it starts it."""

    def __init__(self, command: Command) -> None:
        self._command = command
        account = command.account
        with command.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603 - argv is ours
                command.argv,
                env=command.env,
                cwd=command.cwd,
                stdin=command.stdin,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,
                # The parent has one thread that runs Python, so the fork is safe.
                preexec_fn=_in_child(command),  # noqa: PLW1509
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def runs(self) -> bool:
        return self._popen.returncode is None

    async def exited(self) -> int:
        """Wait for the end; what the child left running in its group is killed."""
        if self.runs:
            try:
                await _ended(self.pid)
            except OSError:  # no pidfd on this system
                await until(self._reaped)
            else:
                self.kill()  # before it is reaped
        await until(self._reaped)
        return int(self._popen.returncode)

    async def stop(self) -> int:
        """Ask it to end, wait for the command's grace, then kill it."""
        if self.runs:
            os.kill(self.pid, self._command.stop_signal)
        try:
            async with asyncio.timeout(self._command.grace_s):
                return await self.exited()
        except TimeoutError:
            self.kill()
            return await self.exited()

    def kill(self) -> None:
        """Kill it with all its children; not after it was reaped, when the pid may be
        reused.

        A process that gave up our user id, or has ended already, is no error.
        """
        if self.runs:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _reaped(self) -> bool:
        return self._popen.poll() is not None


async def started(command: Command, ready: Callable[[], Awaitable[None]]) -> Process:
    """Start and wait until ready; on failure or cancellation nothing is left running.

    Raises ProcessEndedError when it ends first or takes longer than `READY_LIMIT_S`.
    """
    process = Process(command)
    waits = asyncio.ensure_future(ready()), asyncio.ensure_future(process.exited())
    try:
        async with asyncio.timeout(READY_LIMIT_S):
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        _raise_if_ended(command, *waits)
    except TimeoutError:
        await process.stop()
        raise ProcessEndedError(
            command, f"{_name(command)} did not become ready"
        ) from None
    except BaseException:
        await process.stop()
        raise
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return process


def _raise_if_ended(
    command: Command, ready: asyncio.Future[None], exited: asyncio.Future[int]
) -> None:
    if exited.done():
        how = f"ended with status {exited.result()}"
        raise ProcessEndedError(command, f"{_name(command)} {how}")
    if error := ready.exception():
        how = f"did not become ready ({error})"
        raise ProcessEndedError(command, f"{_name(command)} {how}") from error


def _name(command: Command) -> str:
    return command.log.stem


async def run(command: Command) -> int:
    """Run to completion; if the wait is cancelled, the process is ended too."""
    process = Process(command)
    try:
        return await process.exited()
    finally:
        process.kill()
        await process.exited()


async def until(probe: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that sends no notification."""
    while not await probe():  # noqa: ASYNC110 - by definition
        await asyncio.sleep(POLL_S)


def _in_child(command: Command) -> Callable[[], None]:
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        os.nice(command.nice)
        # Each child leads a session, and Linux shares the processor between sessions
        # first: without this line nice would count among a child's own threads only.
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(command.nice))
        if (
            libc is not None and not command.outlives
        ):  # after Popen's setuid, which would clear it
            libc.prctl(_PR_SET_PDEATHSIG, int(command.stop_signal))
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return prepare


async def _ended(pid: int) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    descriptor = os.pidfd_open(pid)
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
