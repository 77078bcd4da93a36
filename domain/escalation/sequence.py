"""Which step comes after another, and when."""

from dataclasses import replace
from datetime import datetime

from domain.escalation.ports import EscalationTicket, EscalationWorld
from domain.escalation.run import Run
from domain.escalation.timing import first_due, later

Following = tuple[int, int, datetime | None]
"""A step, its repetition, and when it is due; None: not by time alone."""


def following(
    ticket: EscalationTicket, run: Run, due_at: datetime, world: EscalationWorld
) -> Following:
    """After the step of this run, which was due at `due_at`."""
    policy = ticket.escalation_policy(run.policy)
    number, repetition = run.step + 1, run.repetition
    if number < len(policy.steps):
        early = policy.steps[run.step].early or policy.steps[number].early
        if run.breach_at is None and early:  # waits for the clock, or for the breach
            return number, repetition, None
    elif run.breach_at is None:
        return number, repetition, None
    elif repetition >= policy.last_repetition:  # a migrated run may be beyond it
        return run.step, repetition, None
    else:
        number, repetition = policy.first_late, repetition + 1
    gap, step = policy.gap_after(run.step), policy.steps[number]
    return number, repetition, later(ticket, run.clock, step, due_at, gap, world)


def following_at_once(
    ticket: EscalationTicket,
    run: Run,
    due_at: datetime,
    world: EscalationWorld,
    at: datetime,
) -> Following:
    """After a step that reached nobody: `at`, unless a new repetition begins, because a
    policy that reaches nobody must not repeat without a pause.
    """
    number, repetition, due = following(ticket, run, due_at, world)
    if due is not None and repetition == run.repetition:
        due = at
    return number, repetition, due


def next_run(
    ticket: EscalationTicket, run: Run, due_at: datetime, world: EscalationWorld
) -> tuple[Run, datetime | None]:
    """The run at the step after this one, if the ticket does not change."""
    number, repetition, due = following(ticket, run, due_at, world)
    if due is None and run.breach_at is None:
        return _next_by_clock(ticket, run, due_at, world)
    following_run = replace(run, step=number, repetition=repetition, waiting_since=None)
    return following_run, due


def _next_by_clock(
    ticket: EscalationTicket, run: Run, due_at: datetime, world: EscalationWorld
) -> tuple[Run, datetime | None]:
    """For a promise that is not breached yet: the next step before the breach, or the
    first from the breach on.
    """
    clock = next(c for c in ticket.clocks if c.key == run.clock)
    left = ((e.at, e.step) for e in clock.early_left)
    early = [(at, step) for at, step in left if step > run.step and at >= due_at]
    if early:
        at, number = min(early)
        return replace(run, step=number), at
    if (breach := clock.breaks_at) is None:
        return run, None
    policy = ticket.escalation_policy(run.policy)
    due = first_due(ticket, run.clock, policy, breach, world)
    return replace(run, step=policy.first_late, breach_at=breach), due
