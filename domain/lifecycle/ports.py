"""What the lifecycle needs to know of a ticket."""

from typing import Protocol, TypeAlias

from domain.lifecycle.facts import Customer, Priority, TicketDetails
from domain.lifecycle.pause import Pause
from domain.lifecycle.status import Status
from domain.recording import Recording


class TicketView(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def status(self) -> Status: ...
    @property
    def finished(self) -> bool:
        """Resolved or closed."""
        ...

    @property
    def pause(self) -> Pause | None: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def customer(self) -> Customer: ...
    @property
    def details(self) -> TicketDetails: ...
    @property
    def subject(self) -> str: ...
    @property
    def team(self) -> str | None: ...
    @property
    def assignee(self) -> str | None: ...
    @property
    def watchers(self) -> tuple[str, ...]: ...
    @property
    def merged_into(self) -> str | None:
        """Id of the ticket that it was merged into."""
        ...


Draft: TypeAlias = Recording[TicketView]
