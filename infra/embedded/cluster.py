"""A PostgreSQL cluster's files: created once, and prepared for each start.

Deliberately absent: the server itself, see `infra.embedded.postgres`.
"""

import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from infra.embedded import remains
from infra.embedded.account import Account
from infra.embedded.process import Command, EmbeddedError, run

STOP_S = 60.0
"""For the checkpoint of a fast shutdown; a kill before it means recovery later."""


class ClusterError(EmbeddedError):
    """The cluster could not be made or cannot be started."""


@dataclass(frozen=True)
class Place:
    """Where the cluster is, the programs and the account for it, and its log file."""

    home: Path
    programs: Path
    account: Account | None
    log: Path

    def command(self, program: str, *options: str) -> Command:
        return Command(
            argv=(str(self.programs / program), "-D", self._address(), *options),
            log=self.log,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd=self.home,
            account=self.account,
            stop_signal=signal.SIGINT,  # fast shutdown: clients are disconnected
            grace_s=STOP_S,
        )

    def _address(self) -> str:
        if sys.platform != "linux" or not self.account:
            return str(self.home)
        # A folder above may be closed to the account (/root is). Popen enters the
        # cluster while we are still root, and this name needs no way to it.
        return str(self.home) if self.account.reaches(self.home) else "/proc/self/cwd"


async def create(place: Place, superuser: str, password: str) -> None:
    """Run initdb beside the final place, so that half a cluster never takes it."""
    draft = replace(place, home=place.home.with_name("postgres.draft"))
    shutil.rmtree(draft.home, ignore_errors=True)
    draft.home.mkdir(mode=0o700)
    if place.account:
        os.chown(draft.home, place.account.uid, place.account.gid)
    with tempfile.TemporaryFile() as file:
        file.write(password.encode())
        file.flush()
        if place.account:  # initdb opens its standard input by name
            os.fchown(file.fileno(), place.account.uid, place.account.gid)
        command = draft.command("initdb", *_options(superuser))
        status = await run(replace(command, stdin=file.fileno()))
    if status != 0:
        raise ClusterError(f"initdb ended with status {status}: see {place.log}")
    draft.home.rename(place.home)


def _options(superuser: str) -> tuple[str, ...]:
    return (
        f"--username={superuser}",
        "--pwfile=/dev/stdin",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        # Text sorts by PostgreSQL's own order: no libc upgrade can break an index.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    )


async def clear_remains(home: Path) -> None:
    """End servers of this cluster that outlived their parent: a new one refuses to
    start beside them.

    Their `postmaster.pid` is removed too: its process id may belong to some other
    program by now, and PostgreSQL would believe it.
    """
    server = _server(home)
    if server:  # it ends its own children, and writes a checkpoint
        await remains.end(
            lambda: [server] if server in remains.working_in(home) else [],
            signal.SIGINT,
            STOP_S,
        )
    await remains.end(lambda: remains.working_in(home), signal.SIGINT)
    if sys.platform == "linux":  # elsewhere they are not searched for
        (home / "postmaster.pid").unlink(missing_ok=True)


def _server(home: Path) -> int | None:
    """The server itself, if it still runs; otherwise its children may remain."""
    try:
        pid = int((home / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if pid in remains.working_in(home) else None
