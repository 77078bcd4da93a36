"""Plain numbered SQL files, each applied once, under a lock, by the owner's role."""

from collections.abc import Iterator
from importlib.resources import files

import psycopg

MIGRATION_LOCK = 7306


def migrations() -> Iterator[tuple[str, str]]:
    """Name and text of each file, in order."""
    found = [f for f in files("infra").joinpath("sql").iterdir() if f.name[0].isdigit()]
    for file in sorted(found, key=lambda f: f.name):
        yield file.name, file.read_text(encoding="utf-8")


def migrate(owner_url: str) -> list[str]:
    """Bring the database up to date; returns the names of what was applied. Each file
    is one transaction, so a failed one leaves nothing behind.
    """
    applied: list[str] = []
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {row[0] for row in connection.execute("SELECT name FROM migrations")}
        for name, text in migrations():
            if name in known:
                continue
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
            applied.append(name)
    return applied
