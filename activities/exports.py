"""Exports of the log: requested here, made by a follower of the log, and what came of
it. Idempotent by `Caller.command_id`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from activities.ports import Appended, Caller, EventStore, NewId, Now
from activities.recording import meta_of, recorded, replayed, row_of
from domain.audit.export import Export, ExportState, export_stream, fold_export
from domain.audit.facts import ExportCompleted, ExportFailed, ExportRequested
from domain.errors import FieldError, InvalidError, NotFoundError
from domain.event import Event, Fact
from domain.lifecycle.facts import TicketOpened
from domain.privacy.facts import PersonalRevealed

MOST_NAMED = 20


class KnownTickets(Protocol):
    async def having(self, topic: str, stream_ids: Sequence[str]) -> set[str]:
        """Those of the streams that have such an event."""


class Bundles(Protocol):
    """What exports have made so far; not in the log."""

    async def progress(self, export_id: str) -> float | None:
        """The share that is done, from 0 to 1; None: it was not begun."""

    async def begin(self, export_id: str) -> None: ...

    async def advance(self, export_id: str, share: float) -> None: ...

    def path(self, export_id: str) -> Path | None:
        """The bundle, until it is deleted."""

    @property
    def kept_for(self) -> timedelta:
        """How long after it was made."""
        ...


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`bundle`: the file, as long as there is one."""

    export: Export
    state: ExportState
    share: float
    expires_at: datetime | None = None
    bundle: Path | None = None


class Exporting:
    def __init__(
        self,
        store: EventStore,
        tickets: KnownTickets,
        bundles: Bundles,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store, self._tickets, self._bundles = store, tickets, bundles
        self._now, self._new_id = now, new_id

    async def request(
        self, wanted: ExportRequested, caller: Caller, *, reveals: bool
    ) -> tuple[Progress, Appended]:
        """`reveals`: personal fields to somebody who does not see them otherwise, which
        is recorded of each ticket. Raises InvalidError for unknown tickets,
        CommandReusedError.
        """
        appended = await replayed(self._store, caller)
        if appended is None:
            if unknown := await self._unknown(wanted.tickets):
                raise InvalidError(_unknown(wanted.tickets, unknown))
            facts = [wanted, *(_revealed(wanted) if reveals else ())]
            stream, at = export_stream(self._new_id()), self._now()
            events = [
                Event(stream, version, at, meta_of(caller), fact)
                for version, fact in enumerate(facts, 1)
            ]
            row = row_of(caller, stream, len(events))
            appended = await self._store.append(events, row)
        events = await self._store.load(appended.stream_id, 1)
        export = fold_export(events)
        assert export is not None
        return Progress(export=export, state="waiting", share=0.0), appended

    async def _unknown(self, ids: Sequence[str]) -> set[str]:
        """From the log itself, which no reader of it is behind."""
        return {*ids} - await self._tickets.having(TicketOpened.topic, ids)

    async def find(self, export_id: str) -> Progress:
        export = fold_export(await self._store.load(export_stream(export_id)))
        if export is None:
            raise NotFoundError("export", export_id)
        if export.finished_at and export.made:
            expires_at = export.finished_at + self._bundles.kept_for
            bundle = self._bundles.path(export_id)
            return Progress(
                export=export,
                state="done",
                share=1.0,
                expires_at=expires_at,
                bundle=bundle,
            )
        share = await self._bundles.progress(export_id)
        if export.error is not None:
            return Progress(export=export, state="failed", share=share or 0.0)
        state: ExportState = "waiting" if share is None else "running"
        return Progress(export=export, state=state, share=share or 0.0)

    async def finish(
        self, export_id: str, fact: ExportCompleted | ExportFailed, caller: Caller
    ) -> None:
        """Once: whoever is later finds it done."""

        async def decided(_: list[Event], __: datetime) -> Fact:
            return fact

        stream = export_stream(export_id)
        await recorded(self._store, self._now, stream, decided, caller)


def _revealed(wanted: ExportRequested) -> Iterator[PersonalRevealed]:
    reason = wanted.reason or ""
    if not wanted.tickets:
        yield PersonalRevealed(ticket_id=None, reason=reason)
    for ticket_id in wanted.tickets:
        yield PersonalRevealed(ticket_id=ticket_id, reason=reason)


def _unknown(asked: Sequence[str], unknown: set[str]) -> list[FieldError]:
    return [
        FieldError(f"/tickets/{place}", f"there is no ticket {ticket_id!r}")
        for place, ticket_id in enumerate(asked)
        if ticket_id in unknown
    ][:MOST_NAMED]
