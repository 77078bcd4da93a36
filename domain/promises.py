"""Promises follow the ticket: attached, restated, stopped, resumed by what happens.

Each function adds to a draft what the SLA rules make of the last fact. The verdict is
given here, at the stop event, by the time used (design invariant 6).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.assignment import Directory
from domain.config import Configuration
from domain.escalation.facts import EscalationEnded, EscalationPinned
from domain.sla import budget
from domain.sla.budget import Span
from domain.sla.clock import Clock, elapsed_at, retimed
from domain.sla.facts import (
    SlaAttached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaRestated,
)
from domain.sla.policy import Match, Metric, match
from domain.ticket.draft import Draft
from domain.ticket.state import match_inputs


@dataclass(frozen=True, kw_only=True)
class World:
    """What a decision may know beside the ticket."""

    config: Configuration = field(default_factory=Configuration)
    directory: Directory = field(default_factory=Directory)


def attach(draft: Draft, at: datetime, world: World) -> None:
    """The promises of a ticket that was just opened."""
    matches, decision = match(world.config.sla_policies, match_inputs(draft.ticket))
    if not matches:
        draft.record(SlaNotMatched(decision=decision), at, by_rule=True)
    for found in matches:
        start(draft, found, at, world)


def start(
    draft: Draft, found: Match, at: datetime, world: World, carried: Clock | None = None
) -> None:
    """A clock, and the ladder that it may need. `carried`: go on from the start and
    with the pauses of this one instead of from `at`.
    """
    began = carried.started_at if carried else at
    pauses = carried.pauses if carried else ()
    policy = found.policy
    _pin_ladder(draft, policy.escalation_policy, at, world)
    earlier = [c for c in draft.ticket.clocks if c.metric == found.metric]
    draft.record(
        SlaAttached(
            metric=found.metric,
            cycle=len(earlier) + 1,
            target=found.target,
            policy=policy.ref,
            rule=found.rule,
            calendar=policy.calendar,
            warn_at=policy.warn_at,
            escalation_policy=policy.escalation_policy,
            pausable=found.metric in policy.pauses,
            started_at=began,
            pauses=pauses,
            due_at=budget.due_at(began, found.target, pauses),
            breach_at=budget.breach_at(began, found.target, pauses),
            decision=found.decision,
        ),
        at,
        policy=policy.ref,
        by_rule=True,
    )


def _pin_ladder(draft: Draft, name: str | None, at: datetime, world: World) -> None:
    policy = world.config.escalation_policy(name) if name else None
    if policy is None or name in [p.ref.name for p in draft.ticket.ladders]:
        return
    draft.record(EscalationPinned(policy=policy), at, policy=policy.ref, by_rule=True)


def stop(draft: Draft, at: datetime, metrics: tuple[Metric, ...], why: str) -> None:
    """Judge these clocks now, and end what climbs because of them."""
    cause = draft.ticket.version
    for clock in draft.ticket.clocks:
        if clock.live and clock.metric in metrics:
            draft.record(
                _verdict(clock, at),
                at,
                cause=cause,
                policy=clock.policy,
                by_rule=True,
            )
    end_runs(draft, at, metrics, why, cause=cause)


def _verdict(clock: Clock, at: datetime) -> SlaMet | SlaMissed:
    used = elapsed_at(clock, at)
    if used <= clock.target:
        return SlaMet(
            metric=clock.metric, cycle=clock.cycle, target=clock.target, elapsed=used
        )
    return SlaMissed(
        metric=clock.metric,
        cycle=clock.cycle,
        target=clock.target,
        elapsed=used,
        overrun=used - clock.target,
    )


def end_runs(
    draft: Draft,
    at: datetime,
    metrics: tuple[Metric, ...],
    why: str,
    *,
    cause: int | None = None,
) -> None:
    for run in draft.ticket.runs:
        if run.state != "ended" and run.clock.partition("/")[0] in metrics:
            draft.record(
                EscalationEnded(clock=run.clock, reason=why),
                at,
                cause=cause,
                policy=run.policy,
                by_rule=True,
            )


def restate(draft: Draft, at: datetime, world: World) -> None:
    """The ticket's type, tier or priority changed: its promises are worked out again
    from their start, by the policy version they were attached under; a metric that
    this version no longer promises is matched anew.
    """
    inputs, cause = match_inputs(draft.ticket), draft.ticket.version
    fresh, _ = match(world.config.sla_policies, inputs)
    promised = {found.metric: found for found in fresh}
    for clock in draft.ticket.clocks:
        if not clock.live:
            continue
        pinned = world.config.sla_policy(clock.policy.name, clock.policy.version)
        kept, _ = match((pinned,), inputs)
        found = next(
            (m for m in kept if m.metric == clock.metric), promised.get(clock.metric)
        )
        if found is not None:
            _restate(draft, clock, found, at, cause)
        else:
            _cancel(draft, clock, at, cause)
    known = {clock.metric for clock in draft.ticket.clocks}
    for metric, found in promised.items():
        if metric not in known:
            start(draft, found, at, world)


def _restate(
    draft: Draft, clock: Clock, found: Match, at: datetime, cause: int
) -> None:
    if (found.target, found.policy.ref) == (clock.target, clock.policy):
        return
    changed = retimed(replace(clock, target=found.target))
    draft.record(
        SlaRestated(
            metric=clock.metric,
            cycle=clock.cycle,
            rule_of_change="from_start",
            policy=found.policy.ref,
            rule=found.rule,
            old_target=clock.target,
            new_target=found.target,
            old_due_at=clock.due_at,
            new_due_at=changed.due_at,
            new_breach_at=changed.breach_at,
            decision=found.decision,
        ),
        at,
        cause=cause,
        policy=found.policy.ref,
        by_rule=True,
    )


def _cancel(draft: Draft, clock: Clock, at: datetime, cause: int) -> None:
    reason = "no policy promises this any more"
    draft.record(
        SlaCancelled(metric=clock.metric, cycle=clock.cycle, reason=reason),
        at,
        cause=cause,
        by_rule=True,
    )
    end_runs(draft, at, (clock.metric,), reason, cause=cause)


def reopen(draft: Draft, at: datetime, world: World, since: datetime) -> None:
    """A resolution that was met goes on with the time already used (the time since it
    was resolved does not count); one that was missed starts a new cycle, because its
    verdict is final and a second breach at once would tell nobody anything.
    """
    judged = [c for c in draft.ticket.clocks if c.metric == "resolution"]
    if not judged or judged[-1].state not in ("met", "missed"):
        return
    last = judged[-1]
    pinned = world.config.sla_policy(last.policy.name, last.policy.version)
    matches, _ = match((pinned,), match_inputs(draft.ticket))
    carried = replace(last, pauses=(*last.pauses, Span(since, at)))
    for found in matches:
        if found.metric == last.metric:
            start(draft, found, at, world, carried if last.state == "met" else None)
