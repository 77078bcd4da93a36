"""Plain numbered SQL files, each applied once, under a lock, by the owner's role."""

import re
from collections.abc import Iterator
from importlib.resources import files

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

MIGRATION_LOCK = 7306
APP_ROLE = "pledge_app"
_ROLE = re.compile(rf"\b{APP_ROLE}\b")
_MISSING = """
WITH old AS (
    SELECT acl.grantee FROM pg_class c, aclexplode(c.relacl) acl
    WHERE c.oid = 'stored_events'::regclass AND acl.privilege_type = 'INSERT'
        AND acl.grantee <> c.relowner
        AND NOT has_table_privilege(%(role)s, c.oid, 'INSERT')
    LIMIT 1
)
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
    c.oid::regclass::text, string_agg(acl.privilege_type, ', ')
FROM pg_class c, aclexplode(c.relacl) acl, old
WHERE c.relnamespace IN (current_schema()::regnamespace, 'pledge_keys'::regnamespace)
AND acl.grantee = old.grantee
GROUP BY c.oid
"""
"""The rights of the role before, for a role that may not write yet."""


def migrations() -> Iterator[tuple[str, str]]:
    """Name and text of each file, in order."""
    found = [
        f
        for f in files("infra.postgres").joinpath("sql").iterdir()
        if f.name[0].isdigit()
    ]
    for file in sorted(found, key=lambda f: f.name):
        yield file.name, file.read_text(encoding="utf-8")


def migrate(owner_url: str, app_role: str = APP_ROLE) -> list[str]:
    """Bring the database up to date; returns the names of what was applied. Each file
    is one transaction, so a failed one leaves nothing behind. What the files grant to
    `pledge_app` is granted to `app_role`, also if another role had it before.
    """
    applied: list[str] = []
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {row[0] for row in connection.execute("SELECT name FROM migrations")}
        role = sql.Identifier(app_role).as_string(connection)
        texts = {name: _ROLE.sub(role, text) for name, text in migrations()}
        for name, text in texts.items():
            if name in known:
                continue
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
            applied.append(name)
        with connection.transaction():
            connection.execute(f"GRANT USAGE ON SCHEMA pledge_keys TO {role}".encode())
            for kind, name, rights in connection.execute(
                _MISSING, {"role": app_role}
            ).fetchall():
                grant = f"GRANT {rights} ON {kind} {name} TO {role}"
                connection.execute(grant.encode())
    return applied


def app_role(database_url: str) -> str:
    """The role that gets the application's rights: the user of this URL."""
    return str(conninfo_to_dict(database_url).get("user") or APP_ROLE)
