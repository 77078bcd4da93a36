"""What is in the log about the log itself and about who may read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from domain.event import Fact

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


AuditFact: TypeAlias = ExportCompleted | ExportFailed | ExportRequested
