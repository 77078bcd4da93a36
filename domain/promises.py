"""Promises follow the ticket: attached, restated, stopped, resumed by what happens.

Each function adds to a draft what the SLA rules make of the last fact. The verdict is
given here, at the stop event, by the time used (design invariant 6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.assignment import Directory
from domain.config import Configuration
from domain.escalation.facts import EscalationEnded, EscalationPinned
from domain.sla import budget
from domain.sla.budget import Span
from domain.sla.clock import Clock, aligned, elapsed_at, retimed
from domain.sla.facts import (
    SlaAttached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaRestated,
)
from domain.sla.policy import Match, Metric, SlaPolicy, match
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
    opened = draft.ticket.version
    if not matches:
        draft.record(SlaNotMatched(decision=decision), at, cause=opened, by_rule=True)
    for found in matches:
        _start(draft, found, at, world, opened)


def _start(
    draft: Draft,
    found: Match,
    at: datetime,
    world: World,
    cause: int,
    carried: Clock | None = None,
) -> None:
    """A clock, and the ladder that it may need. `carried`: go on from the start and
    with the pauses of this one instead of from `at`.
    """
    began = carried.started_at if carried else at
    pauses = carried.pauses if carried else ()
    policy = found.policy
    _pin_ladder(draft, policy.escalation_policy, at, world, cause)
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
        cause=cause,
        policy=policy.ref,
        by_rule=True,
    )


def _pin_ladder(
    draft: Draft, name: str | None, at: datetime, world: World, cause: int
) -> None:
    policy = world.config.escalation_policies.get(name or "")
    if policy is None or name in [p.ref.name for p in draft.ticket.ladders]:
        return
    draft.record(
        EscalationPinned(policy=policy),
        at,
        cause=cause,
        policy=policy.ref,
        by_rule=True,
    )


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


def restate(draft: Draft, at: datetime, world: World, *, cause: int) -> None:
    """The ticket's type, tier or priority changed: its promises are worked out again
    from their start, by the policy version they were attached under; a metric that
    this version no longer promises is matched anew.
    """
    inputs = match_inputs(draft.ticket)
    promised = _promised(world.config.sla_policies, inputs)
    for clock in draft.ticket.clocks:
        if not clock.live:
            continue
        found = _pinned(clock, inputs, world) or promised.get(clock.metric)
        if found is not None:
            _restate(draft, clock, found, at, world, cause)
        else:
            _cancel(draft, clock, at, cause)
    if not draft.ticket.finished:
        _start_missing(draft, promised, at, world, cause)


def _promised(
    policies: Iterable[SlaPolicy], inputs: Mapping[str, str]
) -> dict[Metric, Match]:
    matches, _ = match(policies, inputs)
    return {found.metric: found for found in matches}


def _pinned(clock: Clock, inputs: Mapping[str, str], world: World) -> Match | None:
    """What the policy version of this clock promises now."""
    policy = world.config.sla_policy(clock.policy.name, clock.policy.version)
    return _promised((policy,), inputs).get(clock.metric)


def _start_missing(
    draft: Draft,
    promised: Mapping[Metric, Match],
    at: datetime,
    world: World,
    cause: int,
) -> None:
    """What is promised and has no clock, or one that was cancelled: that one goes on
    from its start. A first response is not promised to who has had it.
    """
    for metric, found in promised.items():
        if metric == "first_response" and draft.ticket.answered_at is not None:
            continue
        last = _last(draft, metric)
        if last is None or last.state == "cancelled":
            _start(draft, found, at, world, cause, carried=last)


def _last(draft: Draft, metric: Metric) -> Clock | None:
    cycles = [clock for clock in draft.ticket.clocks if clock.metric == metric]
    return cycles[-1] if cycles else None


def _restate(
    draft: Draft, clock: Clock, found: Match, at: datetime, world: World, cause: int
) -> None:
    policy = found.policy
    if (found.target, policy.ref) == (clock.target, clock.policy):
        return
    _pin_ladder(draft, policy.escalation_policy, at, world, cause)
    changed = replace(
        clock, target=found.target, pausable=found.metric in policy.pauses
    )
    paused = draft.ticket.pause is not None
    changed = retimed(aligned(changed, at, paused=paused))
    draft.record(
        SlaRestated(
            metric=clock.metric,
            cycle=clock.cycle,
            rule_of_change="from_start",
            policy=policy.ref,
            rule=found.rule,
            old_target=clock.target,
            new_target=found.target,
            old_due_at=clock.due_at,
            new_due_at=changed.due_at,
            new_breach_at=changed.breach_at,
            warn_at=policy.warn_at,
            escalation_policy=policy.escalation_policy,
            pausable=changed.pausable,
            decision=found.decision,
        ),
        at,
        cause=cause,
        policy=policy.ref,
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
    inputs, cause = match_inputs(draft.ticket), draft.ticket.version
    promised = _promised(world.config.sla_policies, inputs)
    last = _last(draft, "resolution")
    if last is not None:
        found = _pinned(last, inputs, world) or promised.get("resolution")
        going_on = replace(last, pauses=(*last.pauses, Span(since, at)))
        carried = None if last.state == "missed" else going_on
        if found is not None:
            _start(draft, found, at, world, cause, carried)
    _start_missing(draft, promised, at, world, cause)
