"""Enforces what is due. The one activity of the ticket workflow, and of the sweeper.

Idempotent by what it decides: `domain.ticket.enforce` finds nothing due the second
time, and the append is guarded by the ticket's version, so of two concurrent calls only
one succeeds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import activity

from activities.contracts import EnforceInput, TicketPlan
from activities.decision_context import capacity_claim, world_of
from activities.ports import (
    CapacityClaim,
    CommandRow,
    EventStore,
    NewId,
    OnEnforced,
    Registry,
    Workload,
)
from domain.errors import LoadConflictError, VersionConflictError
from domain.event import SYSTEM, Event, Meta
from domain.people.directory import Directory
from domain.ticket.draft import Draft, seal
from domain.ticket.enforce import EPOCH, enforce, plan
from domain.ticket.ticket import Ticket


def _ignore(_: Sequence[Event]) -> None:
    pass


class Enforcement:
    """`on_enforced` is called with what was appended (for the metric of lateness)."""

    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        workload: Workload,
        new_id: NewId,
        on_enforced: OnEnforced = _ignore,
    ) -> None:
        self._store, self._registry, self._workload = store, registry, workload
        self._new_id, self._on_enforced = new_id, on_enforced

    @activity.defn(name="enforce")
    async def enforce(self, due: EnforceInput) -> TicketPlan:
        """Everything due by `as_of_ms`; returns what is due next."""
        as_of = EPOCH + timedelta(milliseconds=due.as_of_ms)
        drafts = await self._enforced([due.ticket_id], as_of)
        if not drafts:
            return TicketPlan(due.ticket_id, 0, None, done=True)
        return contract(drafts[0].ticket)

    async def enforce_many(self, ticket_ids: Sequence[str], as_of: datetime) -> int:
        """Returns how many tickets had something due."""
        drafts = await self._enforced(ticket_ids, as_of)
        return sum(bool(draft.steps) for draft in drafts)

    async def _enforced(
        self, ticket_ids: Sequence[str], as_of: datetime, *, exact: bool = True
    ) -> list[Draft]:
        """One transaction for all of them, split in halves after a version conflict.
        Returns what was done to each, mostly nothing. Not `exact`: a promise does not
        wait for loads that cannot be known now.
        """
        drafts, directory = await self._decide(ticket_ids, as_of)
        due = [draft for draft in drafts if draft.steps]
        if not due:
            return drafts
        took = capacity_claim(due, directory, exact=exact)
        try:
            await self._append(due, took)
        except LoadConflictError:
            exact = await self._workload.caught_up()
            return await self._enforced(ticket_ids, as_of, exact=exact)
        except VersionConflictError:
            middle = len(ticket_ids) // 2
            halves = (ticket_ids[:middle], ticket_ids[middle:])
            return [d for h in halves if h for d in await self._enforced(h, as_of)]
        return drafts

    async def _decide(
        self, ticket_ids: Sequence[str], as_of: datetime
    ) -> tuple[list[Draft], Directory]:
        """A draft of each, and the directory before them."""
        tickets = await self._store.tickets(ticket_ids)
        found = world = await world_of(self._registry, self._workload, tickets.values())
        drafts = []
        for ticket_id, ticket in tickets.items():
            draft = Draft(ticket_id, ticket)
            world = enforce(draft, as_of, world)
            drafts.append(draft)
        return drafts, found.directory

    async def _append(
        self, drafts: Sequence[Draft], took: CapacityClaim | None
    ) -> None:
        command_id = f"enforce:{self._new_id()}"
        events = [e for draft in drafts for e in seal(draft, _meta(draft, command_id))]
        row = CommandRow(
            command_id=command_id,
            request_sha256="",
            attempt=command_id,
            stream_id=drafts[0].ticket_id,
            version=drafts[0].ticket.version,
        )
        moves = [(draft.base, draft.ticket) for draft in drafts]
        with self._workload.moving(moves) as moving:
            appended = await self._store.append(events, row, took)
            moving.position = appended.position
        self._on_enforced(events)


def _meta(draft: Draft, command_id: str) -> Meta:
    """The correlation of what rules do to a ticket, the same in all runs of its
    workflow.
    """
    return Meta(
        command_id=command_id,
        correlation_id=draft.ticket_id,
        causation_id=command_id,
        actor=SYSTEM,
    )


def contract(ticket: Ticket) -> TicketPlan:
    made = plan(ticket)
    return TicketPlan(made.ticket_id, made.version, made.next_due_ms, made.done)
