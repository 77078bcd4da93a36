"""Running promises follow an edited policy or calendar: preview, order, execution."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from activities.ports import Appended, Caller, EventStore, NewId, Now, Registry
from activities.recording import meta_of, replayed, row_of
from activities.tickets import TicketService
from domain.documents.kinds import SINGULAR
from domain.errors import NotFoundError
from domain.event import Event
from domain.ticket.restatement import (
    ClockChange,
    ClockedBy,
    RestatedKind,
    RestatementOrdered,
    clock_changes,
    escalating_by,
    order_of,
)

PAGE = 200
MOST_SHOWN = 1_000


class LiveClocks(Protocol):
    """Which tickets have a running clock by this policy or calendar."""

    async def tickets(
        self, kind: ClockedBy, name: str, after: str, limit: int
    ) -> Sequence[str]:
        """Ids greater than `after`, in order."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`changes` are the first `MOST_SHOWN`; the counts are of all."""

    tickets: int
    clocks: int
    breaks: int
    changes: tuple[ClockChange, ...]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """`key`: of the event that ordered it, for idempotency. `forced`: by command."""

    kind: RestatedKind
    name: str
    reason: str
    key: str
    forced: bool


class Restating:
    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        clocks: LiveClocks,
        service: TicketService,
        now: Now,
    ) -> None:
        self._store, self._registry = store, registry
        self._clocks, self._service, self._now = clocks, service, now

    async def preview(self, kind: RestatedKind, name: str) -> Preview:
        await self._published(kind, name)
        order = order_of(kind, name, "preview", forced=True)
        tickets, changes = 0, list[ClockChange]()
        async for ticket_id in self.affected(kind, name):
            found = tuple(clock_changes(await self._service.consider(ticket_id, order)))
            tickets += bool(found)
            changes += found
        return Preview(
            tickets=tickets,
            clocks=len(changes),
            breaks=sum(change.breaks for change in changes),
            changes=tuple(changes[:MOST_SHOWN]),
        )

    async def order(
        self, kind: RestatedKind, name: str, reason: str, new_id: NewId, caller: Caller
    ) -> Appended:
        """Recorded here, executed by the follower."""
        if again := await replayed(self._store, caller):
            return again
        version = await self._published(kind, name)
        number = new_id()
        fact = RestatementOrdered(
            restatement_id=number, kind=kind, name=name, version=version, reason=reason
        )
        stream = f"restatements/{number}"
        event = Event(stream, 1, self._now(), meta_of(caller), fact)
        return await self._store.append([event], row_of(caller, stream, 1))

    async def carry_out(self, ticket_id: str, edit: Edit, caller: Caller) -> None:
        """Idempotent by the edit and the ticket."""
        command_id = f"{edit.key}/{ticket_id}"
        await self._service.apply(
            ticket_id,
            order_of(edit.kind, edit.name, edit.reason, forced=edit.forced),
            replace(caller, command_id=command_id, attempt=f"{command_id}#"),
        )

    async def affected(self, kind: RestatedKind, name: str) -> AsyncIterator[str]:
        if kind != "escalation-policies":
            async for ticket_id in self._clocked(kind, name):
                yield ticket_id
            return
        seen: set[str] = set()
        for policy in escalating_by(await self._registry.config(), name):
            async for ticket_id in self._clocked("sla-policies", policy):
                if ticket_id not in seen:
                    seen.add(ticket_id)
                    yield ticket_id

    async def _clocked(self, kind: ClockedBy, name: str) -> AsyncIterator[str]:
        after = ""
        while page := await self._clocks.tickets(kind, name, after, PAGE):
            for ticket_id in page:
                yield ticket_id
            after = page[-1]

    async def _published(self, kind: RestatedKind, name: str) -> int:
        config = await self._registry.config()
        versions = config.entry(kind, name).versions
        if not versions:
            raise NotFoundError(SINGULAR[kind], name)
        return versions[-1].version
