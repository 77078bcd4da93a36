"""The only way to a folded ticket: from its newest snapshot and the events after it, in
one statement.

A reader that had to fold many events writes a snapshot, after its answer. Two at the
same time do no harm: the newer one stays, in either order.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Self

import psycopg

from activities.ports import StoreUnavailableError
from domain.errors import UnreadableError
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket
from infra.eventstore.codec import Read, read
from infra.eventstore.keyring import Keyring
from infra.eventstore.sealing import Keys
from infra.eventstore.snapshot import (
    InexactError,
    fold_version,
    freeze,
    key_id_of,
    thaw,
)
from infra.postgres.database import Database, Row

LOG = logging.getLogger(__name__)
EVERY = 100
"""A reader that folds this many events writes a snapshot, because folding them costs
about as much as writing one."""
NEWEST = 2**62
"""A version that no stream reaches."""
NO_FOLD = ""
"""The fold of no snapshot: the ticket is read from its first event."""

# A snapshot is believed if it is of this fold and its seal holds: then it is as it was
# written, and its last event is in the log.
_SEALED = """EXISTS (
    SELECT FROM stored_events e
    WHERE e.originator_id = s.ticket_id AND e.originator_version = s.version
    AND sha256(e.state || s.state) = s.seal
)"""

# A snapshot comes as a row without a topic, before the events after it.
_READ = f"""
WITH known AS (
    SELECT k.id, coalesce(s.version, k.version) AS version, s.state
    FROM unnest(%(ids)s::text[], %(versions)s::bigint[]) AS k (id, version)
    LEFT JOIN ticket_snapshots s ON s.ticket_id = k.id AND s.fold = %(fold)s
    AND s.version > k.version AND {_SEALED}
)
SELECT id, version, NULL AS topic, state FROM known WHERE state IS NOT NULL
UNION ALL
SELECT e.originator_id, e.originator_version, e.topic, e.state
FROM known k JOIN stored_events e
ON e.originator_id = k.id AND e.originator_version > k.version
ORDER BY 1, 2
"""  # noqa: S608 - constants only

# The same for one ticket, which all requests need: in half the time.
_READ_ONE = f"""
WITH known AS MATERIALIZED (
    SELECT s.ticket_id, s.version, s.state FROM ticket_snapshots s
    WHERE s.ticket_id = %(id)s AND s.fold = %(fold)s AND s.version <= %(upto)s
    AND {_SEALED}
)
SELECT ticket_id, version, NULL AS topic, state FROM known
UNION ALL
SELECT e.originator_id, e.originator_version, e.topic, e.state FROM stored_events e
WHERE e.originator_id = %(id)s AND e.originator_version <= %(upto)s
AND e.originator_version > coalesce((SELECT version FROM known), 0)
ORDER BY 2
"""  # noqa: S608 - constants only

# One that is newer stays only if it could be believed. What a crash of the server takes
# back is written again, so it need not wait for the disk, as appends must.
_WRITE = f"""
WITH unsynced AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO ticket_snapshots AS s (ticket_id, version, fold, seal, state)
SELECT %(id)s, %(version)s, %(fold)s, %(seal)s, %(state)s FROM unsynced
ON CONFLICT (ticket_id) DO UPDATE SET
    version = EXCLUDED.version, fold = EXCLUDED.fold, seal = EXCLUDED.seal,
    state = EXCLUDED.state
