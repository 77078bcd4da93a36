"""What happens to a person's data. Nothing in these facts is personal."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeAlias

from domain.event import Fact

SUBJECTS = "subjects/"
"""How the streams of persons begin."""
AGENTS = "agents/"
"""How agents are told from customers where persons are named."""


@dataclass(frozen=True, kw_only=True)
class SubjectErased(Fact):
    """The keys of the person were destroyed, and with them all that was encrypted with
    them. `requested_by`: who asked for it.
    """

    topic: ClassVar[str] = "subject.erased"
    reason: str
    requested_by: str


@dataclass(frozen=True, kw_only=True)
class SubjectHoldPlaced(Fact):
    """Until it is released the person cannot be erased."""

    topic: ClassVar[str] = "subject.hold_placed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class SubjectHoldReleased(Fact):
    topic: ClassVar[str] = "subject.hold_released"
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class PersonalRevealed(Fact):
    """Personal fields were shown to somebody who does not see them otherwise.
    `ticket_id`: of which ticket; None = of all that is known of the person, or that is
    in an export.
    """

    topic: ClassVar[str] = "personal.revealed"
    ticket_id: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RetentionRequested(Fact):
    """What was not touched for so long is to go; None: this class of records stays."""

    topic: ClassVar[str] = "retention.requested"
    transactions: timedelta | None
    logs: timedelta | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class DeletedRecords:
    """`name`: of the table, or `bundles` for files of exports."""

    name: str
    count: int


@dataclass(frozen=True, kw_only=True)
class RetentionApplied(Fact):
    """How many customers were erased, how many a legal hold kept, and how many were not
    due any more when it was their turn; and how many records of each kind were deleted.
    """

    topic: ClassVar[str] = "retention.applied"
    erased: int
    held: int
    kept: int
    deleted: tuple[DeletedRecords, ...]


@dataclass(frozen=True, kw_only=True)
class RetentionFailed(Fact):
    """It ended before all was done; what was done stays done."""

    topic: ClassVar[str] = "retention.failed"
    error: str


PrivacyFact: TypeAlias = (
    SubjectErased
    | SubjectHoldPlaced
    | SubjectHoldReleased
    | PersonalRevealed
    | RetentionApplied
    | RetentionFailed
    | RetentionRequested
)


def subject_stream(external_id: str) -> str:
    return f"{SUBJECTS}{external_id}"


def agent_of(external_id: str) -> str | None:
    """The agent's id; None for a customer."""
    return external_id.removeprefix(AGENTS) if external_id.startswith(AGENTS) else None


def agent_subject(kind: str, name: str) -> str | None:
    """Whose personal data a document of configuration holds."""
    return f"{AGENTS}{name}" if kind == "agents" else None
