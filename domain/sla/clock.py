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
from domain.sla.policy import Decision, Metric, parse_threshold

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
    decision: Decision
    """Why this rule: what it was asked about, and who said no before it."""
    attached_version: int
    stated_at: datetime
    """Since when the promise reads as it does: attached, or restated."""
    warned: tuple[str, ...] = ()
    breached_at: datetime | None = None
    breached_version: int | None = None
    stopped_at: datetime | None = None
    elapsed: timedelta | None = None
    """Frozen when the clock stops; before that ask `elapsed_at`."""

    @property
    def key(self) -> str:
        return f"{self.metric}/{self.cycle}"

    @property
    def live(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def inherited(self) -> bool:
        """It was too late already when the promise came to read as it does."""
        return self.breach_at is not None and self.breach_at < self.stated_at

    @property
    def breaks_at(self) -> datetime | None:
        """The instant of its breach: nobody breaks a promise before it is made."""
        return self.stated_at if self.inherited else self.breach_at


def elapsed_at(clock: Clock, at: datetime) -> timedelta:
    if clock.elapsed is not None:
        return clock.elapsed
    return budget.elapsed(clock.started_at, at, clock.pauses)


def warnings_left(clock: Clock) -> Iterator[tuple[datetime, str]]:
    """When each warning not yet given is due; none while paused, none of a breach
    that has happened.
    """
    if clock.state != "running" or clock.breached_at or clock.inherited:
        return
    for text in clock.warn_at:
        when = _warning_at(clock, text)
        if text not in clock.warned and when is not None:
            yield when, text


def _warning_at(clock: Clock, text: str) -> datetime | None:
    threshold = parse_threshold(text)
    before = (
        threshold
        if isinstance(threshold, timedelta)
        else clock.target * (1 - threshold)
    )
    return budget.back(clock.started_at, clock.target, before, clock.pauses)


def _passed(clock: Clock, texts: tuple[str, ...], at: datetime) -> tuple[str, ...]:
    """The warnings whose instant has come by `at`."""
    return tuple(t for t in texts if (w := _warning_at(clock, t)) and w <= at)


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


def aligned(clock: Clock, at: datetime, *, paused: bool) -> Clock:
    """Standing still if the ticket is paused and its policy says so, else running."""
    return pause(clock, at) if paused and clock.pausable else resume(clock, at)


def from_fact(fact: SlaAttached, at: datetime, version: int) -> Clock:
    """A clock that goes on from an earlier one does not warn again of what passed."""
    clock = Clock(
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
        decision=fact.decision,
        attached_version=version,
        stated_at=at,
    )
    return replace(clock, warned=_passed(clock, clock.warn_at, at))


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
            return _restated(clock, fact, at)
        case SlaAttached():
            return from_fact(fact, at, version)


def _restated(clock: Clock, fact: SlaRestated, at: datetime) -> Clock:
    """A warning that was given counts for the new deadline only if it would have been
    given by now under that one too.
    """
    changed = replace(
        clock,
        policy=fact.policy,
        rule=fact.rule,
        decision=fact.decision,
        target=fact.new_target,
        warn_at=fact.warn_at,
        escalation_policy=fact.escalation_policy,
        pausable=fact.pausable,
        due_at=fact.new_due_at,
        breach_at=fact.new_breach_at,
        stated_at=at,
    )
    return replace(changed, warned=_passed(changed, clock.warned, at))


def _stopped(
    clock: Clock, state: ClockState, at: datetime, elapsed: timedelta
) -> Clock:
    pauses = clock.pauses
    if pauses and pauses[-1].end is None:
        pauses = (*pauses[:-1], Span(pauses[-1].start, at))
    return replace(clock, state=state, stopped_at=at, elapsed=elapsed, pauses=pauses)
