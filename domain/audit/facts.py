"""What is in the log about the log itself and about who may read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from domain.event import Fact

DenialReason = Literal["unknown_key", "refused_key", "forbidden"]
"""`refused_key`: the key is known, and it has expired or is not valid any more."""


@dataclass(frozen=True, kw_only=True)
class DeniedCalls:
    """Calls of one route. `route`: its template, without the ids in the address."""

    method: str
    route: str
    permission: str
    reason: DenialReason
    count: int


@dataclass(frozen=True, kw_only=True)
class AccessDenied(Fact):
    """Calls that were refused from `since` to `until`, at most so many routes that an
    event stays small; `others` is how many calls of further routes there were.
    `key_id`: None, if the key is nobody's. The key itself and the caller's address are
    not in the log.
    """

    topic: ClassVar[str] = "access.denied"
    key_id: str | None
    count: int
    since: datetime
    until: datetime
    calls: tuple[DeniedCalls, ...]
    others: int = 0


AuditFact: TypeAlias = AccessDenied
