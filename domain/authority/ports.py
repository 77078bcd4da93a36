"""What approvals need to know of a ticket and its context."""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from domain.authority.approval import Approval
from domain.authority.delegation import Delegation
from domain.authority.limits import Authority
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory
from domain.recording import Recording


class TicketView(Protocol):
    @property
    def status(self) -> str: ...
    @property
    def team(self) -> str | None: ...
    @property
    def approvals(self) -> tuple[Approval, ...]:
        """In the order of their requests."""
        ...


class World(Protocol):
    @property
    def directory(self) -> Directory: ...
    @property
    def oncall(self) -> OnCallBook: ...
    @property
    def authorities(self) -> Mapping[str, Authority]:
        """By role."""
        ...

    @property
    def delegations(self) -> tuple[Delegation, ...]:
        """Past ones too."""
        ...


Draft: TypeAlias = Recording[TicketView]
