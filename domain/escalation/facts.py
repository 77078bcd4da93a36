"""What can happen to a run of an escalation policy.

Each fact that leaves a run waiting says when it continues (`next_due_at`), so that a
run can be folded without the calendar and the schedules used to compute it.
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
    """`clock` is `<metric>/<cycle>`. `breach_at` None: it started before the breach, by
    a pre-breach step or by hand. `step`: its first step.
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
    and `excluded`: who its targets resolved to at this instant, and who was excluded.
    `next_due_at` None: it waits for the clock, or was the last. `turns`: by round robin
    of the step, whose turn it was. `unresolved_targets`: targets without any person,
    and chains of managers shorter than required, with the reason. `picked`: by target
    that takes one member of a team, who that was; None: nobody.
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
    """The step did nothing, and why; the run continues."""

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
    """No message of the last step was delivered, so the catch-all of the policy
    notifies its people who were not tried yet.
    """

    topic: ClassVar[str] = "escalation.catch_all_fired"
    clock: str
    step: int
    repetition: int
    chosen: tuple[Chosen, ...]


CHOOSING = (EscalationStepFired, EscalationCatchAllFired)
"""The facts that choose the people to be notified."""


@dataclass(frozen=True, kw_only=True)
class EscalationNotified(Fact):
    """A message to this person was sent: at `sent_at` a provider accepted the first one
    of the notification. Everybody who was chosen, whether or not a message was sent, is
    in `escalation.step_fired` and `escalation.catch_all_fired`; `target` and `reason`
    are copied from there.
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
    """`turn`: the place of the round robin that advanced."""

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
    """Nobody could take it; each candidate has a reason. `team=None`: it has none."""

    topic: ClassVar[str] = "escalation.reassignment_failed"
    clock: str
    step: int
    repetition: int
    strategy: str
    team: str | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class EscalationUndelivered(Fact):
    """No message of this step was delivered to anybody: the next step does not wait."""

    topic: ClassVar[str] = "escalation.undelivered"
    clock: str
    step: int
    repetition: int
    people: tuple[str, ...]
    reason: str
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationWaiting(Fact):
    """A step that reaches nobody waits for somebody to be available; `since` the first
    try, `until` the next one. `excluded`: the people of its targets, `candidates`:
    people who could be assigned, each with the reason why not now.
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
    """Somebody acknowledged it; without progress the run continues at `until` (None:
    never).
    """

    topic: ClassVar[str] = "escalation.acknowledged"
    clock: str
    by: str
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class EscalationPaused(Fact):
    """`left`: the time to the next step, business or wall time as that step counts.
    `until`: the end of the longest pause.
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
    """By command, the clock and its run, if one has begun, continue by another version
    of their policy: at the step of the same number or, where there are fewer, at the
    last. `early`: its steps before the breach. `left`: the time to the next step, if
    the run is paused. A field that is None stays as it was.
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
"""Facts of one run: the clock identifies it."""
EscalationFact: TypeAlias = (
    EscalationPinned
    | EscalationStarted
    | EscalationCatchAllFired
    | EscalationNotified
    | EscalationReassigned
    | EscalationReassignmentFailed
    | RunFact
)
