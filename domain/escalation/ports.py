"""What escalation sees of a ticket and its context, and what others do to the ticket
for a step.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeAlias

from domain.calendar.calendar import Calendar
from domain.escalation.policy import EscalationPolicy
from domain.escalation.run import Run
from domain.event import PolicyRef
from domain.lifecycle.status import StatusChange
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory
from domain.recording import Recording
from domain.sla.clock import Clock
from domain.sla.forecast import Lead
from domain.sla.policy import SlaPolicy
from domain.sla.ports import ConditionTicket


class OfferQueue(Protocol):
    """The queue in which the ticket is offered to one agent after the other."""

    @property
    def asked(self) -> Mapping[str, str]:
        """By agent who did not take it: what they answered, in words."""
        ...


class EscalationTicket(ConditionTicket, Protocol):
    @property
    def updated_at(self) -> datetime: ...
    @property
    def clocks(self) -> tuple[Clock, ...]: ...
    @property
    def runs(self) -> tuple[Run, ...]: ...
    @property
    def queue(self) -> OfferQueue | None: ...
    @property
    def watchers(self) -> tuple[str, ...]: ...

    @property
    def escalation_policies(self) -> tuple[EscalationPolicy, ...]:
        """Those that the ticket keeps, the one pinned last at the end."""
        ...

    def escalation_policy(self, ref: PolicyRef) -> EscalationPolicy:
        """The pinned one of this name and version."""
        ...

    def lead_times(self, escalation_policy: str | None) -> tuple[Lead, ...] | None:
        """The steps before the breach, by the version pinned last; None: this
        escalation policy is not pinned.
        """
        ...


EscalationDraft: TypeAlias = Recording[EscalationTicket]


class EscalationWorld(Protocol):
    @property
    def directory(self) -> Directory: ...
    @property
    def oncall(self) -> OnCallBook: ...
    def sla_policy(self, ref: PolicyRef) -> SlaPolicy: ...

    def calendar(self, ref: PolicyRef | None) -> Calendar | None:
        """None = always open."""
        ...

    def escalation_policy(self, name: str | None) -> EscalationPolicy | None:
        """The version in force."""
        ...


class TicketActions(Protocol):
    """What a step does to the ticket by rules of other concepts. `cause`: version of
    the event that the step fired.
    """

    def run_macro(self, name: str, at: datetime, cause: int) -> None: ...

    def change_status(
        self,
        change: StatusChange,
        at: datetime,
        reason: str,
        *,
        cause: int,
        policy: PolicyRef,
    ) -> None: ...

    def directory_without_offer(self) -> Directory:
        """With the loads as if the ticket were offered to nobody now: its own offer
        must not use up the capacity of an agent who may get it by a step.
        """
        ...
