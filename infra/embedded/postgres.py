"""PostgreSQL 18 on loopback, as a direct child of this process.

Owns the cluster in `<data dir>/postgres`, its passwords in `<data dir>/secrets`, the
database `pledge` and two roles: `pledge_owner` runs migrations, `pledge_app` has no
rights until they grant some. Invariant: what was committed is there after a kill -9 of
anything, and a start copes with whatever the last end left behind.
"""

import os
import secrets
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from infra.embedded import cluster
from infra.embedded.account import account_for
from infra.embedded.data_dir import DataDir
from infra.embedded.installation import postgres_programs
from infra.embedded.ports import LOOPBACK
from infra.embedded.process import Command, Process, started, until

DATABASE = "pledge"
SUPERUSER = "postgres"
OWNER = "pledge_owner"
APP = "pledge_app"

LEAST_BUFFERS_MB, MOST_BUFFERS_MB = 128, 1024


def _buffers_mb() -> int:
    """A sixteenth of the memory, within bounds: lists of a million tickets are fast if
    the data read recently is in PostgreSQL's own memory.
    """
    memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return max(LEAST_BUFFERS_MB, min(memory_mb // 16, MOST_BUFFERS_MB))


# On the command line, so that an old data directory gets today's settings.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": f"{_buffers_mb()}MB",
    # On a small machine a parallel worker for a read costs more than the read.
    "io_method": "sync",
    "wal_buffers": "16MB",
    "min_wal_size": "256MB",
    "max_wal_size": "1GB",
    "checkpoint_completion_target": "0.9",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
}


class Postgres:
    """`async with Postgres(data, port)`, or prepare/ready under a supervisor."""

    def __init__(self, data: DataDir, port: int) -> None:
        self._data = data
        self._port = port
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

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """Return a libpq URL, password included."""
        password = self._password(role)
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self._port}/{database}"

    async def start(self) -> None:
        """Start and wait until the database and both roles exist."""
        self._process = await started(await self.prepare(), self.ready)

    async def stop(self) -> None:
        await self.process.stop()

    async def prepare(self) -> Command:
        """Create the cluster at the first start; later remove what the last run
        left.
        """
        self._data.create()
        home = self._data.path.resolve() / "postgres"
        account = account_for(home)
        programs = await postgres_programs(account)
        place = cluster.Place(home, programs, account, self._data.log("postgres"))
        if home.exists() and not self._data.secret_file(_file(SUPERUSER)).exists():
            raise cluster.ClusterError(f"{home} is there, but its password is not")
        if not home.exists():
            await cluster.create(place, SUPERUSER, self._password(SUPERUSER))
        await cluster.clear_remains(home)
        options = {**SETTINGS, "port": str(self._port)}
        return place.command(
            "postgres", *(part for o in options.items() for part in ("-c", "=".join(o)))
        )

    async def ready(self) -> None:
        """Return when it accepts connections and has the database and the roles."""
        await until(self._accepts)
        url = self.url(SUPERUSER, "postgres")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as link:
            for role in (OWNER, APP):
                await self._provide_role(link, role)
            found = await link.execute(
                "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
            )
            if found.rowcount == 0:
                names = sql.Identifier(DATABASE), sql.Identifier(OWNER)
                await link.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(*names)
                )

    async def _accepts(self) -> bool:
        try:
            url = self.url(SUPERUSER, "postgres")
            link = await psycopg.AsyncConnection.connect(url, connect_timeout=5)
        except psycopg.OperationalError:
            return False
        await link.close()
        return True

    async def _provide_role(self, link: psycopg.AsyncConnection, role: str) -> None:
        found = await link.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        verb = "ALTER" if found.rowcount else "CREATE"
        # Hashed here: a statement with the password could end up in a log.
        hashed = link.pgconn.encrypt_password(
            self._password(role).encode(), role.encode(), b"scram-sha-256"
        )
        await link.execute(
            sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(hashed.decode())
            )
        )

    def _password(self, role: str) -> str:
        return self._data.secret(_file(role), lambda: secrets.token_urlsafe(24))


def _file(role: str) -> str:
    return f"{role}.password"
