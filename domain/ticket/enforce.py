"""What is due, and what happens then: warnings, breaches, steps, the end of a pause.

`plan` says when the next thing is due; `enforce` does everything due at an instant.
Both are pure: calling `enforce` twice for the same instant adds nothing the second
time, and calling it late still records the exact instants.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from domain.assignment import alarms as assignment
from domain.assignment.alarms import (
    AssignmentAlarm,
    NextRoundDue,
    OfferExpires,
    OverflowDue,
    RelaxationDue,
)
from domain.assignment.offers import queue_due
from domain.authority import alarms as authority
from domain.authority.alarms import ApprovalUnanswered
from domain.authority.approvals import approval_unanswered
from domain.escalation import alarms as escalation
from domain.escalation.alarms import EarlyStepDue, EscalationAlarm, StepDue, WaitOver
from domain.escalation.pausing import end_wait
from domain.escalation.run import Run
from domain.escalation.runs import start_at_breach, start_before_breach
from domain.escalation.steps import StepExecution
from domain.lifecycle import alarms as lifecycle
from domain.lifecycle.alarms import PauseEnds
from domain.lifecycle.facts import TicketResumed
from domain.sla import alarms as sla
from domain.sla.alarms import BreachDue, LongestPauseOver, SlaAlarm, WarningDue
from domain.sla.due import breach, end_longest_pause, warn
from domain.ticket.draft import Draft
from domain.ticket.escalations import StepChanges
from domain.ticket.reactions import react
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that the durable timer of a ticket needs to know.

    `next_due_ms`: Unix milliseconds, rounded up so that a timer is never early; None =
    nothing to wait for now. `done`: nothing will be due unless the ticket changes.
    """

    ticket_id: str
    version: int
    next_due_ms: int | None
    done: bool


Alarm: TypeAlias = (
    SlaAlarm | EscalationAlarm | AssignmentAlarm | ApprovalUnanswered | PauseEnds
)
ORDER: tuple[type[Alarm], ...] = (
    ApprovalUnanswered,
    NextRoundDue,
    BreachDue,
    EarlyStepDue,
    OfferExpires,
    LongestPauseOver,
    OverflowDue,
    RelaxationDue,
    PauseEnds,
    WaitOver,
    StepDue,
    WarningDue,
)
"""The order of what is due at the same instant. It is a decision: a breach is recorded
before the steps that follow from it, and the assignee is decided before a step looks
for them."""
_RANK = {kind: place for place, kind in enumerate(ORDER)}


def alarms(ticket: Ticket) -> Iterator[Alarm]:
    """Everything that will be due if the ticket does not change before."""
    for clock in ticket.clocks:
        if clock.live:
            yield from sla.alarms(clock)
            yield from escalation.early_alarms(clock, ticket.runs)
    if ticket.pause is not None:
        yield from lifecycle.alarms(ticket.pause)
    for run in ticket.runs:
        yield from escalation.run_alarms(run)
    if ticket.queue is not None:
        yield from assignment.alarms(ticket.queue)
    if ticket.status != "closed":
        yield from authority.alarms(ticket.approvals)


def next_alarm(ticket: Ticket) -> Alarm | None:
    return min(alarms(ticket), key=_when, default=None)


def _when(alarm: Alarm) -> tuple[datetime, int, str]:
    return alarm.due_from, _RANK[type(alarm)], alarm.key


def plan(ticket: Ticket) -> Plan:
    alarm = next_alarm(ticket)
    due = None if alarm is None else -((EPOCH - alarm.due_from) // MILLISECOND)
    return Plan(
        ticket_id=ticket.id,
        version=ticket.version,
        next_due_ms=due,
        done=alarm is None and ticket.finished,
    )


def enforce(draft: Draft, as_of: datetime, world: World) -> World:
    """Everything due at `as_of`, in the order in which it was due. Returns the world
    with the loads as they are afterwards, for the next ticket of the same batch.
    """
    while (alarm := next_alarm(draft.ticket)) and alarm.due_from <= as_of:
        _come_due(draft, alarm, world, as_of)
    return world.now(draft)


def enforce_punctually(draft: Draft, until: datetime, world: World) -> World:
    """As if everything had been done in time: each thing at its own instant."""
    as_of = None
    while (alarm := next_alarm(draft.ticket)) and alarm.due_from <= until:
        as_of = max(as_of or alarm.due_from, alarm.due_from)
        _come_due(draft, alarm, world, as_of)
    return world.now(draft)


def _come_due(  # noqa: C901 - one case a kind of alarm
    draft: Draft, alarm: Alarm, before: World, as_of: datetime
) -> None:
    """`before`: the world as it was before the draft."""
    start, world = draft.mark(), before.now(draft)
    match alarm:
        case WarningDue():
            warn(draft, alarm)
        case BreachDue():
            version, clock = breach(draft, alarm), draft.ticket.clock(alarm.key)
            start_at_breach(draft, clock, version, alarm.at, world)
        case PauseEnds():
            resumed_by_time = TicketResumed(reason="the pause expired")
            draft.record(resumed_by_time, alarm.at, by_rule=True)
            react(draft, start, alarm.at, before)
        case LongestPauseOver():
            end_longest_pause(draft, alarm, world)
        case StepDue():
            _take_step(draft, alarm, draft.ticket.run(alarm.key), before, as_of)
        case EarlyStepDue():
            _take_step(draft, alarm, _early(draft, alarm), before, as_of)
        case WaitOver():
            end_wait(draft, draft.ticket.run(alarm.key), alarm.at, world)
        case ApprovalUnanswered():
            approval_unanswered(draft, alarm.number, alarm.at, world)
        case OfferExpires() | NextRoundDue() | OverflowDue() | RelaxationDue():
            queue_due(draft, alarm, world, as_of)
            react(draft, start, alarm.at, before)


def _take_step(
    draft: Draft, alarm: Alarm, run: Run, before: World, as_of: datetime
) -> None:
    start, world = draft.mark(), before.now(draft)
    step = StepExecution(draft, run, alarm.at, world, StepChanges(draft, world))
    refused = step.refused(as_of)
    if refused is not None:
        step.skip(refused)
        return
    step.take()
    react(draft, start, step.at, before)
    step.finish()


def _early(draft: Draft, alarm: EarlyStepDue) -> Run:
    clock = draft.ticket.clock(alarm.key)
    run = start_before_breach(draft, clock, alarm.step, alarm.at)
    assert run is not None, "only a clock with an escalation policy has early steps"
    return replace(run, step=alarm.step)
