"""Refused calls on record. The caller waits for nothing: they are counted in memory and
written by a loop of their own.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from activities.ports import CommandRow, EventStore, NewId, Now, StoreUnavailableError
from activities.recording import TRIES
from domain.audit.denials import Denial, Gathered, Gathering, denials_stream
from domain.audit.facts import AccessDenied
from domain.errors import VersionConflictError
from domain.event import Event, Meta


@dataclass(kw_only=True)
class Denials:
    store: EventStore
    now: Now
    new_id: NewId
    _gathering: Gathering = field(default_factory=Gathering)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def denied(self, denial: Denial) -> None:
        if self._gathering.add(denial, self.now()):
            self._news.set()

    async def once(self) -> float:
        """Records what is due, and waits until something is again. Returns the seconds
        until the next time: none.
        """
        self._news.clear()
        await self._write(all_of_it=False)
        due_at = self._gathering.next_due_at()
        left = None if due_at is None else (due_at - self.now()).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await self._news.wait()
        return 0.0

    async def close(self) -> None:
        """Records the rest, at the end of the process."""
        await self._write(all_of_it=True)

    async def _write(self, *, all_of_it: bool) -> None:
        due = self._gathering.take(None if all_of_it else self.now())
        for i, (gathered, fact) in enumerate(due):
            try:
                await self._append(gathered, fact)
            except (
                StoreUnavailableError,
                VersionConflictError,
                asyncio.CancelledError,
            ):
                # Perhaps it was recorded after all: rather twice than never.
                for late in due[i:]:
                    self._gathering.put_back(*late)
                raise

    async def _append(self, gathered: Gathered, fact: AccessDenied) -> None:
        stream, command_id = denials_stream(fact.key_id), self.new_id()
        meta = Meta(
            command_id=command_id,
            correlation_id=gathered.request_id or command_id,
            causation_id=command_id,
            actor=gathered.actor,
            channel="api",
            key_id=fact.key_id,
        )
        for _ in range(TRIES):
            version = await self.store.version(stream) + 1
            row = CommandRow(
                command_id=command_id,
                request_sha256="",
                attempt=command_id,
                stream_id=stream,
                version=version,
            )
            try:
                event = Event(stream, version, fact.until, meta, fact)
                await self.store.append([event], row)
            except VersionConflictError:
                continue
            return
        raise VersionConflictError(stream)
