"""One clock: one promise of a ticket, running, paused or judged.

A clock is a fold: `evolve` takes the facts, nothing else changes it. A breach does not
end a clock; it runs on, so that the overrun is known, and is judged at the stop event
by the time used, not by when a timer fired (design invariant 6).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.calendar.span import Span, ended, is_open
from domain.copies import replace
from domain.event import PolicyRef
from domain.sla.decision import Decision
from domain.sla.facts import (
    CancelledBy,
    ClockFact,
    PreBreachStep,
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaExcused,
    SlaMet,
    SlaMissed,
    SlaPaused,
    SlaRestated,
    SlaResumed,
    SlaWarned,
    Warned,
)
from domain.sla.metric import Metric

ClockState = Literal["running", "paused", "met", "missed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Excuse:
    reason: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ClockSnapshot:
    """What the ticket was when the clock was breached, else when it stopped. Reports
    count the clock there, even if the ticket changes later.
    """

    team: str | None
    tier: str
    priority: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Clock:
    metric: Metric
    cycle: int
    policy: PolicyRef
    rule: int
    target: timedelta
    calendar: PolicyRef | None
    escalation_policy: str | None
    state: ClockState
    started_at: datetime
    counted_from: datetime
    carried: timedelta
    pauses: tuple[Span, ...]
    due_at: datetime | None
    """None while paused: the due instant is not known then."""
    breach_at: datetime | None
    decision: Decision | None
    """Why this rule: the inputs, and which rules before it did not match."""
    attached_version: int
    stated_at: datetime
    """Since when the promise has its current terms: attached, or restated."""
    team: str | None = None
    warnings: tuple[Warned, ...] = ()
    """Warnings not given yet, while it runs."""
    early: tuple[PreBreachStep, ...] = ()
    warned: tuple[str, ...] = ()
    resumes_at: datetime | None = None
    pause_outlived: bool = False
    breached_at: datetime | None = None
    breached_version: int | None = None
    stopped_at: datetime | None = None
    elapsed: timedelta | None = None
    """Final when the clock has stopped; before that use `forecast.used`."""
    cancelled_by: CancelledBy | None = None
    excuse: Excuse | None = None
    standing: ClockSnapshot | None = None
    taken_from: str | None = None
    """The ticket that was merged into this one and whose clock, or whose terms, this
    is."""
    own: "Clock | None" = None
    """The clock before it took those terms."""

    @property
    def key(self) -> str:
        return f"{self.metric}/{self.cycle}"

    @property
    def live(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def inherited(self) -> bool:
        """It was overdue already when the promise got its current terms."""
        return self.breach_at is not None and self.breach_at < self.stated_at

    @property
    def breaks_at(self) -> datetime | None:
        """The instant of its breach: not before the promise was made."""
        return self.stated_at if self.inherited else self.breach_at

    @property
    def broken(self) -> bool:
        """The promise is breached, still applies, and nobody excused it."""
        judged = self.state == "missed" or self.breached_at is not None
        return judged and self.state != "cancelled" and self.excuse is None

    @property
    def at_risk_from(self) -> datetime | None:
        """From its first warning on; without warnings, in the last fifth of the time
        until it is due. None while paused, and once breached.
        """
        if self.state != "running" or self.breached_at or self.inherited:
            return None
        if self.warned:
            return self.stated_at
        if self.warnings:
            return min(warning.at for warning in self.warnings)
        if self.due_at is None:
            return None
        return self.due_at - (self.due_at - self.counted_from) / 5

    @property
    def warnings_left(self) -> tuple[Warned, ...]:
        """None while paused; none for a breach that has happened."""
        quiet = self.state != "running" or self.breached_at or self.inherited
        return () if quiet else self.warnings

    @property
    def early_left(self) -> tuple[PreBreachStep, ...]:
        """None while paused or once breached."""
        quiet = self.state != "running" or self.breached_at or self.inherited
        return () if quiet else self.early


def attached(
    fact: SlaAttached, at: datetime, version: int, decision: Decision | None
) -> Clock:
    """A clock that continues an earlier one does not repeat warnings already given."""
    return Clock(
        metric=fact.metric,
        cycle=fact.cycle,
        policy=fact.policy,
        rule=fact.rule,
        target=fact.target,
        calendar=fact.calendar,
        escalation_policy=fact.escalation_policy,
        team=fact.team,
        state="paused" if is_open(fact.pauses) else "running",
        started_at=fact.started_at,
        counted_from=fact.counted_from,
        carried=fact.carried,
        pauses=fact.pauses,
        due_at=fact.due_at,
        breach_at=fact.breach_at,
        warnings=fact.warnings,
        early=fact.early,
        decision=decision,
        attached_version=version,
        stated_at=at,
        taken_from=fact.taken_from,
    )


def evolve(  # noqa: C901, PLR0911 - one case, one line of meaning
    clock: Clock, fact: ClockFact, at: datetime, version: int, decision: Decision | None
) -> Clock:
    match fact:
        case SlaPaused():
            return _paused(clock, fact, at)
        case SlaResumed():
            return _resumed(clock, fact, at)
        case SlaWarned():
            left = tuple(w for w in clock.warnings if w.threshold != fact.threshold)
            warned = (*clock.warned, fact.threshold)
            return replace(clock, warned=warned, warnings=left)
        case SlaBreached():
            return replace(clock, breached_at=fact.breach_at, breached_version=version)
        case SlaMet():
            return _stopped(clock, "met", at, fact.elapsed)
        case SlaMissed():
            return _stopped(clock, "missed", at, fact.elapsed)
        case SlaCancelled():
            return replace(
                clock,
                state="cancelled",
                stopped_at=at,
                elapsed=fact.elapsed,
                cancelled_by=fact.by,
            )
        case SlaRestated():
            return _restated(clock, fact, at, decision)
        case SlaExcused():
            excuse = Excuse(reason=fact.reason, approved_by=fact.approved_by, at=at)
            return replace(clock, excuse=excuse)


def _paused(clock: Clock, fact: SlaPaused, at: datetime) -> Clock:
    """A deadline that has passed stays; a later one is not known while paused."""
    return replace(
        clock,
        state="paused",
        pauses=(*clock.pauses, Span(at)),
        resumes_at=fact.resumes_at,
        due_at=clock.due_at if clock.due_at and clock.due_at <= at else None,
        breach_at=clock.breach_at if clock.breach_at and clock.breach_at < at else None,
    )


def _resumed(clock: Clock, fact: SlaResumed, at: datetime) -> Clock:
    return replace(
        clock,
        state="running",
        pauses=ended(clock.pauses, at),
        resumes_at=None,
        pause_outlived=fact.outlived,
        due_at=fact.due_at,
        breach_at=fact.breach_at,
        warnings=fact.warnings,
        early=fact.early,
    )


def _restated(
    clock: Clock, fact: SlaRestated, at: datetime, decision: Decision | None
) -> Clock:
    return replace(
        clock,
        policy=fact.policy,
        rule=fact.rule,
        decision=decision,
        target=fact.new_target,
        calendar=fact.calendar,
        escalation_policy=fact.escalation_policy,
        state="paused" if is_open(fact.pauses) else "running",
        counted_from=fact.counted_from,
        carried=fact.carried,
        pauses=fact.pauses,
        due_at=fact.new_due_at,
        breach_at=fact.new_breach_at,
        warnings=fact.warnings,
        early=fact.early,
        warned=tuple(
            t for t in clock.warned if t not in [w.threshold for w in fact.warnings]
        ),
        stated_at=at,
        taken_from=fact.taken_from,
        own=clock if fact.taken_from else None,
    )


def _stopped(
    clock: Clock, state: ClockState, at: datetime, elapsed: timedelta
) -> Clock:
    return replace(
        clock,
        state=state,
        stopped_at=at,
        elapsed=elapsed,
        pauses=ended(clock.pauses, at),
        resumes_at=None,
    )
