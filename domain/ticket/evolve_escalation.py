"""The ticket after something happened to its escalation."""

from datetime import datetime

from domain.copies import replace
from domain.escalation import run as runs
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationBreached,
    EscalationCatchAllFired,
    EscalationEnded,
    EscalationExhausted,
    EscalationFact,
    EscalationForced,
    EscalationMigrated,
    EscalationNotified,
    EscalationPaused,
    EscalationPinned,
    EscalationReassigned,
    EscalationReassignmentFailed,
    EscalationResumed,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationUndelivered,
    EscalationWaiting,
)
from domain.escalation.policy import EscalationPolicy
from domain.sla import clock as clocks
from domain.sla.facts import (
    PreBreachStep,
)
from domain.ticket.evolve_assignment import handed_over, turned
from domain.ticket.ticket import Ticket


def evolve_escalation(  # noqa: C901 - one case a fact
    ticket: Ticket, fact: EscalationFact, at: datetime
) -> Ticket:
    if isinstance(fact, EscalationMigrated) and fact.early is not None:
        ticket = _early(ticket, fact.clock, fact.early)
    if isinstance(fact, EscalationStepFired):
        for place, person in fact.turns.items():
            ticket = turned(ticket, place, person, at)
    match fact:
        case EscalationPinned():
            return replace(
                ticket,
                escalation_policies=(*ticket.escalation_policies, fact.policy),
                clocks=tuple(_fitting(clock, fact.policy) for clock in ticket.clocks),
            )
        case EscalationStarted():
            run = runs.started(fact, ticket.version)
            return replace(ticket, runs=(*ticket.runs, run), acknowledged_by=None)
        case (
            EscalationBreached()
            | EscalationStepFired()
            | EscalationStepSkipped()
            | EscalationWaiting()
            | EscalationUndelivered()
            | EscalationAcknowledged()
            | EscalationPaused()
            | EscalationResumed()
            | EscalationForced()
            | EscalationMigrated()
            | EscalationExhausted()
            | EscalationEnded()
        ):
            return replace(
                ticket,
                runs=tuple(
                    runs.evolve(run, fact)
                    if run.clock == fact.clock and run.state != "ended"
                    else run
                    for run in ticket.runs
                ),
            )
        case EscalationReassigned():
            handed = handed_over(ticket, fact.team, fact.to_agent, at)
            return turned(handed, fact.turn, fact.to_agent, at)
        case (
            EscalationCatchAllFired()
            | EscalationNotified()
            | EscalationReassignmentFailed()
        ):
            return ticket


def _early(ticket: Ticket, key: str, early: tuple[PreBreachStep, ...]) -> Ticket:
    clocks = (replace(c, early=early) if c.key == key else c for c in ticket.clocks)
    return replace(ticket, clocks=tuple(clocks))


def _fitting(clock: clocks.Clock, escalation_policy: EscalationPolicy) -> clocks.Clock:
    """Once a newer version of its escalation policy is pinned: until it is recorded
    when the steps before the breach are due, those that both versions have.
    """
    if clock.escalation_policy != escalation_policy.ref.name:
        return clock
    steps = escalation_policy.steps
    both = tuple(e for e in clock.early if e.step < len(steps) and steps[e.step].early)
    return replace(clock, early=both)
