"""Who is told by what and when: the plan of one notification.

A rule is due its delay after the step told this person (GoAlert, ESC-082). What is not
urgent waits for the end of the person's quiet hours; a broken promise and the last step
of a ladder do not wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.escalation.facts import (
    EscalationNotified,
    EscalationPinned,
    EscalationStarted,
)
from domain.event import Event
from domain.notification.facts import (
    NotificationDeferred,
    NotificationFact,
    NotificationPlanned,
    NotificationUnreachable,
    PlannedMessage,
    Urgency,
)
from domain.notification.preferences import Preferences
from domain.sla.business_time import next_open
from domain.sla.facts import SlaBreached

NO_AGENT = "no such agent, or not active"
NO_CHANNEL = "no channel"


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """The step tells this person; `about` is the version of that event."""

    ticket_id: str
    about: int
    clock: str
    step: int
    lap: int
    person: str
    at: datetime
    urgency: Urgency


def occasion(events: Sequence[Event]) -> Occasion | None:
    """Of the last of these events of a ticket; None if it tells nobody."""
    last = events[-1]
    if not isinstance(last.fact, EscalationNotified):
        return None
    return Occasion(
        ticket_id=last.originator_id,
        about=last.originator_version,
        clock=last.fact.clock,
        step=last.fact.step,
        lap=last.fact.lap,
        person=last.fact.person,
        at=last.timestamp,
        urgency=_urgency(events, last.fact),
    )


def _urgency(events: Sequence[Event], notified: EscalationNotified) -> Urgency:
    """High once the promise is broken, and on the last step of the ladder."""
    steps, ladders = 0, dict[tuple[str, int], int]()
    for event in events:
        match event.fact:
            case SlaBreached(metric=metric, cycle=cycle):
                if f"{metric}/{cycle}" == notified.clock:
                    return "high"
            case EscalationPinned(policy=policy):
                ladders[policy.ref.name, policy.ref.version] = len(policy.steps)
            case EscalationStarted(clock=notified.clock, policy=ref):
                steps = ladders.get((ref.name, ref.version), 0)
            case _:
                pass
    return "high" if notified.step + 1 == steps else "low"


def plan(
    wanted: Occasion, preferences: Preferences | None, now: datetime
) -> tuple[NotificationFact, ...]:
    """`preferences=None`: there is no such person, or not any more."""
    messages = _messages(wanted, preferences) if preferences else ()
    planned = NotificationPlanned(
        ticket_id=wanted.ticket_id,
        about=wanted.about,
        clock=wanted.clock,
        step=wanted.step,
        lap=wanted.lap,
        person=wanted.person,
        urgency=wanted.urgency,
        messages=messages,
    )
    if preferences is None:
        return (planned, NotificationUnreachable(reason=NO_AGENT))
    if not messages:
        return (planned, NotificationUnreachable(reason=_why_none(preferences, wanted)))
    return (planned, *_deferred(planned, preferences, now))


def _messages(wanted: Occasion, preferences: Preferences) -> tuple[PlannedMessage, ...]:
    return tuple(
        PlannedMessage(
            channel=rule.channel, target=target, due_at=wanted.at + rule.after
        )
        for rule in sorted(preferences.rules, key=lambda rule: rule.after)
        if rule.urgency in (None, wanted.urgency)
        for target in preferences.targets(rule.channel)
    )


def _why_none(preferences: Preferences, wanted: Occasion) -> str:
    if not preferences.rules:
        return NO_CHANNEL
    return f"{NO_CHANNEL} for what is of {wanted.urgency} urgency"


def _deferred(
    planned: NotificationPlanned, preferences: Preferences, now: datetime
) -> tuple[NotificationFact, ...]:
    deferred = []
    for i, message in enumerate(planned.messages):
        when = max(message.due_at, now)
        until = after_quiet(preferences, planned.urgency, when)
        if until > when:
            deferred.append(
                NotificationDeferred(message=i, reason="quiet hours", until=until)
            )
    return tuple(deferred)


def after_quiet(preferences: Preferences, urgency: Urgency, when: datetime) -> datetime:
    """`when` itself, or the end of the quiet hours in which it lies."""
    if urgency == "high" or preferences.loud is None:
        return when
    return next_open(preferences.loud, when) or when
