"""One refund or compensation that somebody requested, and the decision on it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalFact,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
    Ineligible,
    LimitUsed,
)
from domain.authority.limits import SpendKind

ApprovalState = Literal["pending", "unresolved", "granted", "rejected"]


@dataclass(frozen=True, kw_only=True)
class Approval:
    """`unresolved`: it waits, and nobody above the requester, or above the last
    approver, could decide it then. `asked`: all approvers so far; `no_response`: those
    who did not answer in time. `escalates_at`: when somebody else is asked.
    `decision_reason`: the reason of the decision.
    """

    number: int
    kind: SpendKind
    amount: str
    currency: str
    reason: str
    requested_by: str
    requested_at: datetime
    state: ApprovalState
    approver: str | None = None
    excluded: tuple[Ineligible, ...] = ()
    principal: str | None = None
    actor: str | None = None
    limit: LimitUsed | None = None
    decision_reason: str | None = None
    decided_at: datetime | None = None
    escalates_at: datetime | None = None
    asked: tuple[str, ...] = ()
    no_response: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in ("pending", "unresolved")


def evolve(
    approvals: tuple[Approval, ...], fact: ApprovalFact, at: datetime
) -> tuple[Approval, ...]:
    match fact:
        case ApprovalRequested():
            return (*approvals, _requested(fact, at))
        case ApprovalGranted() if fact.number > len(approvals):
            return (*approvals, _granted_at_once(fact, at))
        case ApprovalEscalated():
            return tuple(
                _escalated(approval, fact)
                if approval.number == fact.number
                else approval
                for approval in approvals
            )
        case ApprovalGranted() | ApprovalRejected():
            state: ApprovalState = (
                "granted" if isinstance(fact, ApprovalGranted) else "rejected"
            )
            return tuple(
                replace(
                    approval,
                    state=state,
                    principal=fact.principal,
                    actor=fact.actor,
                    limit=fact.limit,
                    decision_reason=fact.reason,
                    decided_at=at,
                    escalates_at=None,
                )
                if approval.number == fact.number
                else approval
                for approval in approvals
            )


def _requested(fact: ApprovalRequested, at: datetime) -> Approval:
    return Approval(
        number=fact.number,
        kind=fact.kind,
        amount=fact.amount,
        currency=fact.currency,
        reason=fact.reason,
        requested_by=fact.requested_by,
        requested_at=at,
        state="pending" if fact.approver else "unresolved",
        approver=fact.approver,
        excluded=fact.excluded,
        escalates_at=fact.escalates_at,
        asked=(fact.approver,) if fact.approver else (),
    )


def _escalated(approval: Approval, fact: ApprovalEscalated) -> Approval:
    again = {lacking.person for lacking in fact.excluded}
    late = (fact.from_approver,) if fact.from_approver and not fact.away else ()
    before = (old for old in approval.excluded if old.person not in again)
    return replace(
        approval,
        state="pending" if fact.approver else "unresolved",
        approver=fact.approver,
        excluded=(*before, *fact.excluded),
        escalates_at=fact.escalates_at,
        asked=(*approval.asked, fact.approver) if fact.approver else approval.asked,
        no_response=(*approval.no_response, *late),
    )


def _granted_at_once(fact: ApprovalGranted, at: datetime) -> Approval:
    return Approval(
        number=fact.number,
        kind=fact.kind,
        amount=fact.amount,
        currency=fact.currency,
        reason=fact.reason,
        requested_by=fact.requested_by,
        requested_at=at,
        state="granted",
        principal=fact.principal,
        actor=fact.actor,
        limit=fact.limit,
        decided_at=at,
    )
