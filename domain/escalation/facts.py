"""What can happen to a run of an escalation policy.

Each fact that leaves a run waiting says when it goes on (`next_due_at`), so that a run
can be folded without the calendar and the schedules that it was worked out by.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, TypeAlias

from domain.escalation.chosen import Chosen, Excluded
from domain.escalation.policy import EscalationPolicy
from domain.escalation.target import TargetKind
from domain.event import Fact, PolicyRef
from domain.people.candidate import Candidate
from domain.sla.facts import PreBreachStep


@dataclass(frozen=True, kw_only=True)
class EscalationPinned(Fact):
    """The ticket keeps this version whole, so that its history explains itself."""

    topic: ClassVar[str] = "escalation.pinned"
    policy: EscalationPolicy


@dataclass(frozen=True, kw_only=True)
class EscalationStarted(Fact):
    """`clock` is `<metric>/<cycle>`. `breach_at` None: before the breach, by a step
    that is due earlier or by hand. `step`: with which it starts.
    """

    topic: ClassVar[str] = "escalation.started"
    clock: str
    policy: PolicyRef
    breach_at: datetime | None
    step: int = 0
    next_due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EscalationBreached(Fact):
    """The promise of a run that had started before is breached: the steps from the
    breach on follow.
    """

    topic: ClassVar[str] = "escalation.breached"
    clock: str
    breach_at: datetime
    step: int
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationStepFired(Fact):
    """`repetition` counts the repeats of the policy from 0; `due_at` is exact. `chosen`
    and `excluded`: who its targets were at this instant, and who they were not.
    `next_due_at` None: it waits for the clock, or was the last. `turns`: by round robin
    of the step, whose turn it was. `unresolved_targets`: targets that mean nobody at
    all, and chains of managers shorter than asked for, with the reason. `picked`: by
    target that takes one member of a team, who that was; None: nobody.
    """

    topic: ClassVar[str] = "escalation.step_fired"
    clock: str
    step: int
    repetition: int
    due_at: datetime
    chosen: tuple[Chosen, ...]
    excluded: tuple[Excluded, ...]
    next_step: int
    next_repetition: int
    next_due_at: datetime | None
    turns: dict[str, str] = field(default_factory=dict)
    unresolved_targets: tuple[str, ...] = ()
    picked: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EscalationStepSkipped(Fact):
    """The step did nothing, and why; the run goes on."""

    topic: ClassVar[str] = "escalation.step_skipped"
    clock: str
    step: int
    repetition: int
    reason: str
    next_step: int
    next_repetition: int
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationCatchAllFired(Fact):
    """No message of the last step came through, so the catch-all of the policy is asked
    for the people who were not tried.
    """

    topic: ClassVar[str] = "escalation.catch_all_fired"
    clock: str
    step: int
    repetition: int
    chosen: tuple[Chosen, ...]


CHOOSING = (EscalationStepFired, EscalationCatchAllFired)
"""What chooses the people who are to be notified."""


@dataclass(frozen=True, kw_only=True)
class EscalationNotified(Fact):
    """A message to this person left: at `sent_at` a provider took the first one of the
    notification. Who was chosen, whether or not a message left, is in
    `escalation.step_fired` and `escalation.catch_all_fired`; `target` and `reason` are
    from there.
    """

    topic: ClassVar[str] = "escalation.notified"
    clock: str
    step: int
    repetition: int
    target: TargetKind
    person: str
    reason: str
    channel: str
    notification: str
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class EscalationReassigned(Fact):
    """`turn`: the place of a round robin that went on with this."""

    topic: ClassVar[str] = "escalation.reassigned"
    clock: str
    step: int
    repetition: int
    strategy: str
    team: str | None
    from_agent: str | None
    to_agent: str
    candidates: tuple[Candidate, ...]
    turn: str | None = None


@dataclass(frozen=True, kw_only=True)
class EscalationReassignmentFailed(Fact):
    """Nobody could take it; each candidate says why. `team=None`: it has none."""

    topic: ClassVar[str] = "escalation.reassignment_failed"
    clock: str
    step: int
    repetition: int
    strategy: str
    team: str | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class EscalationUndelivered(Fact):
    """No message of this step came through to anybody: the next step does not wait."""

    topic: ClassVar[str] = "escalation.undelivered"
    clock: str
    step: int
    repetition: int
    people: tuple[str, ...]
    reason: str
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationWaiting(Fact):
    """A step that reaches nobody waits for somebody to be there; `since` the first
    try, `until` the next one. `excluded`: whom it means, `candidates`: for whom it
    might be, and why not now.
    """

    topic: ClassVar[str] = "escalation.waiting"
    clock: str
    step: int
    since: datetime
    until: datetime
    excluded: tuple[Excluded, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EscalationAcknowledged(Fact):
    """Somebody looks after it; without progress the run goes on at `until` (None:
    never).
    """

    topic: ClassVar[str] = "escalation.acknowledged"
    clock: str
    by: str
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationPaused(Fact):
    """`left`: to the next step, in the time by which that one counts. `until`: the
    longest pause.
    """

    topic: ClassVar[str] = "escalation.paused"
    clock: str
    left: timedelta
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationResumed(Fact):
    topic: ClassVar[str] = "escalation.resumed"
    clock: str
    reason: str
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationForced(Fact):
    """A person sent the run to this step."""

    topic: ClassVar[str] = "escalation.forced"
    clock: str
    from_step: int
    to_step: int
    by: str
    reason: str
    next_due_at: datetime


@dataclass(frozen=True, kw_only=True)
class EscalationMigrated(Fact):
    """By command, the clock and its run, if one has begun, go on by another version of
    their policy: at the step of the same number or, where there are fewer, at the last.
    `early`: its steps before the breach. `left`: to the next step, if the run is
    paused. What is None stays as it was.
    """

    topic: ClassVar[str] = "escalation.migrated"
    clock: str
    old: PolicyRef
    new: PolicyRef
    step: int
    reason: str
    next_due_at: datetime | None = None
    left: timedelta | None = None
    early: tuple[PreBreachStep, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class EscalationExhausted(Fact):
    topic: ClassVar[str] = "escalation.exhausted"
    clock: str


@dataclass(frozen=True, kw_only=True)
class EscalationEnded(Fact):
    topic: ClassVar[str] = "escalation.ended"
    clock: str
    reason: str


RunFact: TypeAlias = (
    EscalationBreached
    | EscalationStepFired
    | EscalationStepSkipped
    | EscalationWaiting
    | EscalationUndelivered
    | EscalationAcknowledged
    | EscalationPaused
    | EscalationResumed
    | EscalationForced
    | EscalationMigrated
    | EscalationExhausted
    | EscalationEnded
)
"""Of one run that goes on: its clock says which."""
EscalationFact: TypeAlias = (
    EscalationPinned
    | EscalationStarted
    | EscalationCatchAllFired
    | EscalationNotified
    | EscalationReassigned
    | EscalationReassignmentFailed
    | RunFact
)