WHERE s.version <= EXCLUDED.version OR s.fold <> EXCLUDED.fold OR NOT {_SEALED}
"""  # noqa: S608 - constants only


class FoldedTickets:
    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database, self._keyring = database, keyring
        # Now: an upgrade may replace the sources under a running process.
        self._fold = fold_version()
        self._writing: dict[str, asyncio.Task[None]] = {}

    async def one(self, ticket_id: str, upto: int | None) -> Ticket | None:
        """As it is now, or was at a version; None if there is no such ticket."""
        wanted = {"id": ticket_id, "fold": self._fold, "upto": upto or NEWEST}
        stream = await self._database.rows(_READ_ONE, wanted)
        history = History.of(stream)
        keys = await self._keyring.opening(history.key_ids())
        if history.is_locked(keys):
            stream = await self._database.rows(_READ_ONE, wanted | {"fold": NO_FOLD})
            history = History.of(stream)
            keys = await self._keyring.opening(history.key_ids())
        return self._folded(history, keys, None, leaves=upto is None)

    async def many(
        self, known: Mapping[str, Ticket | None]
    ) -> tuple[dict[str, Ticket], dict[str, Exception]]:
        """Each as it is now, continued from the known state; or the error of its
        history. One that does not exist is in neither.
        """
        found, failed = await self._many(known, self._fold)
        if locked := {i: known[i] for i, e in failed.items() if e is LOCKED}:
            again, broken = await self._many(locked, NO_FOLD)
            failed = {i: e for i, e in failed.items() if e is not LOCKED} | broken
            found |= again
        return found, failed

    async def _many(
        self, known: Mapping[str, Ticket | None], fold: str
    ) -> tuple[dict[str, Ticket], dict[str, Exception]]:
        versions = [ticket.version if ticket else 0 for ticket in known.values()]
        wanted = {"ids": list(known), "versions": versions, "fold": fold}
        rows = await self._database.rows(_READ, wanted)
        found, failed = dict[str, Ticket](), dict[str, Exception]()
        histories = dict[str, History]()
        for ticket_id, stream in groupby(rows, key=itemgetter(0)):
            try:
                histories[ticket_id] = History.of(list(stream))
            except UnreadableError as error:
                failed[ticket_id] = error
        ids = (i for one in histories.values() for i in one.key_ids())
        keys = await self._keyring.opening(ids)
        for ticket_id in known.keys() - failed.keys():
            history = histories.get(ticket_id, NOTHING_NEW)
            if history.is_locked(keys):
                failed[ticket_id] = LOCKED
                continue
            try:
                ticket = self._folded(history, keys, known[ticket_id])
            except Exception as error:  # noqa: BLE001 - one bad stream, not the others
                failed[ticket_id] = error
            else:
                found |= {ticket_id: ticket} if ticket else {}
        return found, failed

    async def settled(self) -> None:
        """Returns when the pending snapshots are written, or failed."""
        await asyncio.gather(*self._writing.values(), return_exceptions=True)

    def _folded(
        self,
        history: "History",
        keys: Keys,
        ticket: Ticket | None,
        *,
        leaves: bool = True,
    ) -> Ticket | None:
        """`leaves`: whether a snapshot is written, if there was much to fold."""
        ticket = history.start(keys) or ticket
        ticket = fold((one.event(keys) for one in history.events), ticket)
        if ticket and leaves and len(history.events) >= EVERY:
            self._leave(ticket, history.last)
        return ticket

    def _leave(self, ticket: Ticket, last: bytes) -> None:
        """`last`: the event of its version, as it is stored. Written in the
        background.
        """
        if ticket.id not in self._writing:
            writing = asyncio.create_task(self._write(ticket, last))
            self._writing[ticket.id] = writing
            writing.add_done_callback(lambda _: self._writing.pop(ticket.id))

    async def _write(self, ticket: Ticket, last: bytes) -> None:
        customer = ticket.customer.external_id
        try:
            keys = await self._keyring.keeping([customer])
            if customer not in keys:
                return  # who was erased gets no new key for what is left
            state = freeze(ticket, keys[customer])
            snapshot = {
                "id": ticket.id,
                "version": ticket.version,
                "fold": self._fold,
                "seal": hashlib.sha256(last + state).digest(),
                "state": state,
            }
            async with self._database.connection() as connection:
                await connection.execute(_WRITE, snapshot)
        except (InexactError, StoreUnavailableError, psycopg.Error) as error:
            LOG.warning("no snapshot of ticket %s: %s", ticket.id, error)


@dataclass(frozen=True)
class History:
    """What was read of a ticket: a snapshot, if there is one, and the events after it.
    `last`: the last event as it is stored.
    """

    snapshot: tuple[str, bytes] | None
    events: Sequence[Read]
    last: bytes

    @classmethod
    def of(cls, stream: Sequence[Row]) -> Self:
        """Raises UnreadableError."""
        snapshot = None
        if stream and stream[0][2] is None:
            snapshot, stream = (stream[0][0], stream[0][3]), stream[1:]
        events = [read(*row) for row in stream]
        return cls(snapshot, events, stream[-1][3] if stream else b"")

    def key_ids(self) -> Iterator[str]:
        if self.snapshot is not None:
            yield key_id_of(self.snapshot[1])
        for one in self.events:
            yield from one.key_ids()

    def is_locked(self, keys: Keys) -> bool:
        """Whether its snapshot is of a person who was erased: the ticket has to be
        folded from its first event, where the other fields can be read.
        """
        return (
            self.snapshot is not None and keys.get(key_id_of(self.snapshot[1])) is None
        )

    def start(self, keys: Keys) -> Ticket | None:
        if self.snapshot is None:
            return None
        ticket_id, state = self.snapshot
        secret = keys[key_id_of(state)]
        assert secret is not None, "a locked snapshot is not used"
        return thaw(ticket_id, state, secret)


NOTHING_NEW = History(None, (), b"")
LOCKED = ValueError("the snapshot is of a person who was erased")
