"""An event that tells a person, and how urgent that is.

High: a step whose promise is broken, or that is the last of its ladder; an offer, which
runs out within minutes; and what the person now has to do, or can go on with, about a
ticket of which a running promise is broken. What they only watch is low.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.escalation.facts import EscalationPinned, EscalationStarted
from domain.event import Event
from domain.notification.audience import Trigger, tellings
from domain.notification.facts import Cause
from domain.notification.notification import Part, notification_id
from domain.people.channels import Urgency
from domain.sla.facts import SlaBreached
from domain.ticket.evolve import fold


@dataclass(frozen=True, kw_only=True)
class NotificationReason:
    """`about`: version of the event that tells this person. `part`: who of those whom
    it tells.
    """

    ticket_id: str
    about: int
    person: str
    at: datetime
    urgency: Urgency
    cause: Cause = "step"
    clock: str | None = None
    step: int | None = None
    repetition: int | None = None
    part: Part = None

    @property
    def id(self) -> str:
        """Of the notification."""
        return notification_id(self.ticket_id, self.about, self.part)


def occasions(events: Sequence[Event]) -> tuple[NotificationReason, ...]:
    """Of the last of these events of a ticket; `events` are all up to it."""
    last = events[-1]
    return tuple(
        _occasion(events, told) for told in tellings(events) if told.event is last
    )


def _occasion(events: Sequence[Event], told: Trigger) -> NotificationReason:
    step, repetition = told.step
    return NotificationReason(
        ticket_id=told.event.originator_id,
        about=told.event.originator_version,
        person=told.person,
        at=told.event.timestamp,
        urgency=_urgency(events, told),
        cause=told.cause,
        clock=told.clock,
        step=step,
        repetition=repetition,
        part=told.part,
    )


def _urgency(events: Sequence[Event], told: Trigger) -> Urgency:
    match told.cause:
        case "step":
            return _of_step(events, told)
        case "offered":
            return "high"
        case "watched":
            return "low"
        case "assigned_by_rule" | "unanswered" | "approval" | "decided" | "unresolved":
            return "high" if _broken(events) else "low"


def _broken(events: Sequence[Event]) -> bool:
    """Whether a promise that still runs is broken, and nobody excused it."""
    ticket = fold(events)
    return ticket is not None and any(
        clock.live and clock.breached_at is not None and clock.excuse is None
        for clock in ticket.clocks
    )


def _of_step(events: Sequence[Event], told: Trigger) -> Urgency:
    """High once the promise is broken, and on the last step of the ladder."""
    steps, escalation_policies = 0, dict[tuple[str, int], int]()
    step, _ = told.step
    for event in events:
        match event.fact:
            case SlaBreached(metric=metric, cycle=cycle):
                if f"{metric}/{cycle}" == told.clock:
                    return "high"
            case EscalationPinned(policy=policy):
                escalation_policies[policy.ref.name, policy.ref.version] = len(
                    policy.steps
                )
            case EscalationStarted(clock=clock, policy=ref) if clock == told.clock:
                steps = escalation_policies.get((ref.name, ref.version), 0)
            case _:
                pass
    return "high" if step is not None and step + 1 == steps else "low"
