"""What `pledge up` runs: the servers, the migration and Pledge's own processes.

A server whose address is in the environment is external: used, not started. Everything
else is chosen here once, stored in the data directory, and passed to the children by
environment. Only the migration gets the owner's database URL.

Long-running processes outlive a supervisor that is killed: promises are still enforced,
and the next `pledge up` takes the installation over.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.audit.log_key import log_signer
from infra.audit.signing import KeyFileError
from infra.audit.witness_state import WitnessStateError, add_log, witness_signer
from infra.embedded import remains
from infra.embedded.data_dir import DataDir
from infra.embedded.located import EMBEDDED_WEBHOOK_ALLOW
from infra.embedded.ports import LOOPBACK, free_port, is_free
from infra.embedded.postgres import OWNER, Postgres
from infra.embedded.probe import answering
from infra.embedded.process import Command, EmbeddedError
from infra.embedded.supervisor import Child, alive
from infra.embedded.temporal import Temporal

DATABASE_URL = "PLEDGE_DATABASE_URL"
OWNER_DATABASE_URL = "PLEDGE_OWNER_DATABASE_URL"
TEMPORAL_ADDRESS = "TEMPORAL_ADDRESS"
ADMIN_KEY = "PLEDGE_ADMIN_KEY"
HTTP_HOST, HTTP_PORT = "PLEDGE_HTTP_HOST", "PLEDGE_HTTP_PORT"
WITNESSES = "PLEDGE_WITNESSES"
DEFAULT_PORTS = {
    "http": 8400,
    "witness": 8401,
    "temporal": 7233,
    "temporal_ui": 8233,
    "postgres": 5433,
}
EMBEDDED = {
    "temporal": TEMPORAL_ADDRESS,
    "temporal_ui": TEMPORAL_ADDRESS,
    "postgres": DATABASE_URL,
}
"""Which port belongs to a server that the setting makes an external one."""
NICE = {"worker": 10, "followers": 3}
"""Lower priority than the API: if a busy worker is late, the sweeper enforces in
time."""
PATIENCE_S = 20.0
PIDS = ("api", "worker", "followers", "witness", "postgres", "temporal")


class HalfADatabaseError(EmbeddedError):
    def __init__(self, present: str, missing: str) -> None:
        super().__init__(f"{present} is set, so {missing} must be set too")


class PortTakenError(EmbeddedError):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is taken or not ours to use; it was asked for"
            " (--port, PLEDGE_HTTP_PORT), so no other is used instead"
        )


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The chosen addresses; `postgres` or `temporal` is None when external."""

    data: DataDir
    settings: Mapping[str, str]
    http: str
    witness_port: int
    postgres: Postgres | None
    temporal: Temporal | None

    @property
    def database_url(self) -> str:
        return self.postgres.url() if self.postgres else self.settings[DATABASE_URL]

    @property
    def owner_database_url(self) -> str:
        if self.postgres:
            return self.postgres.url(OWNER)
        return self.settings[OWNER_DATABASE_URL]

    @property
    def temporal_address(self) -> str:
        return (
            self.temporal.address if self.temporal else self.settings[TEMPORAL_ADDRESS]
        )

    @property
    def temporal_ui(self) -> str | None:
        return self.temporal.ui if self.temporal else None

    @property
    def admin_key_file(self) -> Path:
        return self.data.secret_file("admin.key")

    def stages(self) -> Sequence[Sequence[Child]]:
        """Return the children in the order in which they start."""
        return (
            [_server("postgres", self.postgres)] if self.postgres else [],
            [self._python("migrate", once=True)],
            [_server("temporal", self.temporal)] if self.temporal else [],
            [self._witness(), self._api(), self._worker(), self._python("followers")],
        )

    def run(self, pids: Mapping[str, int | None]) -> dict[str, Any]:
        """Return what run.json says."""
        return {
            "http": self.http,
            "temporal": self.temporal_address,
            "temporal_ui": self.temporal_ui,
            "postgres": self.database_url,
            "witnesses": self._witnesses(),
            "pids": {"supervisor": os.getpid()} | {n: pids.get(n) for n in PIDS},
        }

    def prepare(self) -> None:
        """Create what the children expect to find."""
        self.data.emptied_folder("metrics")
        origin = self.settings.get("PLEDGE_LOG_ORIGIN", "")
        try:
            log = log_signer(str(self.data.path), origin).key
            # Each must know the other before it meets it.
            witness_signer(self.witness_folder)
            add_log(self.witness_folder, log)
        except (KeyFileError, WitnessStateError) as error:
            raise EmbeddedError(str(error)) from error
        if ADMIN_KEY not in self.settings:
            self.data.secret(self.admin_key_file.name, _admin_key)

    def _api(self) -> Child:
        async def ready() -> None:
            await answering(f"{self.http}/healthz")

        return self._python("api", ready=ready)

    @property
    def witness_folder(self) -> Path:
        """Its own: nothing else is kept in it, and it needs nothing else."""
        return self.data.folder("witness")

    def _witness(self) -> Child:
        """Nothing waits for it."""
        address = f"{LOOPBACK}:{self.witness_port}"
        options = ("--listen", address, "--dir", str(self.witness_folder))
        return self._python("witness", *options)

    def _witnesses(self) -> str:
        """Ours, and those of the settings."""
        key = witness_signer(self.witness_folder).key.encoded
        ours = f"{key} http://{LOOPBACK}:{self.witness_port}"
        return ", ".join(filter(None, (ours, self.settings.get(WITNESSES))))

    def _worker(self) -> Child:
        async def ready() -> None:
            """When Pledge reports that it is up, promises are enforced to the
            second.
            """
            with contextlib.suppress(TimeoutError):  # an external part may be away
                async with asyncio.timeout(PATIENCE_S):
                    url = f"{self.http}/healthz/parts"
                    await answering(url, lambda answer: _are_there(answer.json()))

        return self._python("worker", ready=ready)

    def _python(
        self,
        name: str,
        *options: str,
        once: bool = False,
        ready: Callable[[], Awaitable[None]] = alive,
    ) -> Child:
        async def prepare() -> Command:
            return Command(
                argv=(sys.executable, "-m", "infra", name, *options),
                log=self.data.log(name),
                env=self._environment(owner=once),
                nice=NICE.get(name, 0),
                outlives=not once,
            )

        return Child(name=name, prepare=prepare, once=once, ready=ready)

    def _environment(self, *, owner: bool) -> dict[str, str]:
        ours = {
            DATABASE_URL: self.database_url,
            TEMPORAL_ADDRESS: self.temporal_address,
            "PLEDGE_DATA_DIR": str(self.data.path),
            HTTP_PORT: self.http.rpartition(":")[2],
            "PROMETHEUS_MULTIPROC_DIR": str(self.data.folder("metrics")),
            "PYTHONUNBUFFERED": "1",
            WITNESSES: self._witnesses(),
            remains.MARK: str(self.data.path),
        }
        if ADMIN_KEY not in self.settings:
            ours["PLEDGE_ADMIN_KEY_FILE"] = str(self.admin_key_file)
        if owner:
            ours[OWNER_DATABASE_URL] = self.owner_database_url
        given = {k: v for k, v in self.settings.items() if k != OWNER_DATABASE_URL}
        return {"PLEDGE_WEBHOOK_ALLOW": EMBEDDED_WEBHOOK_ALLOW} | given | ours


