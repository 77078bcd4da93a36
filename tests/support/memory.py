"""The event store in memory: the same contract, for tests that need no database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256

from activities.ports import NO_EVENT, Appended, CommandRow, Receipt, Recorded
from domain.errors import CommandReusedError, VersionConflictError
from domain.event import Event
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket
from infra.eventstore.codec import decode, encode

Row = tuple[str, int, str, bytes]


class InMemoryEventStore:
    """Holds the stored form, so that an event comes back as it would from a disk."""

    def __init__(self) -> None:
        self._log: list[tuple[Row, datetime]] = []
        self._commands: dict[str, CommandRow] = {}

    async def load(self, stream_id: str, upto: int | None = None) -> list[Event]:
        return [
            recorded.event
            for recorded in await self.history(stream_id)
            if upto is None or recorded.event.originator_version <= upto
        ]

    async def load_many(self, stream_ids: Sequence[str]) -> dict[str, list[Event]]:
        streams = {i: await self.load(i) for i in stream_ids}
        return {i: events for i, events in streams.items() if events}

    async def ticket(self, ticket_id: str, upto: int | None = None) -> Ticket | None:
        return fold(await self.load(ticket_id, upto))

    async def tickets(self, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
        folded = {i: await self.ticket(i) for i in ticket_ids}
        return {i: ticket for i, ticket in folded.items() if ticket}

    async def history(self, stream_id: str) -> list[Recorded]:
        return [
            Recorded(decode(*row), position, recorded_at)
            for position, (row, recorded_at) in enumerate(self._log, start=1)
            if row[0] == stream_id
        ]

    async def version(self, stream_id: str) -> int:
        return len(await self.load(stream_id))

    async def append(
        self,
        events: Sequence[Event],
        command: CommandRow,
        _: object = None,
        erased: Sequence[str] = (),
    ) -> Appended:
        assert not erased, "there are no keys in memory"
        rows = [_row(event) for event in events]
        if known := await self.find(command.command_id):
            row, receipt = known
            if row.request_sha256 != command.request_sha256:
                raise CommandReusedError
            replayed = row.attempt != command.attempt
            return Appended(row.stream_id, row.version, receipt, replayed)
        taken = {row[:2] for row, _ in self._log}
        if len({row[:2] for row in rows} - taken) < len(rows):
            raise VersionConflictError(command.stream_id)
        self._log += [(row, datetime.now(UTC)) for row in rows]
        self._commands[command.command_id] = command
        receipt = _receipt(len(self._log), rows[-1]) if rows else NO_EVENT
        return Appended(command.stream_id, command.version, receipt)

    async def find(self, command_id: str) -> tuple[CommandRow, Receipt] | None:
        row = self._commands.get(command_id)
        if row is None:
            return None
        for position, (stored, _) in enumerate(self._log, start=1):
            if stored[:2] == (row.stream_id, row.version):
                return row, _receipt(position, stored)
        return row, NO_EVENT


def _receipt(position: int, row: tuple[str, int, str, bytes]) -> Receipt:
    return Receipt(position, sha256(row[3]).hexdigest())


class OneProcess:
    """The turn to publish, where nobody else is."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._lock:
            yield


def _row(event: Event) -> Row:
    return (
        event.originator_id,
        event.originator_version,
        event.fact.topic,
        encode(event),
    )
