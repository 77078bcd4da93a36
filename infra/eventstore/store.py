"""The event store over PostgreSQL: reads by our own SELECTs, writes by the writer."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eventsourcing.persistence import StoredEvent

from activities.ports import (
    NO_EVENT,
    Appended,
    CapacityClaim,
    CommandRow,
    Receipt,
    Recorded,
    StoreUnavailableError,
)
from domain.errors import (
    CommandReusedError,
    LoadConflictError,
    UnreadableError,
    VersionConflictError,
)
from domain.event import Event
from domain.ticket.ticket import Ticket
from infra.eventstore.codec import encode, read, subject_of
from infra.eventstore.keyring import Keyring
from infra.eventstore.receipts import last_receipt
from infra.eventstore.tickets import FoldedTickets
from infra.eventstore.writer import Batch, GroupWriter, NotAppendedError
from infra.postgres.database import Database, Row

LOG = logging.getLogger(__name__)
LOOK_UP_S = 0.5
FULL, DESTROYED = "hands", "data_keys"
"""The rules of the database that a new decision, or a new key, can satisfy."""


@dataclass(frozen=True)
class Header:
    position: int
    stream_id: str
    version: int
    topic: str
    recorded_at: datetime


class PostgresEventStore:
    def __init__(
        self, database: Database, writer: GroupWriter, keyring: Keyring
    ) -> None:
        self._database, self._writer, self._keyring = database, writer, keyring
        self._folded = FoldedTickets(database, keyring)
        self._unreadable: set[int] = set()

    async def load(self, stream_id: str, upto: int | None = None) -> list[Event]:
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state"
            " FROM stored_events WHERE originator_id = %s AND originator_version <= %s"
            " ORDER BY originator_version",
            (stream_id, 2**62 if upto is None else upto),
        )
        return await self._events(rows)

    async def load_many(self, stream_ids: Sequence[str]) -> dict[str, list[Event]]:
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state FROM stored_events"
            " WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version",
            (list(stream_ids),),
        )
        return await self._by_stream(rows)

    async def ticket(self, ticket_id: str, upto: int | None = None) -> Ticket | None:
        return await self._folded.one(ticket_id, upto)

    async def tickets(self, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
        found, failed = await self._folded.many(dict.fromkeys(ticket_ids))
        for error in failed.values():
            raise error
        return found

    async def tickets_from(
        self, known: Mapping[str, Ticket | None]
    ) -> tuple[dict[str, Ticket], dict[str, Exception]]:
        """Each ticket as it is now, continued from the known state, or the error of its
        history.
        """
        return await self._folded.many(known)

    def forget(self, people: Iterable[str]) -> None:
        """What is read from now on is read with the keys that they have by now."""
        self._keyring.forget(people)

    async def settled(self) -> None:
        """Once all background writes are done."""
        await self._folded.settled()

    async def of_topics(
        self, stream_ids: Sequence[str], topics: Sequence[str]
    ) -> dict[str, list[Event]]:
        """Of each stream the events of these topics, in order."""
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state FROM stored_events"
            " WHERE originator_id = ANY(%s) AND topic = ANY(%s)"
            " ORDER BY originator_id, originator_version",
            (list(stream_ids), list(topics)),
        )
        return await self._by_stream(rows)

    async def having(self, topic: str, stream_ids: Sequence[str]) -> set[str]:
        """Those of the streams that have such an event."""
        rows = await self._database.rows(
            "SELECT DISTINCT originator_id FROM stored_events"
            " WHERE originator_id = ANY(%s) AND topic = %s",
            (list(stream_ids), topic),
        )
        return {row[0] for row in rows}

    async def version(self, stream_id: str) -> int:
        rows = await self._database.rows(
            "SELECT coalesce(max(originator_version), 0) FROM stored_events"
            " WHERE originator_id = %s",
            (stream_id,),
        )
        return int(rows[0][0])

    async def history(self, stream_id: str) -> list[Recorded]:
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state,"
            " notification_id, recorded_at FROM stored_events"
            " WHERE originator_id = %s ORDER BY originator_version",
            (stream_id,),
        )
        events = await self._events([row[:4] for row in rows])
        return [Recorded(e, *row[4:]) for e, row in zip(events, rows, strict=True)]

    async def read(
        self, after: int, limit: int, topics: Sequence[str] | None = None
    ) -> list[Recorded]:
        """The log by position, `after` exclusive. An event that cannot be read is
        skipped and logged, so that it does not block those after it.
        """
        found: list[Recorded] = []
        while (missing := limit - len(found)) > 0:
            rows = await self._database.rows(
                "SELECT originator_id, originator_version, topic, state,"
                " notification_id, recorded_at FROM stored_events WHERE"
                " notification_id > %s AND (%s::text[] IS NULL OR topic = ANY(%s))"
                " ORDER BY notification_id LIMIT %s",
                (after, topics, topics, missing),
            )
            found += await self._readable(rows)
            if len(rows) < missing:
                break
            after = rows[-1][4]
        return found

    async def event(self, stream_id: str, version: int) -> Recorded | None:
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state,"
            " notification_id, recorded_at FROM stored_events"
            " WHERE originator_id = %s AND originator_version = %s",
            (stream_id, version),
        )
        return next(iter(await self._readable(rows)), None)

    async def at(self, positions: Sequence[int]) -> dict[int, Recorded]:
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state,"
            " notification_id, recorded_at FROM stored_events"
            " WHERE notification_id = ANY(%s)",
            (list(positions),),
        )
        return {found.position: found for found in await self._readable(rows)}

    async def registry_events(self, after: int) -> list[Recorded]:
        """Configuration, keys, subscriptions, exceptions to schedules, delegations. The
        filter is that of a partial index, so four queries a second cost nothing.
        """
        rows = await self._database.rows(
            "SELECT originator_id, originator_version, topic, state,"
            " notification_id, recorded_at FROM stored_events"
            " WHERE notification_id > %s AND topic IN ('policy.published',"
            " 'policy.retired', 'key.created', 'key.revoked',"
            " 'subscription.created', 'subscription.changed',"
            " 'subscription.paused', 'subscription.resumed', 'subscription.retried',"
            " 'subscription.disabled', 'subscription.deleted',"
            " 'schedule.override_added', 'schedule.override_cancelled',"
            " 'schedule.swap_offered', 'schedule.swap_taken',"
            " 'schedule.swap_cancelled',"
            " 'agent.leave_added', 'agent.leave_cancelled',"
            " 'authority.delegated', 'authority.revoked', 'subject.erased')"
            " ORDER BY notification_id LIMIT 500",
            (after,),
        )
        return await self._readable(rows)

    async def _events(self, rows: Sequence[Row]) -> list[Event]:
        """Raises UnreadableError for the first that cannot be read."""
        found = [read(*row) for row in rows]
        keys = await self._keyring.opening(i for one in found for i in one.key_ids())
        return [one.event(keys) for one in found]

    async def _by_stream(self, rows: Sequence[Row]) -> dict[str, list[Event]]:
        streams: dict[str, list[Event]] = {}
        for event in await self._events(rows):
            streams.setdefault(event.originator_id, []).append(event)
        return streams

    async def _readable(self, rows: Sequence[Row]) -> list[Recorded]:
        try:
            events = await self._events([row[:4] for row in rows])
        except UnreadableError:
            return await self._one_by_one(rows)
        return [Recorded(e, *row[4:]) for e, row in zip(events, rows, strict=True)]

    async def _one_by_one(self, rows: Sequence[Row]) -> list[Recorded]:
        found = []
        for row in rows:
            try:
                [event] = await self._events([row[:4]])
            except UnreadableError as error:
                if row[4] not in self._unreadable:
                    self._unreadable.add(row[4])
                    LOG.error("position %s is skipped: %s", row[4], error)  # noqa: TRY400 - the message says it all
            else:
                found.append(Recorded(event, *row[4:]))
        return found

    async def headers(self, after: int, limit: int) -> list[Header]:
        """The log by position without the events themselves, so that one that cannot be
        read does not block those after it.
        """
        rows = await self._database.rows(
            "SELECT notification_id, originator_id, originator_version, topic,"
            " recorded_at FROM stored_events WHERE notification_id > %s"
            " ORDER BY notification_id LIMIT %s",
            (after, limit),
        )
        return [Header(*row) for row in rows]

    async def append(
        self,
        events: Sequence[Event],
        command: CommandRow,
        capacity_claim: CapacityClaim | None = None,
        erased: Sequence[str] = (),
    ) -> Appended:
        try:
            receipt = await self._write(events, command, capacity_claim, erased)
        except (NotAppendedError, StoreUnavailableError) as refused:
            return await self._explain(refused, command)
        if not events and (found := await self.find(command.command_id)):
            receipt = found[1]  # nothing was added: the newest event there is
        return Appended(command.stream_id, command.version, receipt)

    async def _write(
        self,
        events: Sequence[Event],
        command: CommandRow,
        capacity_claim: CapacityClaim | None,
        erased: Sequence[str],
    ) -> Receipt:
        while True:
            batch = await self._sealed(events, command)
            batch = replace(batch, capacity_claim=capacity_claim, erased=erased)
            try:
                receipt = await self._writer.append(batch)
            except NotAppendedError as refused:
                if refused.constraint != DESTROYED:
                    raise
                # Who was erased meanwhile gets a new key with what is said now.
                self._keyring.forget(key.subject for key in batch.keys)
                continue
            self._keyring.written(batch.new_keys)
            self._keyring.forget(erased)
            return receipt

    async def _sealed(self, events: Sequence[Event], command: CommandRow) -> Batch:
        """The events as they are stored. Raises NobodysError."""
        subjects = [subject_of(event) for event in events]
        keys = await self._keyring.sealing(s for s in subjects if s is not None)
        stored = [
            StoredEvent(
                originator_id=event.originator_id,
                originator_version=event.originator_version,
                topic=event.fact.topic,
                state=encode(event, keys[subject] if subject is not None else None),
            )
            for event, subject in zip(events, subjects, strict=True)
        ]
        used = tuple(keys.values())
        new = self._keyring.unwritten(used)
        return Batch(events=stored, command=command, keys=used, new_keys=new)

    async def _explain(
        self, refused: NotAppendedError | StoreUnavailableError, command: CommandRow
    ) -> Appended:
        """A refused append may be our own commit whose answer was lost, the same
        command from another process, or a conflict; the command's row decides.
        """
        found = await self._look_up(refused, command)
        if found is None:
            if isinstance(refused, StoreUnavailableError):
                raise refused
            if refused.constraint == FULL:
                raise LoadConflictError(command.stream_id) from refused
            raise VersionConflictError(command.stream_id) from refused
        row, receipt = found
        if row.request_sha256 != command.request_sha256:
            raise CommandReusedError from refused
        replayed = row.attempt != command.attempt
        return Appended(row.stream_id, row.version, receipt, replayed)

    async def _look_up(
        self, refused: NotAppendedError | StoreUnavailableError, command: CommandRow
    ) -> tuple[CommandRow, Receipt] | None:
        if isinstance(refused, NotAppendedError):
            return await self.find(command.command_id)
        try:
            # The database is most likely unavailable, and a caller waits.
            async with asyncio.timeout(LOOK_UP_S):
                return await self.find(command.command_id)
        except TimeoutError:
            return None

    async def find(self, command_id: str) -> tuple[CommandRow, Receipt] | None:
        rows = await self._database.rows(
            "SELECT c.command_id, c.request_sha256, c.attempt, c.stream_id, c.version,"
            " e.notification_id, e.state FROM command_log c"
            " LEFT JOIN stored_events e ON e.originator_id = c.stream_id"
            " AND e.originator_version = c.version WHERE c.command_id = %s",
            (command_id,),
        )
        for command, sha256, attempt, stream_id, version, position, state in rows:
            row = CommandRow(
                command_id=command,
                request_sha256=sha256,
                attempt=attempt,
                stream_id=stream_id,
                version=version,
            )
            if position is None:
                return row, NO_EVENT
            return row, await last_receipt(self._database, command, position, state)
        return None

    async def head(self) -> int:
        """The position of the newest event; 0 if there is none."""
        rows = await self._database.rows(
            "SELECT coalesce(max(notification_id), 0) FROM stored_events"
        )
        return int(rows[0][0])
