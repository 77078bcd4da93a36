"""Applies edited calendars and policies to the running clocks that use them.

A restatement is a command to each ticket, idempotent by the edit and the ticket: after
a crash the whole edit is processed again, and finished tickets do not change.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from typing_extensions import override

from activities.ports import Caller, Registry
from activities.restatement import Edit, Restating
from domain.configuration.facts import PolicyPublished
from domain.errors import DomainError
from domain.event import Event
from domain.ticket.restatement import (
    RestatedKind,
    RestatementOrdered,
    follows_by_itself,
)
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.follower import Follower
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener

KINDS: dict[str, RestatedKind] = {
    "sla-policies": "sla-policies",
    "calendars": "calendars",
}
UNSEEN = timedelta(seconds=5)
"""For this long after an edit another process may still open tickets by the old
version."""


class RestatementFollower(Follower):
    """`projected` waits until the read model has processed a position."""

    name = "restatements"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        registry: Registry,
        restating: Restating,
        projected: Callable[[int], Awaitable[None]],
    ) -> None:
        super().__init__(database, store, listener)
        self._registry, self._restating = registry, restating
        self._projected = projected
        self._recent: list[tuple[Header, Edit, Event]] = []

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        for header in batch:
            if header.topic in ("policy.published", "policy.restated"):
                await self._edited(header)
            elif header.topic == "sla.matched":
                await self._matched(header)
        async with self.database.connection() as connection:
            await self.save(batch[-1].position, connection)

    async def _edited(self, header: Header) -> None:
        events = await self.store.load(header.stream_id, header.version)
        event = events[-1]
        await self._registry.refresh()
        edit = await self._edit(event)
        if edit is None:
            return
        # Tickets opened just before the edit must be in the table that is queried.
        await self._projected(header.position)
        self._recent = [r for r in self._recent if self._is_fresh(r[0], header)]
        self._recent.append((header, edit, event))
        async for ticket_id in self._restating.affected(edit.kind, edit.name):
            await self._carry_out(ticket_id, edit, event, header.position)

    async def _edit(self, event: Event) -> Edit | None:
        fact = event.fact
        if isinstance(fact, RestatementOrdered):
            return Edit(
                kind=fact.kind,
                name=fact.name,
                reason=fact.reason,
                key=event.id,
                forced=True,
            )
        if not isinstance(fact, PolicyPublished) or fact.kind not in KINDS:
            return None
        kind, config = KINDS[fact.kind], await self._registry.config()
        if fact.version == 1 or not follows_by_itself(config, kind, fact.name):
            return None
        reason = f"version {fact.version} of {fact.kind}/{fact.name} was published"
        return Edit(
            kind=kind, name=fact.name, reason=reason, key=event.id, forced=False
        )

    async def _matched(self, header: Header) -> None:
        for edited, edit, event in self._recent:
            if self._is_fresh(edited, header):
                await self._carry_out(header.stream_id, edit, event, header.position)

    def _is_fresh(self, edited: Header, header: Header) -> bool:
        return header.recorded_at - edited.recorded_at < UNSEEN

    async def _carry_out(
        self, ticket_id: str, edit: Edit, event: Event, position: int
    ) -> None:
        try:
            await self._restating.carry_out(ticket_id, edit, _caller(event, edit))
        except DomainError as error:
            await self.park({ticket_id: error}, position)


def _caller(event: Event, edit: Edit) -> Caller:
    """The actor of the edit is the actor of its consequences."""
    return Caller(
        command_id=edit.key,
        request_sha256=edit.key,
        attempt=f"{edit.key}/",
        actor=event.meta.actor,
        key_id=event.meta.key_id,
        correlation_id=event.meta.correlation_id,
        channel="restatement",
    )
