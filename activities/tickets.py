"""The use cases of a ticket: load, decide, append.

A version conflict means that another request was faster: the ticket is loaded again and
the command decided again, a few times. Idempotent by `Caller.command_id`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from weakref import WeakValueDictionary

from activities.decision_context import capacity_claim, world_of
from activities.ports import (
    NO_EVENT,
    Appended,
    Caller,
    CapacityClaim,
    CommandRow,
    EventStore,
    Now,
    OnEnforced,
    Recorded,
    Registry,
    Workload,
)
from activities.recording import TRIES
from domain.errors import (
    CommandReusedError,
    DomainError,
    InvalidError,
    LoadConflictError,
    NotFoundError,
    PreconditionError,
    VersionConflictError,
)
from domain.event import Event, Meta
from domain.ticket.decide import Command, OpenTicket, decide, open_ticket
from domain.ticket.draft import Draft, seal
from domain.ticket.evolve import fold
from domain.ticket.merge import merge, unmerge
from domain.ticket.split import SplitTicket, split
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

TICKET = "ticket"
Decided = tuple[World, Sequence[Draft]]


@dataclass(frozen=True)
class Outcome:
    """The ticket as the command left it; `events`: what the command added."""

    ticket: Ticket
    appended: Appended
    events: tuple[Event, ...] = ()


def as_known(
    history: Sequence[Recorded], as_of: datetime | None, known_at: datetime | None
) -> Sequence[Recorded]:
    """Of a ticket's history what had taken effect at `as_of`, as far as it had been
    recorded at `known_at`. Raises InvalidError for a time before the first event.
    """
    first = history[0]
    opened, recorded = first.event.timestamp, first.recorded_at
    if as_of is not None and as_of < opened:
        message = f"{as_of.isoformat()} lies before the ticket was opened, at "
        raise InvalidError.at("?as_of", message + opened.isoformat())
    if known_at is not None and known_at < recorded:
        message = f"at {known_at.isoformat()} nothing was known of the ticket: its "
        message += f"first event was recorded at {recorded.isoformat()}"
        raise InvalidError.at("?known_at", message)
    # A ticket never has a later event without those before it, whatever the clock did.
    return [
        *takewhile(
            lambda r: (
                (as_of is None or r.event.timestamp <= as_of)
                and (known_at is None or r.recorded_at <= known_at)
            ),
            history,
        )
    ]


def _check_version(version: int, caller: Caller) -> None:
    """Raises PreconditionError for a version that the caller did not expect."""
    if not caller.accepts(version):
        raise PreconditionError(version)


class TicketService:
    """`on_enforced` is called with what was appended, as that of `Enforcement` is: a
    command records what was due before it, and that too was late or in time.
    """

    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        workload: Workload,
        now: Now,
        on_enforced: OnEnforced = lambda _: None,
    ) -> None:
        self._store, self._registry = store, registry
        self._workload, self._now = workload, now
        self._on_enforced = on_enforced
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(
        self, ticket_id: str, command: OpenTicket, caller: Caller
    ) -> Outcome:
        if again := await self.replay(caller):
            return again
        if caller.if_match is not None:
            raise PreconditionError(None)  # there is nothing yet that could match
        draft = open_ticket(ticket_id, command, self._now(), await self._world())
        return await self._append(draft, caller, occurred_at=command.occurred_at)

    async def apply(
        self, ticket_id: str, command: Command, caller: Caller, *, idly: bool = True
    ) -> Outcome:
        """Not `idly`: where it changes nothing, not even the command is written."""
        if again := await self.replay(caller):
            return again
        # Serialized within this process; other conflicts are rare.
        async with self._turns.setdefault(ticket_id, asyncio.Lock()):
            return await self._apply(ticket_id, command, caller, idly=idly)

    async def _apply(
        self, ticket_id: str, command: Command, caller: Caller, *, idly: bool
    ) -> Outcome:
        async def decided() -> Decided:
            ticket = await self._expected(ticket_id, caller)
            world = await self._world(ticket)
            return world, (decide(ticket, command, self._now(), world),)

        return await self._append_decided(ticket_id, decided, caller, idly=idly)

    async def _append_decided(
        self,
        ticket_id: str,
        decided: Callable[[], Awaitable[Decided]],
        caller: Caller,
        *,
        idly: bool = True,
    ) -> Outcome:
        """Decided again after each version conflict. Of several drafts, which are
        written together, the first is the answer.
        """
        exact = True
        for _ in range(TRIES):
            world, drafts = await decided()
            if not idly and not any(draft.steps for draft in drafts):
                ticket = drafts[0].ticket
                return Outcome(ticket, Appended(ticket.id, ticket.version, NO_EVENT))
            took = capacity_claim(drafts, world.directory, exact=exact)
            try:
                outcome = await self._append_moved(drafts, caller, took)
            except LoadConflictError:
                exact = await self._workload.caught_up()
                continue
            except VersionConflictError:
                continue
            self._on_enforced(outcome.events)
            return outcome
        raise VersionConflictError(ticket_id)

    async def _append_moved(
        self, drafts: Sequence[Draft], caller: Caller, took: CapacityClaim | None
    ) -> Outcome:
        """Concurrent decisions count these tickets already, or one agent would get them
        all.
        """
        with self._workload.moving([(d.base, d.ticket) for d in drafts]) as moving:
            outcome = await self._append(
                drafts[0], caller, also=drafts[1:], capacity_claim=took
            )
            moving.position = outcome.appended.position
        return outcome

    async def consider(self, ticket_id: str, command: Command) -> Draft:
        """What the command would do now; nothing is written."""
        ticket = await self.get(ticket_id)
        return decide(ticket, command, self._now(), await self._world(ticket))

    async def concerned(
        self, tickets: Sequence[Ticket], command: Command
    ) -> Sequence[str]:
        """Those tickets that the command would change now, or that would refuse it."""
        world, found = await world_of(self._registry, self._workload, tickets), []
        for ticket in tickets:
            try:
                does = bool(decide(ticket, command, self._now(), world).steps)
            except DomainError:
                does = True
            if does:
                found.append(ticket.id)
            # Others in this process must not wait for a long queue.
            await asyncio.sleep(0)
        return found

    async def merge(self, ticket_id: str, into: str, caller: Caller) -> Outcome:
        """The ticket is merged into another one; the answer is the merged ticket."""
        if again := await self.replay(caller):
            return again

        async def decided() -> Decided:
            absorbed = await self._expected(ticket_id, caller)
            survivor = await self._other(into)
            world = await self._world()
            return world, merge(absorbed, survivor, self._now(), world)

        return await self._append_decided(ticket_id, decided, caller)

    async def unmerge(self, ticket_id: str, reason: str, caller: Caller) -> Outcome:
        """The ticket becomes a separate one again, which is the answer."""
        if again := await self.replay(caller):
            return again

        async def decided() -> Decided:
            apart = await self._expected(ticket_id, caller)
            survivor = await self.get(apart.merged_into or ticket_id)
            world = await self._world()
            return world, unmerge(apart, survivor, reason, self._now(), world)

        return await self._append_decided(ticket_id, decided, caller)

    async def split(
        self, ticket_id: str, command: SplitTicket, new_id: str, caller: Caller
    ) -> Outcome:
        """A message becomes a separate ticket, which is the answer."""
        if again := await self.replay(caller):
            return again

        async def decided() -> Decided:
            history = await self._store.load(ticket_id)
            if not history:
                raise NotFoundError(TICKET, ticket_id)
            _check_version(len(history), caller)
            world = await self._world()
            original, made = split(history, command, new_id, self._now(), world)
            return world, (made, original)

        return await self._append_decided(ticket_id, decided, caller)

    async def _expected(self, ticket_id: str, caller: Caller) -> Ticket:
        ticket = await self.get(ticket_id)
        _check_version(ticket.version, caller)
        return ticket

    async def _other(self, ticket_id: str) -> Ticket:
        try:
            return await self.get(ticket_id)
        except NotFoundError as error:
            raise InvalidError.at("/into", str(error)) from error

    async def get(
        self,
        ticket_id: str,
        *,
        version: int | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Ticket:
        """The ticket now, at a version, or as it was at `as_of` by what had been
        recorded at `known_at`. Raises NotFoundError if there is no such ticket,
        InvalidError if it was not opened by then or has no such version.
        """
        if as_of is not None or known_at is not None:
            history = await self.history(ticket_id)
            ticket = fold(r.event for r in as_known(history, as_of, known_at))
            assert ticket is not None
            return ticket
        ticket = await self._store.ticket(ticket_id, version)
        if ticket is None:
            raise NotFoundError(TICKET, ticket_id)
        if (at := ticket.version) < (version or 0):
            message = f"the ticket is at version {at}: there is no {version}"
            raise InvalidError.at("?at_version", message)
        return ticket

    async def history(self, ticket_id: str) -> list[Recorded]:
        """All of it. Raises NotFoundError if there is no such ticket."""
        history = await self._store.history(ticket_id)
        if not history:
            raise NotFoundError(TICKET, ticket_id)
        return history

    async def replay(self, caller: Caller) -> Outcome | None:
        """The first answer to this command."""
        if caller.command_id == caller.attempt:
            return None  # made for this very request, so nobody can have used it
        found = await self._store.find(caller.command_id)
        if found is None:
            return None
        row, receipt = found
        if row.request_sha256 != caller.request_sha256:
            raise CommandReusedError
        appended = Appended(row.stream_id, row.version, receipt, replayed=True)
        ticket = await self.get(row.stream_id, version=row.version)
        return Outcome(ticket, appended)

    async def _append(
        self,
        draft: Draft,
        caller: Caller,
        occurred_at: datetime | None = None,
        also: Sequence[Draft] = (),
        capacity_claim: CapacityClaim | None = None,
    ) -> Outcome:
        """`also`: drafts of other tickets that are written in the same transaction."""
        meta = Meta(
            command_id=caller.command_id,
            correlation_id=caller.correlation_id,
            causation_id=caller.command_id,
            actor=caller.actor,
            channel=caller.channel,
            occurred_at=occurred_at,
            key_id=caller.key_id,
        )
        events = tuple(e for part in (draft, *also) for e in seal(part, meta))
        row = CommandRow(
            command_id=caller.command_id,
            request_sha256=caller.request_sha256,
            attempt=caller.attempt,
            stream_id=draft.ticket_id,
            version=draft.ticket.version,
        )
        appended = await self._store.append(events, row, capacity_claim)
        if appended.replayed:
            ticket = await self.get(appended.stream_id, version=appended.version)
            return Outcome(ticket, appended)
        return Outcome(draft.ticket, appended, events)

    async def _world(self, ticket: Ticket | None = None) -> World:
        tickets = [ticket] if ticket else []
        return await world_of(self._registry, self._workload, tickets)
