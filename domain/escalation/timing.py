"""When a step is due, counted as the step says: in wall time, or in business time of
the clock's calendar. Decided here and recorded, so that a fold needs no calendar.
"""

from datetime import datetime, timedelta

from domain.calendar.business_time import due_at
from domain.calendar.calendar import Calendar
from domain.escalation.policy import EscalationPolicy, Step
from domain.escalation.ports import EscalationTicket, EscalationWorld


def calendar_of(
    ticket: EscalationTicket, key: str, step: Step, world: EscalationWorld
) -> Calendar | None:
    """The calendar by which the time to this step is counted. `key`: of the clock."""
    if step.time == "wall":
        return None
    clock = next((c for c in ticket.clocks if c.key == key), None)
    return world.calendar(clock.calendar) if clock else None


def later(
    ticket: EscalationTicket,
    key: str,
    step: Step,
    at: datetime,
    by: timedelta,
    world: EscalationWorld,
) -> datetime:
    due = due_at(calendar_of(ticket, key, step, world), at, by)
    # A calendar that never opens again must not hide the step.
    return due or at + by


def first_due(
    ticket: EscalationTicket,
    key: str,
    policy: EscalationPolicy,
    breach: datetime,
    world: EscalationWorld,
) -> datetime | None:
    """When the first step from the breach on is due; None if there is none."""
    if policy.first_late == len(policy.steps):
        return None
    step = policy.steps[policy.first_late]
    return later(ticket, key, step, breach, step.after, world)
