"""One clock: one promise of a ticket, running, paused or judged.

A clock is a fold: `evolve` takes the facts, nothing else changes it. A breach does not
end a clock; it runs on, so that the overrun is known, and is judged at the stop event
by the time used, not by when a timer fired (design invariant 6).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from domain.event import PolicyRef
from domain.sla import budget
from domain.sla.budget import Span
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaRestated,
    SlaWarned,
)
from domain.sla.policy import Metric, parse_threshold

ClockState = Literal["running", "paused", "met", "missed", "cancelled"]
SlaFact = (
    SlaAttached
    | SlaWarned
    | SlaBreached
    | SlaMet
    | SlaMissed
    | SlaRestated
    | SlaCancelled
)


@dataclass(frozen=True, kw_only=True)
class Clock:
    metric: Metric
    cycle: int
    policy: PolicyRef
    rule: int
    target: timedelta
    calendar: str
    warn_at: tuple[str, ...]
    escalation_policy: str | None
    pausable: bool
    state: ClockState
    started_at: datetime
    pauses: tuple[Span, ...]
    due_at: datetime | None
    """None while paused: nobody can say when the budget will be used."""
    breach_at: datetime | None
    attached_version: int
    warned: tuple[str, ...] = ()
    breached_at: datetime | None = None
    breached_version: int | None = None
    stopped_at: datetime | None = None
    restated_at: datetime | None = None
    elapsed: timedelta | None = None
    """Frozen when the clock stops; before that ask `elapsed_at`."""

    @property
    def key(self) -> str:
        return f"{self.metric}/{self.cycle}"

    @property
    def live(self) -> bool:
        return self.state in ("running", "paused")


def elapsed_at(clock: Clock, at: datetime) -> timedelta:
    if clock.elapsed is not None:
        return clock.elapsed
    return budget.elapsed(clock.started_at, at, clock.pauses)


def warnings_left(clock: Clock) -> Iterator[tuple[datetime, str]]:
    """When each warning not yet given is due; none while paused or after a breach."""
    if clock.state != "running" or clock.breached_at or clock.due_at is None:
        return
    for text in clock.warn_at:
        if text in clock.warned:
            continue
        threshold = parse_threshold(text)
        before = (
            threshold
            if isinstance(threshold, timedelta)
            else clock.target * (1 - threshold)
        )
        when = budget.back(clock.started_at, clock.due_at, before, clock.pauses)
        if when is not None:
            yield when, text


def retimed(clock: Clock) -> Clock:
    """The clock with its deadlines worked out again from start, target and pauses."""
    return replace(
        clock,
        due_at=budget.due_at(clock.started_at, clock.target, clock.pauses),
        breach_at=budget.breach_at(clock.started_at, clock.target, clock.pauses),
    )


def pause(clock: Clock, at: datetime) -> Clock:
    if clock.state != "running" or not clock.pausable:
        return clock
    return retimed(replace(clock, state="paused", pauses=(*clock.pauses, Span(at))))


def resume(clock: Clock, at: datetime) -> Clock:
    if clock.state != "paused":
        return clock
    closed = (*clock.pauses[:-1], Span(clock.pauses[-1].start, at))
    return retimed(replace(clock, state="running", pauses=closed))


def from_fact(fact: SlaAttached, version: int) -> Clock:
    return Clock(
        metric=fact.metric,
        cycle=fact.cycle,
        policy=fact.policy,
        rule=fact.rule,
        target=fact.target,
        calendar=fact.calendar,
        warn_at=fact.warn_at,
        escalation_policy=fact.escalation_policy,
        pausable=fact.pausable,
        state="running",
        started_at=fact.started_at,
        pauses=fact.pauses,
        due_at=fact.due_at,
        breach_at=fact.breach_at,
        attached_version=version,
    )


def evolve(  # noqa: PLR0911 - one case, one line of meaning
    clock: Clock, fact: SlaFact, at: datetime, version: int
) -> Clock:
    match fact:
        case SlaWarned():
            return replace(clock, warned=(*clock.warned, fact.threshold))
        case SlaBreached():
            return replace(clock, breached_at=fact.breach_at, breached_version=version)
        case SlaMet():
            return _stopped(clock, "met", at, fact.elapsed)
        case SlaMissed():
            return _stopped(clock, "missed", at, fact.elapsed)
        case SlaCancelled():
            return _stopped(clock, "cancelled", at, elapsed_at(clock, at))
        case SlaRestated():
            return replace(
                clock,
                policy=fact.policy,
                rule=fact.rule,
                target=fact.new_target,
                due_at=fact.new_due_at,
                breach_at=fact.new_breach_at,
                restated_at=at,
            )
        case SlaAttached():
            return from_fact(fact, version)


def _stopped(
    clock: Clock, state: ClockState, at: datetime, elapsed: timedelta
) -> Clock:
    pauses = clock.pauses
    if pauses and pauses[-1].end is None:
        pauses = (*pauses[:-1], Span(pauses[-1].start, at))
    return replace(clock, state=state, stopped_at=at, elapsed=elapsed, pauses=pauses)
