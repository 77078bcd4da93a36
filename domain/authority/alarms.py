"""What comes due while a refund or compensation waits for approval."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.alarm import Alarm
from domain.authority.approval import Approval


@dataclass(frozen=True, kw_only=True)
class ApprovalUnanswered(Alarm):
    """The approval escalates to somebody else."""

    number: int


def alarms(approvals: Iterable[Approval]) -> Iterator[ApprovalUnanswered]:
    for approval in approvals:
        if approval.open and (at := approval.escalates_at) is not None:
            number = approval.number
            yield ApprovalUnanswered(at=at, key=f"approval/{number}", number=number)
