"""One run of one escalation policy, because of one promise.

A run is a fold: what it waits for, and until when, is in the facts. It is started in
`runs`, waits in `pausing`, takes its steps in `steps` and ends in `ending`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.copies import replace
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationBreached,
    EscalationEnded,
    EscalationExhausted,
    EscalationForced,
    EscalationMigrated,
    EscalationPaused,
    EscalationResumed,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationUndelivered,
    EscalationWaiting,
    RunFact,
)
from domain.event import PolicyRef

RunState = Literal["running", "waiting", "acknowledged", "paused", "exhausted", "ended"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """`next_due_at`: of the next step; None while something else must come first.
    `until`: when an acknowledgement or a pause expires.
    """

    clock: str
    policy: PolicyRef
    breach_at: datetime | None
    started_version: int
    state: RunState = "running"
    step: int = 0
    repetition: int = 0
    fired: int = 0
    reached: bool = False
    """Whether somebody was notified in this repetition."""
    next_due_at: datetime | None = None
    until: datetime | None = None
    left: timedelta | None = None
    waiting_since: datetime | None = None
    acknowledged_by: str | None = None
    reason: str | None = None

    @property
    def over(self) -> bool:
        return self.state in ("exhausted", "ended")


def started(fact: EscalationStarted, version: int) -> Run:
    return Run(
        clock=fact.clock,
        policy=fact.policy,
        breach_at=fact.breach_at,
        started_version=version,
        step=fact.step,
        next_due_at=fact.next_due_at,
    )


def evolve(run: Run, fact: RunFact) -> Run:  # noqa: C901, PLR0911 - one case a line
    match fact:
        case EscalationBreached():
            going = run.state in ("running", "waiting", "exhausted")
            return replace(
                run,
                breach_at=fact.breach_at,
                step=fact.step,
                state="running" if going else run.state,
                next_due_at=fact.next_due_at,
            )
        case EscalationStepFired() | EscalationStepSkipped():
            return _stepped(run, fact)
        case EscalationWaiting():
            return replace(
                run, state="waiting", next_due_at=fact.until, waiting_since=fact.since
            )
        case EscalationAcknowledged():
            return replace(
                run, state="acknowledged", until=fact.until, acknowledged_by=fact.by
            )
        case EscalationPaused():
            return replace(run, state="paused", left=fact.left, until=fact.until)
        case EscalationResumed():
            return _running(run, fact.next_due_at)
        case EscalationForced():
            return replace(_running(run, fact.next_due_at), step=fact.to_step)
        case EscalationUndelivered():
            return replace(run, next_due_at=fact.next_due_at)
        case EscalationMigrated():
            return replace(
                run,
                policy=fact.new,
                step=fact.step,
                next_due_at=fact.next_due_at or run.next_due_at,
                left=run.left if fact.left is None else fact.left,
            )
        case EscalationExhausted():
            return replace(run, state="exhausted", next_due_at=None)
        case EscalationEnded():
            return replace(
                run, state="ended", next_due_at=None, until=None, reason=fact.reason
            )


def _stepped(run: Run, fact: EscalationStepFired | EscalationStepSkipped) -> Run:
    fired = isinstance(fact, EscalationStepFired)
    reached = run.reached or (
        isinstance(fact, EscalationStepFired) and bool(fact.chosen)
    )
    waits = not fired and run.state in ("acknowledged", "paused")
    return replace(
        run,
        state=run.state if waits else "running",
        fired=run.fired + fired,
        step=fact.next_step,
        repetition=fact.next_repetition,
        reached=reached and fact.next_repetition == run.repetition,
        next_due_at=fact.next_due_at,
        waiting_since=None,
    )


def _running(run: Run, next_due_at: datetime | None) -> Run:
    return replace(
        run,
        state="running",
        next_due_at=next_due_at,
        until=None,
        left=None,
        waiting_since=None,
        acknowledged_by=None,
    )
