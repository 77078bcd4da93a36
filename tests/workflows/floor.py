"""A floor to tell stories on: the real workflows and activities on the real server,
over a log in memory, with the workflow's clock in the test's hand.

Commands are decided and pushed as the API and the timers follower do it; times are
durations after the ticket was opened.
"""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.contracts import TicketPlan
from activities.enforcement import Enforcement, contract
from activities.ports import (
    NO_EVENT,
    Appended,
    CommandRow,
    PendingAssignments,
    Receipt,
    StoreUnavailableError,
)
from domain.assignment.workload import handed
from domain.configuration.configuration import Configuration
from domain.duration import format_duration, parse_duration
from domain.errors import VersionConflictError
from domain.event import Event
from domain.lifecycle.facts import Customer
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory
from domain.ticket.decide import OpenTicket, decide, open_ticket
from domain.ticket.draft import Draft, seal
from domain.ticket.enforce import EPOCH, next_alarm
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket
from domain.ticket.world import World
from infra.temporal.client import TimerBackend
from tests.support.dsl import BY_ANN
from workflows.ticket import ticket_workflow_id

MILLISECOND = timedelta(milliseconds=1)
SECONDS = 60
"""How long a story may take in real time before it is a failure."""


class Log:
    """An event store in memory; `fail` makes so many reads raise."""

    def __init__(self) -> None:
        self.streams: dict[str, list[Event]] = {}
        self.commands: dict[str, CommandRow] = {}
        self.grown = asyncio.Condition()
        self.fail = 0

    async def load(self, stream_id: str, upto: int | None = None) -> list[Event]:
        return self.streams.get(stream_id, [])[:upto]

    async def load_many(self, stream_ids: Sequence[str]) -> dict[str, list[Event]]:
        return {i: list(self.streams[i]) for i in stream_ids if i in self.streams}

    async def ticket(self, ticket_id: str, upto: int | None = None) -> Ticket | None:
        return fold(await self.load(ticket_id, upto))

    async def tickets(self, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
        if self.fail:
            self.fail -= 1
            raise StoreUnavailableError
        folded = {i: fold(self.streams.get(i, ())) for i in ticket_ids}
        return {i: ticket for i, ticket in folded.items() if ticket}

    async def append(
        self, events: Sequence[Event], command: CommandRow, _: object = None
    ) -> Appended:
        for event in events:
            stream = self.streams.setdefault(event.originator_id, [])
            if event.originator_version != len(stream) + 1:
                raise VersionConflictError(event.originator_id)
            stream.append(event)
        self.commands[command.command_id] = command
        async with self.grown:
            self.grown.notify_all()
        return Appended(command.stream_id, command.version, NO_EVENT)

    async def find(self, command_id: str) -> tuple[CommandRow, Receipt] | None:
        row = self.commands.get(command_id)
        return None if row is None else (row, NO_EVENT)


class Rules:
    """The registry and the roster: one world, with the loads as they were left."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def config(self) -> Configuration:
        return self.world.config

    async def oncall(self) -> OnCallBook:
        return self.world.oncall

    async def delegations(self):
        return self.world.delegations

    async def directory(self) -> Directory:
        return self.world.directory

    async def past_agents(self, _):
        return self.world.past_agents

    @contextmanager
    def moving(self, moves):
        yield PendingAssignments(moves)
        self.world = self.world.having(handed(self.world.directory, *moves))


class Floor:
    def __init__(self, environment: WorkflowEnvironment, queue: str) -> None:
        self.environment, self.queue = environment, queue
        self.log, self.rules = Log(), Rules(World())
        self.backend = TimerBackend(environment.client, queue, queue)
        self.opened_at = datetime.now(UTC).replace(microsecond=0)
        self.runs: set[tuple[str, str]] = set()
        numbers = itertools.count(1)
        self.enforcement = Enforcement(
            self.log,  # type: ignore[arg-type]
            self.rules,  # type: ignore[arg-type]
            self.rules,
            lambda: str(next(numbers)),
        )

    def instant(self, after: str | datetime) -> datetime:
        if isinstance(after, datetime):
            return after
        return self.opened_at + parse_duration(after)

    @property
    def ticket(self) -> Ticket:
        ticket = fold(self.log.streams[self.queue])
        assert ticket is not None
        return ticket

    @property
    def handle(self) -> WorkflowHandle:
        """Of whatever run there is now."""
        workflow_id = ticket_workflow_id(self.queue)
        return self.environment.client.get_workflow_handle(workflow_id)

    async def open(self, world: World, *, push: bool = True, **fields: object) -> None:
        self.rules.world = world
        command = OpenTicket(
            **{
                "number": 1,
                "subject": "Cold",
                "body": "Since today.",
                "channel": "email",
                "type": "question",
                "customer": Customer(external_id="c-1"),
                **fields,
            }
        )
        draft = open_ticket(self.queue, command, self.opened_at, world)
        await self._append(draft, push=push)

    async def do(self, at: str, *commands: object, push: bool = True) -> None:
        """What the API does, and then the follower."""
        for command in commands:
            draft = decide(self.ticket, command, self.instant(at), self.rules.world)
            await self._append(draft, push=push)

    async def _append(self, draft: Draft, *, push: bool) -> None:
        row = CommandRow(
            command_id="c",
            request_sha256="",
            attempt="c",
            stream_id=self.queue,
            version=draft.ticket.version,
        )
        with self.rules.moving([(draft.base, draft.ticket)]):
            await self.log.append(seal(draft, BY_ANN), row)
        if push:
            await self.push(contract(draft.ticket))

    async def push(self, plan: TicketPlan) -> None:
        await self.backend.push(plan)
        self.runs.add((self.handle.id, (await self.handle.describe()).run_id))

    async def punctually(self, at: str) -> None:
        """Move the clock there from one thing that is due to the next."""
        while (alarm := next_alarm(self.ticket)) and alarm.at < self.instant(at):
            await self.until(alarm.at + MILLISECOND)
        await self.until(at)

    async def until(self, at: str | datetime) -> None:
        """Move the workflow's clock there, and wait for what is due by then."""
        await self.move(at)
        due_ms = (self.instant(at) - EPOCH) // MILLISECOND
        await self.settled(lambda t: (contract(t).next_due_ms or due_ms + 1) > due_ms)

    async def move(self, at: str | datetime) -> None:
        """The clock only: it stands still while a workflow is due and nobody there."""
        left = self.instant(at) - await self.now()
        if left > timedelta(0):
            await self.environment.fast_forward(self.handle, left)

    async def now(self) -> datetime:
        return await self.environment.get_current_time(self.handle)

    async def timers(self, count: int, what: Literal["started", "fired"]) -> None:
        """Until so many timers of the workflow were."""
        async with asyncio.timeout(SECONDS):
            async for event in self.handle.fetch_history_events(wait_new_event=True):
                kind = event.WhichOneof("attributes")
                count -= kind == f"timer_{what}_event_attributes"
                if count == 0:
                    return

    async def settled(self, condition) -> None:
        """Until the log's ticket is so."""
        async with asyncio.timeout(SECONDS), self.log.grown:
            await self.log.grown.wait_for(lambda: condition(self.ticket))

    def told(self, *families: str) -> list[str]:
        """`<when> <type>` of the ticket's events of these families."""
        return [
            f"{format_duration(event.timestamp - self.opened_at)} {event.fact.topic}"
            for event in self.log.streams[self.queue]
            if event.fact.topic.partition(".")[0] in families
        ]

    async def history(self) -> list[str]:
        """The types of Temporal's events in the newest run."""
        fetched = await self.handle.fetch_history()
        return [e.WhichOneof("attributes") for e in fetched.events]
