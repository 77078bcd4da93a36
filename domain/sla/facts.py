"""What can happen to a promise.

Each fact carries the computed values (deadlines, warnings, elapsed time), so that a
history can be read, folded and verified without the calendar used to compute them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal, TypeAlias

from domain.calendar.span import Span
from domain.event import Fact, PolicyRef
from domain.sla.decision import Decision, Promise
from domain.sla.metric import Metric

CancelledBy = Literal["unpromised", "condition", "reset", "merged"]


@dataclass(frozen=True, kw_only=True)
class Warned:
    """One warning: its threshold, and when."""

    threshold: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PreBreachStep:
    """A step of the escalation policy that is due before the breach."""

    step: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SlaMatched(Fact):
    """Which promises the ticket has from now on, and why."""

    topic: ClassVar[str] = "sla.matched"
    promises: tuple[Promise, ...]
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class SlaNotMatched(Fact):
    """No rule has a target for this ticket, and why."""

    topic: ClassVar[str] = "sla.not_matched"
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class SlaAttached(Fact):
    """A clock started. It counts from `counted_from`, and `carried` is added: both
    differ from `started_at` and zero only where it continues an earlier one. `pauses`
    never count (the time for which a reopened ticket was resolved). `calendar` None:
    always open. `taken_from`: the ticket whose clock this was, which was merged into
    this one.
    """

    topic: ClassVar[str] = "sla.attached"
    metric: Metric
    cycle: int
    target: timedelta
    policy: PolicyRef
    rule: int
    calendar: PolicyRef | None
    escalation_policy: str | None
    team: str | None
    started_at: datetime
    counted_from: datetime
    carried: timedelta
    pauses: tuple[Span, ...]
    due_at: datetime | None
    breach_at: datetime | None
    warnings: tuple[Warned, ...]
    early: tuple[PreBreachStep, ...] = ()
    taken_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class SlaPaused(Fact):
    """`resumes_at`: when the longest pause of the policy ends."""

    topic: ClassVar[str] = "sla.paused"
    metric: Metric
    cycle: int
    reason: str
    resumes_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SlaResumed(Fact):
    """`outlived`: the clock resumes although its pause condition still holds."""

    topic: ClassVar[str] = "sla.resumed"
    metric: Metric
    cycle: int
    reason: str
    outlived: bool
    due_at: datetime | None
    breach_at: datetime | None
    warnings: tuple[Warned, ...]
    early: tuple[PreBreachStep, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SlaWarned(Fact):
    topic: ClassVar[str] = "sla.warned"
    metric: Metric
    cycle: int
    threshold: str
    warn_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class SlaBreached(Fact):
    """`breach_at`: the last instant at which the promise still held. `inherited`: it
    was overdue already when a change brought this target.
    """

    topic: ClassVar[str] = "sla.breached"
    metric: Metric
    cycle: int
    target: timedelta
    due_at: datetime
    breach_at: datetime
    inherited: bool
    assignee: str | None


@dataclass(frozen=True, kw_only=True)
class SlaMet(Fact):
    topic: ClassVar[str] = "sla.met"
    metric: Metric
    cycle: int
    target: timedelta
    elapsed: timedelta


@dataclass(frozen=True, kw_only=True)
class SlaMissed(Fact):
    topic: ClassVar[str] = "sla.missed"
    metric: Metric
    cycle: int
    target: timedelta
    elapsed: timedelta
    overrun: timedelta


@dataclass(frozen=True, kw_only=True)
class SlaRestated(Fact):
    """The promise has other terms from now on. `rule_of_change` says how the time
    already used is treated; under `keep` both deadlines are the same. `taken_from`: a
    ticket that was merged into this one, whose clock is the stricter one.
    """

    topic: ClassVar[str] = "sla.restated"
    metric: Metric
    cycle: int
    rule_of_change: str
    policy: PolicyRef
    rule: int
    calendar: PolicyRef | None
    escalation_policy: str | None
    old_target: timedelta
    new_target: timedelta
    counted_from: datetime
    carried: timedelta
    pauses: tuple[Span, ...]
    old_due_at: datetime | None
    new_due_at: datetime | None
    new_breach_at: datetime | None
    warnings: tuple[Warned, ...]
    reason: str | None = None
    early: tuple[PreBreachStep, ...] = ()
    taken_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class SlaCancelled(Fact):
    """`by`: no policy promises it any more, its cancel or reset condition held, or the
    ticket was merged into another. It counts neither as met nor as missed.
    """

    topic: ClassVar[str] = "sla.cancelled"
    metric: Metric
    cycle: int
    reason: str
    by: CancelledBy
    elapsed: timedelta


@dataclass(frozen=True, kw_only=True)
class SlaExcused(Fact):
    """A breach that does not count, and who decided so: reports show both figures."""

    topic: ClassVar[str] = "sla.excused"
    metric: Metric
    cycle: int
    reason: str
    approved_by: str


ClockFact: TypeAlias = (
    SlaPaused
    | SlaResumed
    | SlaWarned
    | SlaBreached
    | SlaMet
    | SlaMissed
    | SlaRestated
    | SlaCancelled
    | SlaExcused
)
"""Facts of one clock that runs, or ran: its metric and cycle identify it."""
SlaFact: TypeAlias = SlaMatched | SlaNotMatched | SlaAttached | ClockFact
