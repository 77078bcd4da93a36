"""Approvals as the answer about a ticket shows them."""

from datetime import datetime

from pydantic import BaseModel

from domain.authority.approval import ApprovalState
from domain.authority.limits import SpendKind


class LimitUsedOut(BaseModel):
    """`delegation`: null if it was the principal's own."""

    role: str
    currency: str
    amount: str
    delegation: str | None


class LackingOut(BaseModel):
    person: str
    reason: str


class ApprovalOut(BaseModel):
    """`approver`: the next manager with enough authority; null and `unresolved`: nobody
    had it, or nobody above who was asked last. `asked`: who was, in turn;
    `no_response`: who of them did not answer in time. `escalates_at`: when somebody
    else is. `principal`: whose authority was used, `actor`: by whom, `decision_reason`:
    why.
    """

    number: int
    kind: SpendKind
    amount: str
    currency: str
    reason: str
    requested_by: str
    requested_at: datetime
    state: ApprovalState
    approver: str | None
    excluded: list[LackingOut]
    principal: str | None
    actor: str | None
    limit: LimitUsedOut | None
    decision_reason: str | None
    decided_at: datetime | None
    escalates_at: datetime | None
    asked: list[str]
    no_response: list[str]
