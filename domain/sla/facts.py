"""What can happen to a promise."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.event import Fact, PolicyRef
from domain.sla.budget import Span
from domain.sla.policy import Decision, Metric


@dataclass(frozen=True, kw_only=True)
class SlaAttached(Fact):
    """A clock of a ticket came to be; `pauses` are spans that never count (the time
    a reopened ticket lay resolved).
    """

    topic: ClassVar[str] = "sla.attached"
    metric: Metric
    cycle: int
    target: timedelta
    policy: PolicyRef
    rule: int
    calendar: str
    warn_at: tuple[str, ...]
    escalation_policy: str | None
    pausable: bool
    started_at: datetime
    pauses: tuple[Span, ...]
    due_at: datetime | None
    breach_at: datetime | None
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class SlaNotMatched(Fact):
    """No rule promises anything to this ticket, and why."""

    topic: ClassVar[str] = "sla.not_matched"
    decision: Decision


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
    was already too late when a change brought this target.
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
    """The ticket changed, and with it the promise: `rule_of_change` says how the time
    already used is treated (`from_start`: the new target counts from the old start).
    """

    topic: ClassVar[str] = "sla.restated"
    metric: Metric
    cycle: int
    rule_of_change: str
    policy: PolicyRef
    rule: int
    old_target: timedelta
    new_target: timedelta
    old_due_at: datetime | None
    new_due_at: datetime | None
    new_breach_at: datetime | None
    warn_at: tuple[str, ...]
    escalation_policy: str | None
    pausable: bool
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class SlaCancelled(Fact):
    topic: ClassVar[str] = "sla.cancelled"
    metric: Metric
    cycle: int
    reason: str
