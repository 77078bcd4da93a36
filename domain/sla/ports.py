"""What SLA sees of a ticket and its context."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from domain.calendar.calendar import Calendar
from domain.event import Json, PolicyRef
from domain.lifecycle.facts import Customer
from domain.lifecycle.pause import PastPause, Pause
from domain.lifecycle.status import Status
from domain.lifecycle.words import AuthorKind, Channel, Priority
from domain.recording import Recording
from domain.sla.clock import Clock
from domain.sla.decision import Decision, Promise
from domain.sla.forecast import Lead
from domain.sla.policy import SlaPolicy
from domain.sla.reply import Replies


class ConditionTicket(Protocol):
    """The fields that conditions may use."""

    @property
    def version(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def customer(self) -> Customer: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def team(self) -> str | None: ...
    @property
    def product_area(self) -> str | None: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def opened_by(self) -> AuthorKind: ...
    @property
    def attributes(self) -> Json: ...
    @property
    def personal_attributes(self) -> tuple[str, ...]: ...
    @property
    def status(self) -> Status: ...
    @property
    def finished(self) -> bool: ...
    @property
    def pause(self) -> Pause | None: ...
    @property
    def assignee(self) -> str | None: ...
    @property
    def customer_wrote(self) -> bool: ...
    @property
    def reopen_count(self) -> int: ...
    def answered(self, replies: Replies) -> bool: ...
    def awaiting(self, replies: Replies) -> bool: ...


class MergedInto(Protocol):
    """That the ticket was merged into another one."""

    @property
    def at(self) -> datetime: ...


class AbsorbedTicket(Protocol):
    """A ticket that was merged into this one."""

    @property
    def ticket_id(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class SlaTicket(ConditionTicket, Protocol):
    @property
    def past_pauses(self) -> tuple[PastPause, ...]: ...
    @property
    def promises(self) -> tuple[Promise, ...]: ...
    @property
    def decision(self) -> Decision | None: ...
    @property
    def clocks(self) -> tuple[Clock, ...]: ...
    def clock(self, key: str) -> Clock: ...
    @property
    def merged(self) -> MergedInto | None: ...
    @property
    def absorbed(self) -> Sequence[AbsorbedTicket]: ...

    def lead_times(self, escalation_policy: str | None) -> tuple[Lead, ...] | None:
        """Steps before the breach, by the version of this escalation policy that the
        ticket keeps; None: it keeps none.
        """
        ...


SlaDraft: TypeAlias = Recording[SlaTicket]


class SlaWorld(Protocol):
    @property
    def sla_policies(self) -> tuple[SlaPolicy, ...]:
        """Those in force, in the order in which they are evaluated."""
        ...

    def sla_policy(self, ref: PolicyRef) -> SlaPolicy: ...

    def calendar(self, ref: PolicyRef | None) -> Calendar | None:
        """None = always open."""
        ...

    def last_calendar(self, name: str) -> PolicyRef | None:
        """The last version, also of a retired calendar; None: there is none."""
        ...

    def lead_times(self, escalation_policy: str | None) -> tuple[Lead, ...]:
        """Steps before the breach, by the version in force."""
        ...
