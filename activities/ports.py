"""What the use cases need from outside. `infra/` implements it; tests may too."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.access import Holder, Keys
from domain.assignment.workload import Move
from domain.authority.delegation import Delegation
from domain.configuration.configuration import Configuration
from domain.event import Actor, Event
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory
from domain.subscription.subscription import Subscriptions
from domain.ticket.ticket import Ticket

Now = Callable[[], datetime]
OnEnforced = Callable[[Sequence[Event]], None]
NewId = Callable[[], str]
Unpromised = Callable[[], Awaitable[Mapping[str, int]]]
"""How many open tickets of each type have no promise."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who sent which command. `command_id` is the idempotency key, scoped to the
    caller; `request_sha256` distinguishes two requests with one key; `attempt` is
    unique to this try, so that a commit whose answer was lost is recognized as our own.
    `key_id`: what the log names as the key of the request; None = there was none.
    `holder`: of that key; None where a rule goes on for it later. `if_match`: the
    versions of which one must be current; None for any. `if_exists` without it: any
    version, but one must exist.
    """

    command_id: str
    request_sha256: str
    attempt: str
    actor: Actor
    correlation_id: str
    channel: str
    if_match: frozenset[int] | None = None
    if_exists: bool = False
    key_id: str | None = None
    holder: Holder | None = None

    def accepts(self, version: int) -> bool:
        return self.if_match is None or version in self.if_match


@dataclass(frozen=True, kw_only=True)
class CommandRow:
    """What is stored of an accepted command: enough to give the same answer again."""

    command_id: str
    request_sha256: str
    attempt: str
    stream_id: str
    version: int


@dataclass(frozen=True)
class Recorded:
    event: Event
    position: int
    recorded_at: datetime


@dataclass(frozen=True)
class Receipt:
    """Where an event is in the log, and the SHA-256 of its bytes as they are stored, in
    hex. Whoever keeps it can prove later what was recorded. Position 0: no event.
    """

    position: int
    sha256: str = ""


NO_EVENT = Receipt(0)


@dataclass(frozen=True)
class Appended:
    """The version of the stream, and of the last event its place in the log;
    `replayed`: it had been applied before.
    """

    stream_id: str
    version: int
    receipt: Receipt
    replayed: bool = False

    @property
    def position(self) -> int:
        return self.receipt.position


class StoreUnavailableError(Exception):
    """The database cannot be reached now; nothing is known to be lost."""


class StoreFullError(StoreUnavailableError):
    """The database cannot write, because its disk is full."""


class BusyError(Exception):
    """Others hold the lock for longer than one may wait; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class CapacityClaim:
    """The agents to whom an append gives tickets. `limited`: those whose capacity must
    not be exceeded; the append is refused if another process gave them something after
    the position `known`.
    """

    agents: tuple[str, ...]
    limited: tuple[str, ...]
    known: int


class EventStore(Protocol):
    async def load(self, stream_id: str, upto: int | None = None) -> list[Event]:
        """The stream in order; empty if there is none."""

    async def load_many(self, stream_ids: Sequence[str]) -> dict[str, list[Event]]:
        """Several streams at once; one that does not exist is left out."""

    async def ticket(self, ticket_id: str, upto: int | None = None) -> Ticket | None:
        """Folded, as it is now or was at a version; None if there is none. Use it where
        no history is needed: a long one is not read from its beginning.
        """

    async def tickets(self, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
        """The same for several at once."""

    async def version(self, stream_id: str) -> int:
        """Of its last event; 0 if there is no such stream."""

    async def event(self, stream_id: str, version: int) -> Recorded | None:
        """One event; None if there is none that can be read."""

    async def at(self, positions: Sequence[int]) -> Mapping[int, Recorded]:
        """Those of them that can be read."""

    async def history(self, stream_id: str) -> list[Recorded]:
        """The stream with positions and recording times."""

    async def append(
        self,
        events: Sequence[Event],
        command: CommandRow,
        capacity_claim: CapacityClaim | None = None,
        erased: Sequence[str] = (),
    ) -> Appended:
        """Events and command in one transaction, or nothing. `erased`: persons whose
        keys are destroyed in it.

        Raises VersionConflictError if a stream has changed, CommandReusedError if the
        command id was used for another request, LoadConflictError as `taking` says,
        StoreUnavailableError. A command that was applied before is answered with
        `replayed=True`.
        """

    async def find(self, command_id: str) -> tuple[CommandRow, Receipt] | None:
        """The command and what was recorded for it, if it was applied."""


class Registry(Protocol):
    """Configuration, keys, subscriptions, who is on call, delegated authority; as of at
    most 250 ms ago, but a change made through this process is visible at once.
    """

    async def config(self) -> Configuration: ...

    async def config_to_check(self) -> Configuration:
        """With the words that tickets have used, to warn about others."""

    async def keys(self) -> Keys: ...

    async def subscriptions(self) -> Subscriptions: ...

    async def oncall(self) -> OnCallBook: ...

    async def delegations(self) -> tuple[Delegation, ...]: ...

    async def refresh(self) -> None: ...


class Publishing(Protocol):
    """A lock for changes of the configuration."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """One holder at a time in all processes, while a change is decided and
        appended, because documents name each other. Raises BusyError if it is not
        available soon, and StoreUnavailableError. It is released with the connection
        that holds it.
        """


@dataclass
class PendingAssignments:
    """Tickets being assigned; `position` once that is in the log."""

    moves: Sequence[Move]
    position: int | None = None


class Workload(Protocol):
    """People, teams, and the loads of agents."""

    async def directory(self) -> Directory: ...

    async def refresh(self) -> None:
        """Read at once what the read model knows by now."""

    async def past_agents(
        self, customers: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        """As `World.past_agents`, for these customers."""

    async def caught_up(self) -> bool:
        """Wait until everything that is in the log now is counted; False if that takes
        too long.
        """

    def moving(
        self, moves: Sequence[Move]
    ) -> AbstractContextManager[PendingAssignments]:
        """Counted at once and until the read model knows it, or it failed. No other
        decision can come between the decision and this.
        """


async def none_unpromised() -> Mapping[str, int]:
    """Where loads are not counted."""
    return {}
