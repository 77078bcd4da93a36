"""Runs that wait: because the ticket is acknowledged, or paused."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.calendar.business_time import elapsed
from domain.escalation.ending import end_runs, exhaust
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationForced,
    EscalationPaused,
    EscalationResumed,
)
from domain.escalation.ports import EscalationDraft, EscalationWorld
from domain.escalation.run import Run
from domain.escalation.timing import calendar_of, later
from domain.event import Fact
from domain.lifecycle.facts import (
    TicketMessageAdded,
    TicketPaused,
    TicketUpdated,
)
from domain.people.facts import TicketAssigned

ZERO = timedelta(0)
PROGRESS = (TicketAssigned, TicketPaused, TicketUpdated)


def acknowledge(draft: EscalationDraft, by: str, at: datetime) -> None:
    """Runs wait while somebody has acknowledged the ticket, also a run that is paused
    with the ticket, because the ticket may be resumed at any moment.
    """
    cause = draft.ticket.version
    for run in draft.ticket.runs:
        if run.over:
            continue
        expires = draft.ticket.escalation_policy(run.policy).acknowledge_expires
        if expires is None:
            reason = f"acknowledged by {by}"
            end_runs(draft, at, reason, clock=run.clock, cause=cause)
        else:
            _acknowledge(draft, run, by, at, at + expires, cause)


def _acknowledge(
    draft: EscalationDraft, run: Run, by: str, at: datetime, until: datetime, cause: int
) -> None:
    fact = EscalationAcknowledged(clock=run.clock, by=by, until=until)
    draft.record(fact, at, cause=cause, policy=run.policy, by_rule=True)


def follow(
    draft: EscalationDraft, facts: Sequence[Fact], at: datetime, world: EscalationWorld
) -> None:
    """Progress prolongs an acknowledgement. Runs pause with the ticket, and the time
    left to the next step stays the same.
    """
    if any(_is_progress(fact) for fact in facts):
        _prolong(draft, at)
    forced = any(isinstance(fact, EscalationForced) for fact in facts)
    for run in draft.ticket.runs:
        if draft.ticket.pause is not None:
            # An escalation forced by a person does not wait for the end of the pause.
            if not forced:
                pause(draft, run.clock, at, world)
        elif run.state == "paused":
            _resume_paused(draft, run, "the ticket's pause ended", at, world)


def _is_progress(fact: Fact) -> bool:
    """Somebody who handles the ticket did something; a customer's message is no
    progress.
    """
    if isinstance(fact, TicketMessageAdded):
        return fact.author.kind == "agent"
    return isinstance(fact, PROGRESS)


def _prolong(draft: EscalationDraft, at: datetime) -> None:
    cause = draft.ticket.version
    for run in draft.ticket.runs:
        expires = draft.ticket.escalation_policy(run.policy).acknowledge_expires
        if run.state == "acknowledged" and expires and run.acknowledged_by:
            _acknowledge(draft, run, run.acknowledged_by, at, at + expires, cause)


def pause(
    draft: EscalationDraft, key: str, at: datetime, world: EscalationWorld
) -> None:
    """The run of this clock, if the ticket is paused."""
    ticket = draft.ticket
    if ticket.pause is None:
        return
    for run in ticket.runs:
        going = run.clock == key and run.state in ("running", "waiting")
        if not going or run.next_due_at is None:
            continue
        policy = ticket.escalation_policy(run.policy)
        calendar = calendar_of(ticket, key, policy.steps[run.step], world)
        left = max(elapsed(calendar, at, run.next_due_at), ZERO)
        until = at + policy.longest_pause if policy.longest_pause else None
        fact = EscalationPaused(clock=key, left=left, until=until)
        draft.record(fact, at, cause=ticket.version, policy=run.policy, by_rule=True)


def end_wait(
    draft: EscalationDraft, run: Run, at: datetime, world: EscalationWorld
) -> None:
    """An acknowledgement without progress, or the longest pause, is over: the run
    continues at once where it stopped; never from its start. If the ticket is paused,
    the run pauses after an acknowledgement.
    """
    if run.state == "paused":
        _resume_paused(draft, run, "the longest pause is over", at, world)
        return
    steps = len(draft.ticket.escalation_policy(run.policy).steps)
    due = at if run.step < steps else None
    _resume(draft, run, "the acknowledgement expired", at, due)
    exhaust(draft, run.clock, at)
    pause(draft, run.clock, at, world)


def _resume_paused(
    draft: EscalationDraft, run: Run, reason: str, at: datetime, world: EscalationWorld
) -> None:
    ticket, due = draft.ticket, at
    if run.left:
        step = ticket.escalation_policy(run.policy).steps[run.step]
        due = later(ticket, run.clock, step, at, run.left, world)
    _resume(draft, run, reason, at, due)


def _resume(
    draft: EscalationDraft, run: Run, reason: str, at: datetime, due: datetime | None
) -> None:
    fact = EscalationResumed(clock=run.clock, reason=reason, next_due_at=due)
    cause = draft.ticket.version
    draft.record(fact, at, cause=cause, policy=run.policy, by_rule=True)
