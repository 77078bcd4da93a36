"""What assignment needs to know of a ticket and its context."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeAlias

from domain.assignment.queue import Queue
from domain.event import Json, PolicyRef
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory, Turn
from domain.recording import Recording


class AssignedTicket(Protocol):
    """The parts of a ticket that count for the load of its agent."""

    @property
    def owner(self) -> str | None:
        """The assignee, or the agent it is offered to; None once it is finished."""
        ...

    @property
    def team(self) -> str | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def turns(self) -> Mapping[str, Turn]:
        """By the place of a round robin: whose turn this ticket last was there."""
        ...

    @property
    def updated_at(self) -> datetime: ...


class CustomerView(Protocol):
    @property
    def external_id(self) -> str: ...


class TicketView(AssignedTicket, Protocol):
    @property
    def version(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def finished(self) -> bool:
        """Resolved or closed."""
        ...

    @property
    def customer(self) -> CustomerView: ...
    @property
    def attributes(self) -> Json: ...
    @property
    def assignee(self) -> str | None: ...
    @property
    def assigned_at(self) -> datetime | None: ...
    @property
    def last_owner(self) -> str | None: ...
    @property
    def queue(self) -> Queue | None: ...
    @property
    def queued_at(self) -> datetime | None:
        """When it was first queued since it was opened or reopened."""
        ...

    @property
    def overflowed(self) -> tuple[str, ...]:
        """Teams that it has overflowed from because nobody took it."""
        ...


class World(Protocol):
    @property
    def directory(self) -> Directory: ...
    @property
    def oncall(self) -> OnCallBook: ...
    @property
    def past_agents(self) -> Mapping[str, tuple[str, ...]]:
        """By the customer: the agents who had tickets of theirs, the last one first."""
        ...

    def team_ref(self, name: str) -> PolicyRef | None:
        """The current version of the team's document."""
        ...


Draft: TypeAlias = Recording[TicketView]
