"""How urgent it is to notify a person of an event.

High: a step whose promise is breached, or that is the last of its escalation policy; an
offer, which expires within minutes; and anything that the person can act on in a ticket
with a running promise that is breached. What they only watch is low.
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
    """`about`: version of the event that notifies this person. `part`: which of the
    people notified of it this is.
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
        """The id of the notification."""
        return notification_id(self.ticket_id, self.about, self.part)


def notification_reasons(events: Sequence[Event]) -> tuple[NotificationReason, ...]:
    """For the last of these events of a ticket; `events` are all up to it."""
    last = events[-1]
    return tuple(
        _reason(events, trigger)
        for trigger in tellings(events)
        if trigger.event is last
    )


def _reason(events: Sequence[Event], trigger: Trigger) -> NotificationReason:
    step, repetition = trigger.step
    return NotificationReason(
        ticket_id=trigger.event.originator_id,
        about=trigger.event.originator_version,
        person=trigger.person,
        at=trigger.event.timestamp,
        urgency=_urgency(events, trigger),
        cause=trigger.cause,
        clock=trigger.clock,
        step=step,
        repetition=repetition,
        part=trigger.part,
    )


def _urgency(events: Sequence[Event], trigger: Trigger) -> Urgency:
    match trigger.cause:
        case "step":
            return _of_step(events, trigger)
        case "offered":
            return "high"
        case "watched":
            return "low"
        case "assigned_by_rule" | "unanswered" | "approval" | "decided" | "unresolved":
            return "high" if _broken(events) else "low"


def _broken(events: Sequence[Event]) -> bool:
    """Whether a running promise is breached, and nobody excused it."""
    ticket = fold(events)
    return ticket is not None and any(
        clock.live and clock.breached_at is not None and clock.excuse is None
        for clock in ticket.clocks
    )


def _of_step(events: Sequence[Event], trigger: Trigger) -> Urgency:
    """High once the promise is breached, and on the last step of its policy."""
    steps, escalation_policies = 0, dict[tuple[str, int], int]()
    step, _ = trigger.step
    for event in events:
        match event.fact:
            case SlaBreached(metric=metric, cycle=cycle):
                if f"{metric}/{cycle}" == trigger.clock:
                    return "high"
            case EscalationPinned(policy=policy):
                escalation_policies[policy.ref.name, policy.ref.version] = len(
                    policy.steps
                )
            case EscalationStarted(clock=clock, policy=ref) if clock == trigger.clock:
                steps = escalation_policies.get((ref.name, ref.version), 0)
            case _:
                pass
    return "high" if step is not None and step + 1 == steps else "low"
