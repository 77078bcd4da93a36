"""Processes that outlived their parent: found in /proc, asked to end, then killed.

They hold ports, files and shared memory that their successors need. The caller holds
the data directory's lock, so no other installation uses them. Without /proc nothing is
found: there the successors fail with a message of their own.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.embedded.process import EmbeddedError, until

LEAVE_S = 5.0
MARK = "PLEDGE_SUPERVISED"  # in the environment of every child: its data directory

Pids = Callable[[], list[int]]


async def end(
    remains: Pids, politely: signal.Signals, patience_s: float = LEAVE_S
) -> None:
    """Returns when none is left; raises EmbeddedError if one survives SIGKILL, which is
    sent after `patience_s`.
    """

    async def nobody_left() -> bool:
        return not remains()

    for number, within_s in ((politely, patience_s), (signal.SIGKILL, LEAVE_S)):
        for pid in remains():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await until(nobody_left)
    raise EmbeddedError(f"processes of an earlier run do not end: {remains()}")


def marked(data_dir: Path) -> list[int]:
    """Return the processes that were started for this data directory."""
    mark = f"{MARK}={data_dir}".encode()
    return [
        int(entry.name)
        for entry in _processes()
        if mark in _read(entry / "environ").split(b"\0")
    ]


def working_in(cluster: Path) -> list[int]:
    """Return the PostgreSQL processes, which work inside their cluster."""
    return [
        int(entry.name)
        for entry in _processes()
        if _read(entry / "comm") == b"postgres\n" and _is_inside(entry, cluster)
    ]


def _processes() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*")


def _is_inside(entry: Path, cluster: Path) -> bool:
    with contextlib.suppress(OSError):  # ended meanwhile, or not readable for us
        return (entry / "cwd").samefile(cluster)
    return False


def _read(file: Path) -> bytes:
    with contextlib.suppress(OSError):
        return file.read_bytes()
    return b""
