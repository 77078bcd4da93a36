"""Runs of escalation policies start: at the breach, at a step before it, or because a
person forces one.

How a step is taken is in `steps`; what runs wait for in `pausing`; how a run is moved
to another version of its policy in `migration`.
"""

from dataclasses import replace
from datetime import datetime

from domain.errors import InvalidError, RuleError
from domain.escalation.ending import exhaust
from domain.escalation.facts import (
    EscalationBreached,
    EscalationForced,
    EscalationStarted,
    EscalationStepSkipped,
)
from domain.escalation.pausing import pause
from domain.escalation.policy import EscalationPolicy
from domain.escalation.ports import EscalationDraft, EscalationTicket, EscalationWorld
from domain.escalation.run import Run
from domain.escalation.timing import first_due
from domain.sla.clock import Clock


def policy_of(ticket: EscalationTicket, clock: Clock) -> EscalationPolicy | None:
    """The version that was pinned last: a run may have been migrated."""
    name = clock.escalation_policy
    kept = reversed(ticket.escalation_policies)
    return next((p for p in kept if p.ref.name == name), None)


def run_of(ticket: EscalationTicket, clock: Clock) -> Run | None:
    """The run of this clock that has not ended."""
    own = (r for r in ticket.runs if r.clock == clock.key and r.state != "ended")
    return next(own, None)


def start_at_breach(
    draft: EscalationDraft,
    clock: Clock,
    breach: int,
    at: datetime,
    world: EscalationWorld,
) -> None:
    """The promise is breached: the steps from the breach on follow. `breach`: version
    of the event.
    """
    ticket = draft.ticket
    policy, run = policy_of(ticket, clock), run_of(ticket, clock)
    if policy is None:
        return
    first, due = policy.first_late, first_due(ticket, clock.key, policy, at, world)
    if run is None:
        fact = EscalationStarted(
            clock=clock.key,
            policy=policy.ref,
            breach_at=at,
            step=first,
            next_due_at=due,
        )
        _start(draft, fact, breach, at)
    else:
        breached = EscalationBreached(
            clock=clock.key, breach_at=at, step=first, next_due_at=due
        )
        draft.record(breached, at, cause=breach, policy=run.policy, by_rule=True)
        _skip_to(draft, run, breached, "the promise was breached before it", at)
    exhaust(draft, clock.key, at)
    pause(draft, clock.key, at, world)


def start_before_breach(
    draft: EscalationDraft, clock: Clock, step: int, at: datetime
) -> Run | None:
    """The run for a step that is due before the breach, started if necessary. None if
    the ticket is acknowledged or paused.
    """
    policy, run = policy_of(draft.ticket, clock), run_of(draft.ticket, clock)
    if policy is None:
        return None
    fact = EscalationStarted(
        clock=clock.key, policy=policy.ref, breach_at=None, step=step, next_due_at=None
    )
    if run is None:
        _start(draft, fact, clock.attached_version, at)
        run = run_of(draft.ticket, clock)
    if run is None or run.state != "running":
        return None
    _skip_to(draft, run, fact, "a later step was due before it", at)
    return run


def force(
    draft: EscalationDraft, to_step: int | None, by: str, reason: str, at: datetime
) -> None:
    """To this step (0 = the first), or to the next. Where nothing runs, a run of the
    clock that is due first starts, from the first step. Raises InvalidError, RuleError.
    """
    run = next((r for r in draft.ticket.runs if not r.over), None)
    if run is None:
        run = _start_by_hand(draft, at)
    steps = len(draft.ticket.escalation_policy(run.policy).steps)
    following = 0 if run.state == "exhausted" or run.step == steps else run.step
    target = following if to_step is None else to_step
    if not 0 <= target < steps:
        message = f"the escalation policy has {steps} steps, counted from 0"
        raise InvalidError.at("/to_step", message)
    fact = EscalationForced(
        clock=run.clock,
        from_step=run.step,
        to_step=target,
        by=by,
        reason=reason,
        next_due_at=at,
    )
    draft.record(fact, at, policy=run.policy)


def _start_by_hand(draft: EscalationDraft, at: datetime) -> Run:
    ticket = draft.ticket
    live = [(c, p) for c in ticket.clocks if c.live and (p := policy_of(ticket, c))]
    if not live:
        raise RuleError("no running promise has an escalation policy")
    clock, policy = min(
        live, key=lambda one: (one[0].due_at is None, one[0].due_at or at, one[0].key)
    )
    if (run := run_of(ticket, clock)) is not None:
        return run
    fact = EscalationStarted(
        clock=clock.key, policy=policy.ref, breach_at=None, step=0, next_due_at=None
    )
    _start(draft, fact, ticket.version, at)
    return draft.ticket.runs[-1]


def _start(
    draft: EscalationDraft, fact: EscalationStarted, cause: int, at: datetime
) -> None:
    draft.record(fact, at, cause=cause, policy=fact.policy, by_rule=True)
    run = replace(draft.ticket.runs[-1], step=0)
    _skip_to(draft, run, fact, "the escalation began after it was due", at)


def _skip_to(
    draft: EscalationDraft,
    run: Run,
    to: EscalationStarted | EscalationBreached,
    reason: str,
    at: datetime,
) -> None:
    """Records that the steps before this one were skipped, so that none is missing."""
    for step in range(run.step, to.step):
        fact = EscalationStepSkipped(
            clock=run.clock,
            step=step,
            repetition=run.repetition,
            reason=reason,
            next_step=step + 1,
            next_repetition=run.repetition,
            next_due_at=to.next_due_at,
        )
        cause = draft.ticket.version
        draft.record(fact, at, cause=cause, policy=run.policy, by_rule=True)
