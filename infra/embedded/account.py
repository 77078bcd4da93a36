"""The unprivileged account that PostgreSQL runs as when we are root.

PostgreSQL refuses to run as root. An existing cluster keeps its owner; a new one gets a
new account, or `nobody` where accounts cannot be created.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "pledge-postgres"
FALLBACK = "nobody"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter every folder above `path` and read it."""
        way = path.resolve()
        return self._has(way, stat.S_IROTH) and all(
            self._has(folder, stat.S_IXOTH) for folder in way.parents
        )

    def _has(self, path: Path, bit: int) -> bool:
        status = path.stat()
        shift = (
            6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        )
        return bool(status.st_mode >> shift & bit)


def account_for(cluster: Path) -> Account | None:
    """The account that PostgreSQL uses for this cluster: None means our own."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    return _named(NAME) or _created() or _named(FALLBACK)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _created() -> Account | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None:
        return None
    options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    subprocess.run(  # noqa: S603 - nothing here comes from outside
        [useradd, *options, NAME], check=False, capture_output=True
    )
    return _named(NAME)
