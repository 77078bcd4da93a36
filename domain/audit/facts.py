"""What is in the log about the log itself and about who may read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from domain.event import Fact

LOG_STREAM = "audit/log"

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


Shown = Literal["clear", "masked"]
"""Whether personal fields are readable in an export."""


@dataclass(frozen=True, kw_only=True)
class ExportRequested(Fact):
    """Of these tickets, or of everything recorded in [since, until). `reason`: why
    personal fields are revealed to somebody who may not read them otherwise.
    """

    topic: ClassVar[str] = "export.requested"
    tickets: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    personal: Shown = "masked"
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportCompleted(Fact):
    """`events` of a log of `size` events; `bytes` and `sha256` of the bundle."""

    topic: ClassVar[str] = "export.completed"
    events: int
    size: int
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ExportFailed(Fact):
    topic: ClassVar[str] = "export.failed"
    error: str


@dataclass(frozen=True, kw_only=True)
class LogRestarted(Fact):
    """The tree of the log was abandoned, and another was begun under a new origin.
    `size` and `root` (base64): of the last checkpoint that was signed for the old
    origin; size 0 if there was none. `requested_by`: the account on the machine.
    """

    topic: ClassVar[str] = "audit.log_restarted"
    origin: str
    size: int
    root: str
    reason: str
    new_origin: str
    new_log_key: str
    requested_by: str


AuditFact: TypeAlias = (
    AccessDenied | LogRestarted | ExportCompleted | ExportFailed | ExportRequested
)
