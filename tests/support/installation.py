"""A whole Pledge on free ports in a temporary folder: the real servers and processes.

Each process can be killed and started alone; nothing supervises, so a test decides
how long something stays down.
"""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx

from infra.embedded.data_dir import DataDir
from infra.embedded.ports import free_port
from infra.embedded.postgres import OWNER, Postgres
from infra.embedded.process import Command, Process, run
from infra.embedded.temporal import Temporal
from infra.settings import Settings
from tests.support.api_client import Api, eventually, plain
from tests.support.files import ROOT
from tests.support.ports import lasting_port

TIME_SKIPPING = (
    "--dynamic-config-value",
    "frontend.WorkflowTimeSkippingEnabled=true",
)
CHAT_TOKEN = "sesame-4711"
PYTHON = ("api", "worker", "followers")
Result = TypeVar("Result")


class Installation:
    def __init__(self, folder: Path) -> None:
        self.data = DataDir(folder)
        self.postgres = Postgres(self.data, lasting_port())
        self.temporal = Temporal(
            self.data, lasting_port(), lasting_port(), extra=TIME_SKIPPING
        )
        self.http = f"http://127.0.0.1:{lasting_port()}"
        self.smtp_port, self.chat_port = lasting_port(), lasting_port()
        self.admin_key = f"plk_{secrets.token_urlsafe(30)}"
        self._stopped = False
        self.settings: dict[str, str] = {}
        """Beside those that each installation has."""
        self._runner = asyncio.Runner()
        self._processes: dict[str, Process] = {}

    def start(self, *names: str) -> None:
        """The servers, the migration, then these processes (all if none is named)."""
        self._write_notify_targets()
        self._run(self.postgres.start())
        assert self._run(run(self._command("migrate"))) == 0
        self._run(self.temporal.start())
        for name in names or PYTHON:
            self.start_process(name)
        if not names:
            self.await_ready()

    def stop(self) -> None:
        """Everything; it may be stopped already."""
        if self._stopped:
            return
        self._stopped = True
        for process in reversed(self._processes.values()):
            self._run(process.stop())
        self._run(self.temporal.stop())
        self._run(self.postgres.stop())
        self._runner.close()

    def start_process(self, name: str) -> None:
        async def start() -> Process:
            return Process(self._command(name))

        if name == "postgres":
            self._run(self.postgres.start())
        elif name == "temporal":
            self._run(self.temporal.start())
        else:
            if name == "api" and name not in self._processes:
                # While the servers started somebody's connection may have taken it.
                port = free_port(int(self.http.rpartition(":")[2]))
                self.http = f"http://127.0.0.1:{port}"
            self._processes[name] = self._run(start())
            if name == "api":
                eventually(self._answers)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """By default as a power cut would: nothing is cleaned up."""
        process = self.process(name)
        os.kill(process.pid, number)
        self._run(process.exited())

    def process(self, name: str) -> Process:
        if name in ("postgres", "temporal"):
            server: Postgres | Temporal = getattr(self, name)
            return server.process
        return self._processes[name]

    @contextmanager
    def another_api(self, **settings: str) -> Iterator[str]:
        """One more process of the API, with these settings too: its address. Its log
        is `another-api.log`.
        """
        port = str(lasting_port())
        command = replace(
            self._command("api"),
            log=self.data.log("another-api"),
            env={**self.environment, "PLEDGE_HTTP_PORT": port, **settings},
        )

        async def start() -> Process:
            return Process(command)

        process, http = self._run(start()), f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(http))
            yield http
        finally:
            self._run(process.stop())

    def client(self, key: str | None = None) -> Api:
        return Api(self.http, self.admin_key if key is None else key)

    def await_ready(self, within_s: float = 60) -> None:
        with self.client() as api:
            eventually(lambda: api.get("/healthz/parts").json()["ok"], within_s)

    @property
    def process_settings(self) -> Settings:
        """For a test that takes part as one more process."""
        return Settings(database_url=self.postgres.url(), data_dir=str(self.data.path))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PLEDGE_DATABASE_URL": self.postgres.url(),
            "PLEDGE_OWNER_DATABASE_URL": self.postgres.url(OWNER),
            "PLEDGE_DATA_DIR": str(self.data.path),
            "PLEDGE_HTTP_PORT": self.http.rpartition(":")[2],
            "PLEDGE_ADMIN_KEY": self.admin_key,
            "PLEDGE_LOG_FORMAT": "json",
            "PLEDGE_WEBHOOK_ALLOW": "127.0.0.0/8",
            "PLEDGE_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "PLEDGE_MAIL_FROM": "Pledge <pledge@shop.example>",
            "PLEDGE_NOTIFY_TARGETS": str(self._notify_targets),
            "TEMPORAL_ADDRESS": self.temporal.address,
            "PROMETHEUS_MULTIPROC_DIR": str(self.data.folder("metrics")),
            **self.settings,
        }

    @property
    def _notify_targets(self) -> Path:
        return self.data.path / "targets.json"

    def _write_notify_targets(self) -> None:
        """A chat tool that is an endpoint on loopback; its URL holds a token."""
        self.data.create()
        url = f"json://token:{CHAT_TOKEN}@127.0.0.1:{self.chat_port}/chat"
        self._notify_targets.write_text(json.dumps({"team-chat": url}))

    def cli(self, *arguments: str) -> Command:
        return self._command(*arguments)

    def _command(self, *arguments: str) -> Command:
        return Command(
            argv=(sys.executable, "-m", "infra", *arguments),
            log=self.data.log(arguments[0]),
            env=self.environment,
            cwd=ROOT,
        )

    def _answers(self) -> bool:
        pid = self._processes["api"].pid
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        assert state != "Z", "the API ended as it started: see its log"
        return _answers(self.http)

    def _run(self, work: Coroutine[Any, Any, Result] | Awaitable[Result]) -> Result:
        async def wrapped() -> Result:
            return await work

        return self._runner.run(wrapped())


def _answers(http: str) -> bool:
    try:
        return plain("GET", f"{http}/healthz").status_code == 200
    except httpx.TransportError:
        return False
