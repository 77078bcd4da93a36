"""The only code below the library's API: how a batch of events is written.

Three changes to the library's recorder, each because of measurements or tests (ADR
0003): an advisory transaction lock instead of `LOCK TABLE`, which needs rights that an
append-only role must not have; the commands' rows in the same transaction; and events
sent as binary columns, because its array of a composite type is sent as text and costs
fourteen times the processor time. Its blind retry is left out, because a commit whose
answer was lost would be reported as a conflict with itself.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool
from typing_extensions import override

from activities.ports import CapacityClaim, CommandRow
from infra.eventstore.sealing import PersonKey
from infra.postgres.database import LIVENESS

APPEND_LOCK = 7305
"""One key for all appends: commit order is log order, the only way followers can
read by position without missing any."""

_EVENTS = SQL("""
INSERT INTO {}.{} (originator_id, originator_version, topic, state)
SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])
RETURNING notification_id
""")
_COMMANDS = """
INSERT INTO command_log (command_id, request_sha256, attempt, stream_id, version)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[])
ORDER BY 1 -- two processes with the same commands must not wait for each other
"""


_KEYS = """
INSERT INTO pledge_keys.data_keys (key_id, subject, wrapped)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[])
ON CONFLICT (key_id) DO NOTHING -- another append with the same new key was faster
"""
_TAKE_HANDS = "SELECT take_hands(%s::text[], %s::text[], %s::bigint[], %s)"
_USE_KEYS = "SELECT pledge_keys.use_keys(%s::text[])"
_DESTROY_KEYS = "SELECT pledge_keys.destroy_keys(%s::text[])"


def key_columns(
    keys: Sequence[PersonKey],
) -> tuple[list[str], list[str], list[bytes]]:
    return [k.id for k in keys], [k.subject for k in keys], [k.wrapped for k in keys]


class AppendOnlyRecorder(PostgresApplicationRecorder):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.writer = uuid.uuid4().hex
        self.insert_events_statement = _EVENTS.format(
            Identifier(self.datastore.schema), Identifier(self.events_table_name)
        )
        self.lock_table_statements = [
            self.lock_table_statements[0],
            SQL("SELECT pg_advisory_xact_lock({})").format(APPEND_LOCK),
        ]

    @override
    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,
    ) -> Sequence[int] | None:
        once = PostgresApplicationRecorder.insert_events.__wrapped__
        ids: Sequence[int] | None = once(self, stored_events, **kwargs)
        return ids

    @override
    def _insert_stored_events(
        self,
        curs: Cursor[DictRow],
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,
    ) -> None:
        self._lock_table(curs)
        self._notify_channel(curs)
        columns = (
            [e.originator_id for e in stored_events],
            [e.originator_version for e in stored_events],
            [e.topic for e in stored_events],
            [e.state for e in stored_events],
        )
        curs.execute(self.insert_events_statement, columns)
        self._check(curs.connection.cursor(), **kwargs)

    def _check(
        self,
        curs: Cursor[DictRow],
        *,
        takings: Sequence[CapacityClaim] = (),
        new_keys: Sequence[PersonKey] = (),
        used_keys: Sequence[str] = (),
        erased: Sequence[str] = (),
        **_: Any,
    ) -> None:
        """By a separate cursor: the other one still has the events' positions. What
        may refuse the append comes last.
        """
        if new_keys:
            curs.execute(_KEYS, key_columns(new_keys))
        if erased:
            curs.execute(_DESTROY_KEYS, (list(erased),))
        if used_keys:
            curs.execute(_USE_KEYS, (list(used_keys),))
        if takings:
            self._take(curs, takings)

    def _take(self, curs: Cursor[DictRow], takings: Sequence[CapacityClaim]) -> None:
        """Under the same lock as the events, so that no other append comes in
        between.
        """
        limited = [(agent, t.known) for t in takings for agent in t.limited]
        who, known = [agent for agent, _ in limited], [at for _, at in limited]
        agents = sorted(
            {agent for capacity_claim in takings for agent in capacity_claim.agents}
        )
        curs.execute(_TAKE_HANDS, (agents, who, known, self.writer))

    @override
    def _insert_events(
        self,
        curs: Cursor[DictRow],
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,
    ) -> None:
        commands: Sequence[CommandRow] = kwargs.get("commands", ())
        if commands:
            curs.execute(
                _COMMANDS,
                (
                    [c.command_id for c in commands],
                    [c.request_sha256 for c in commands],
                    [c.attempt for c in commands],
                    [c.stream_id for c in commands],
                    [c.version for c in commands],
                ),
            )
        super()._insert_events(curs, stored_events, **kwargs)


class Log(Application[str]):
    """The library's application over our recorder, of which only that is used: events
    come as they are stored.
    """

    name = "stored"

    def __init__(self, database_url: str) -> None:
        given = conninfo_to_dict(database_url)
        super().__init__(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "APPLICATION_RECORDER_TOPIC": (
                    f"{AppendOnlyRecorder.__module__}:{AppendOnlyRecorder.__qualname__}"
                ),
                "CREATE_TABLE": "n",
                "ORIGINATOR_ID_TYPE": "text",
                "POSTGRES_DBNAME": str(given.get("dbname", "")),
                "POSTGRES_HOST": str(given.get("host", "")),
                "POSTGRES_PORT": str(given.get("port", "5432")),
                "POSTGRES_USER": str(given.get("user", "")),
                "POSTGRES_PASSWORD": str(given.get("password", "")),
                "POSTGRES_POOL_SIZE": "1",
                "POSTGRES_MAX_OVERFLOW": "0",
                "POSTGRES_CONNECT_TIMEOUT": "1",
                "POSTGRES_LOCK_TIMEOUT": "5",
                "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "10",
            }
        )
        pool = self._pool
        # Its own back-off would still wait long after the server is back.
        pool.reconnect_timeout = 0
        # After a refused batch psycopg believes in statements that the aborted
        # pipeline never prepared: "prepared statement _pg3_3 does not exist".
        assert isinstance(pool.kwargs, dict)
        pool.kwargs["prepare_threshold"] = None
        # The library takes five parts of the URL and leaves the rest (sslmode …).
        pool.kwargs |= LIVENESS | given
        pool.drain()

    @property
    def _pool(self) -> ConnectionPool[Any]:
        assert isinstance(self.recorder, AppendOnlyRecorder)
        return self.recorder.datastore.pool

    def insert(self, events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """The positions of the events."""
        return self.recorder.insert_events(events, **kwargs) or ()

    def reconnect(self) -> None:
        """Close all connections: if one is dead, the others are too."""
        self._pool.drain()
