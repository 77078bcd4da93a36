"""Approvals in the answer about a ticket."""

from datetime import datetime

from api.http.answers import Answer
from domain.authority.approval import ApprovalState
from domain.authority.limits import SpendKind


class LimitUsedOut(Answer):
    """`delegation`: null if it is the principal's own limit."""

    role: str
    currency: str
    amount: str
    delegation: str | None


class LackingOut(Answer):
    person: str
    reason: str


class ApprovalOut(Answer):
    """`approver`: the next manager with a high enough limit; null and `unresolved` if
    there is none. `asked`: who was asked, in order; `no_response`: who of them did not
    decide in time. `escalates_at`: when it is escalated. `principal`: whose authority
    was used, `actor`: by whom, `decision_reason`: why.
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
