"""`pledge backup` and `pledge restore`: the log with all read models, and the secrets,
while everything runs.

A backup is a folder: `pledge.dump` (pg_dump's custom format, one consistent snapshot),
`keys.dump` (the keys of persons), `secrets/` and `backup.json`. It holds keys and
passwords: protect it as you protect those. Whoever is erased can be brought back as
long as an older `keys.dump` exists: delete those sooner than the log's (ADR 0029).
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra.embedded.data_dir import DataDir
from infra.embedded.installation import postgres_programs
from infra.embedded.ports import free_port
from infra.embedded.postgres import DATABASE, OWNER, SUPERUSER, Postgres
from infra.process.failures import Failure
from infra.wiring import now

DUMP, KEYS, SECRETS, ABOUT = "pledge.dump", "keys.dump", "secrets", "backup.json"
KEYS_TABLE = "pledge_keys.data_keys"
LEFT_OUT = ("audit_health", "heartbeats", "ticket_snapshots", KEYS_TABLE)
"""Tables without anything worth keeping, and the one that has a file of its own."""


def backup(owner_url: str, data: DataDir, folder: Path) -> dict[str, Any]:
    """Into a new folder, completely or not at all; returns the content of
    backup.json.
    """
    if folder.exists():
        raise Failure(f"{folder} is there already: name a new folder")
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        about = _about(owner_url)
        left_out = (f"--exclude-table-data={table}" for table in LEFT_OUT)
        options = ("--format=custom", *left_out, f"--file={draft / DUMP}")
        # The keys last: none may be missing of what the other file has.
        _run("pg_dump", owner_url, options)
        keys = ("--format=custom", "--data-only", f"--table={KEYS_TABLE}")
        _run("pg_dump", owner_url, (*keys, f"--file={draft / KEYS}"))
        if (data.path / SECRETS).is_dir():
            shutil.copytree(data.path / SECRETS, draft / SECRETS)
        (draft / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return about


def restore(
    folder: Path, data: DataDir, say: Callable[[str], None], keys: Path | None = None
) -> dict[str, Any]:
    """Into a new data directory, with an embedded PostgreSQL of its own. `keys`: a
    newer backup, whose keys of persons are taken.
    """
    dumps = [folder / DUMP, (keys or folder) / KEYS]
    if not dumps[1].is_file():
        say(f"there is no {dumps.pop()}: personal data will read [erased]")
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(f"{folder} is not a backup: it has no {ABOUT}") from error
    if not (folder / SECRETS / f"{SUPERUSER}.password").is_file():
        hint = (
            "restore it into your own PostgreSQL by pg_restore, see docs/operating.md"
        )
        raise Failure(f"{folder} was not made of an embedded PostgreSQL: {hint}")
    if data.path.exists() and any(data.path.iterdir()):
        raise Failure(f"{data.path} is not empty: name a new data directory")
    with data.locked():
        shutil.copytree(folder / SECRETS, data.folder(SECRETS), dirs_exist_ok=True)
        (data.path / SECRETS).chmod(0o700)
        asyncio.run(_fill(dumps, data, say))
    return about


async def _fill(
    dumps: Sequence[Path], data: DataDir, say: Callable[[str], None]
) -> None:
    async with Postgres(data, free_port()) as server:
        url = server.url(SUPERUSER)
        options = (f"--dbname={DATABASE}", "--exit-on-error", "--single-transaction")
        for dump in dumps:
            say(f"reading {dump.name}")
            await asyncio.to_thread(_run, "pg_restore", url, (*options, str(dump)))
        await asyncio.to_thread(_destroy_again, server.url(OWNER), say)


def _destroy_again(url: str, say: Callable[[str], None]) -> None:
    with psycopg.connect(url) as link:
        row = link.execute("SELECT pledge_keys.destroy_keys_again()").fetchone()
    if row and row[0]:
        say(f"{row[0]} keys of erased persons were destroyed again")


def _about(owner_url: str) -> dict[str, Any]:
    with psycopg.connect(owner_url, connect_timeout=5) as link:
        row = link.execute(
            "SELECT coalesce(max(notification_id), 0),"
            " current_setting('server_version') FROM stored_events"
        ).fetchone()
    assert row is not None
    return {
        "pledge": version("pledge"),
        "made_at": now().isoformat(),
        "position": int(row[0]),
        "postgres": str(row[1]),
    }


def _run(program: str, url: str, options: tuple[str, ...]) -> None:
    """The password is passed by the environment: other users can see command lines."""
    place = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    settings = {names[k]: v for k, v in place.items() if k in names}
    programs = asyncio.run(postgres_programs(None))
    done = subprocess.run(  # noqa: S603 - its path is ours, and no shell reads it
        [str(programs / program), "--no-password", *options],
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Failure(f"{program} failed", lines[:10])
