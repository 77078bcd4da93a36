"""What can happen while a broken promise climbs."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.assignment import Candidate
from domain.escalation.policy import EscalationPolicy, TargetKind
from domain.event import Fact, PolicyRef


@dataclass(frozen=True, kw_only=True)
class EscalationPinned(Fact):
    """The ticket keeps this version whole, so that its history explains itself."""

    topic: ClassVar[str] = "escalation.pinned"
    policy: EscalationPolicy


@dataclass(frozen=True, kw_only=True)
class EscalationStarted(Fact):
    """`clock` is `<metric>/<cycle>` of the broken promise."""

    topic: ClassVar[str] = "escalation.started"
    clock: str
    policy: PolicyRef
    breach_at: datetime


@dataclass(frozen=True, kw_only=True)
class EscalationStepFired(Fact):
    """`lap` counts the repeats of the ladder from 0; `due_at` is exact."""

    topic: ClassVar[str] = "escalation.step_fired"
    clock: str
    step: int
    lap: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class EscalationStepSkipped(Fact):
    """The step reached nobody; the ladder goes on."""

    topic: ClassVar[str] = "escalation.step_skipped"
    clock: str
    step: int
    lap: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class EscalationNotified(Fact):
    """`person` is told, as `target` said; `reason` tells why it is this person."""

    topic: ClassVar[str] = "escalation.notified"
    clock: str
    step: int
    lap: int
    target: TargetKind
    person: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class EscalationReassigned(Fact):
    topic: ClassVar[str] = "escalation.reassigned"
    clock: str
    step: int
    lap: int
    strategy: str
    team: str
    from_agent: str | None
    to_agent: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class EscalationNotReassigned(Fact):
    """Nobody could take it; each candidate says why. `team=None`: it has none."""

    topic: ClassVar[str] = "escalation.not_reassigned"
    clock: str
    step: int
    lap: int
    strategy: str
    team: str | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class EscalationExhausted(Fact):
    topic: ClassVar[str] = "escalation.exhausted"
    clock: str


@dataclass(frozen=True, kw_only=True)
class EscalationEnded(Fact):
    topic: ClassVar[str] = "escalation.ended"
    clock: str
    reason: str