def assemble(
    data: DataDir,
    settings: Mapping[str, str],
    say: Callable[[str], None],
) -> Stack:
    """Choose what is embedded and where it listens; raises EmbeddedError."""
    if (DATABASE_URL in settings) != (OWNER_DATABASE_URL in settings):
        names = sorted((DATABASE_URL, OWNER_DATABASE_URL), key=settings.__contains__)
        raise HalfADatabaseError(present=names[1], missing=names[0])
    host = settings.get(HTTP_HOST) or LOOPBACK
    embedded = [name for name, address in EMBEDDED.items() if address not in settings]
    if wanted := int(settings.get(HTTP_PORT) or 0):
        if not is_free(wanted, host):
            raise PortTakenError(host, wanted)
        ports = _ports(data, ["witness", *embedded], say, wanted) | {"http": wanted}
    else:
        ports = _ports(data, ["http", "witness", *embedded], say)
    data.keep_ports({**data.ports(), **ports})
    return Stack(
        data=data,
        settings=settings,
        http=f"http://{_reached_at(host)}:{ports['http']}",
        witness_port=ports["witness"],
        postgres=Postgres(data, ports["postgres"]) if "postgres" in ports else None,
        temporal=Temporal(data, ports["temporal"], ports["temporal_ui"])
        if "temporal" in ports
        else None,
    )


def _ports(
    data: DataDir, names: Iterable[str], say: Callable[[str], None], *taken: int
) -> dict[str, int]:
    """Prefer the ports chosen before, then the defaults: none of these was
    requested. `taken`: what somebody else gets.
    """
    chosen: dict[str, int] = {}
    for name in names:
        preferred = data.ports().get(name, DEFAULT_PORTS[name])
        port = free_port(preferred)
        while port in (*chosen.values(), *taken):
            port = free_port()
        if port != preferred:
            say(f"port {preferred} is taken, using {port}")
        chosen[name] = port
    return chosen


def _reached_at(host: str) -> str:
    """The address by which we reach our own server."""
    if host in ("0.0.0.0", "::", LOOPBACK):  # noqa: S104 - asked for by its operator
        return LOOPBACK
    return f"[{host}]" if ":" in host else host


def _server(name: str, server: Postgres | Temporal) -> Child:
    async def prepare() -> Command:
        return replace(await server.prepare(), outlives=True)

    # Killed without a checkpoint, PostgreSQL would have to recover at its next start.
    hurried = not isinstance(server, Postgres)
    return Child(name=name, prepare=prepare, ready=server.ready, hurried=hurried)


def _admin_key() -> str:
    return f"plk_{secrets.token_urlsafe(30)}"


def _are_there(health: dict[str, Any]) -> bool:
    """The processes that enforce promises; a full disk is no reason to wait for
    them.
    """
    parts = health["parts"]
    names = ("temporal", "worker", "followers", "sweeper")
    return all(parts[name]["state"] == "ok" for name in names)
