"""What can happen to refunds and compensations, and to the right to grant them.

Amounts are decimal text (`"12.50"`), as they were entered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias

from domain.authority.limits import SpendKind
from domain.event import Fact


@dataclass(frozen=True, kw_only=True)
class AuthorityDelegated(Fact):
    """`principal` lets `delegate` grant these kinds in their name, from `begin` to
    `end`. `team` None: on the tickets of every team.
    """

    topic: ClassVar[str] = "authority.delegated"
    delegation_id: str
    principal: str
    delegate: str
    kinds: tuple[SpendKind, ...]
    currency: str
    amount: str
    team: str | None
    begin: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class AuthorityRevoked(Fact):
    topic: ClassVar[str] = "authority.revoked"
    delegation_id: str


@dataclass(frozen=True, kw_only=True)
class LimitUsed:
    """`delegation` None: the principal's own limit, by their role."""

    role: str
    currency: str
    amount: str
    delegation: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ineligible:
    """Somebody who could not decide it, and why."""

    person: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(Fact):
    """`number` counts the ticket's approvals from 1. `approver`: the next manager with
    enough authority; None = no approver is available. `escalates_at`: when somebody
    else is asked. `team_lead`: of the ticket's team, who is notified where there is no
    approver; None also if that is the requester.
    """

    topic: ClassVar[str] = "approval.requested"
    number: int
    kind: SpendKind
    amount: str
    currency: str
    reason: str
    requested_by: str
    approver: str | None
    excluded: tuple[Ineligible, ...]
    escalates_at: datetime | None = None
    team_lead: str | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalEscalated(Fact):
    """The approver did not answer in time, or is away: the next manager above with
    enough authority is asked. `from_approver` None: there was no approver before.
    `away`: that approver is away, and may be asked again. `approver` None: no approver
    is available now; `escalates_at` is when one will be, as far as known, and earlier
    approvers may still decide; `team_lead` as in `ApprovalRequested`, once there was an
    approver and there is none any more.
    """

    topic: ClassVar[str] = "approval.escalated"
    number: int
    from_approver: str | None
    approver: str | None
    reason: str
    excluded: tuple[Ineligible, ...]
    escalates_at: datetime | None
    away: bool = False
    team_lead: str | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalGranted(Fact):
    """`principal`: whose authority was used; `actor`: who used it. Without a request
    before it: it was within the requester's own limit.
    """

    topic: ClassVar[str] = "approval.granted"
    number: int
    kind: SpendKind
    amount: str
    currency: str
    reason: str
    requested_by: str
    principal: str
    actor: str
    limit: LimitUsed


@dataclass(frozen=True, kw_only=True)
class ApprovalRejected(Fact):
    topic: ClassVar[str] = "approval.rejected"
    number: int
    reason: str
    principal: str
    actor: str
    limit: LimitUsed


DelegationFact: TypeAlias = AuthorityDelegated | AuthorityRevoked
ApprovalFact: TypeAlias = (
    ApprovalRequested | ApprovalEscalated | ApprovalGranted | ApprovalRejected
)
