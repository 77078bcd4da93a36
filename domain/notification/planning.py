"""Who is notified by which channel and when: the plan of one notification.

A rule is due its delay after the event that notifies this person (GoAlert, ESC-082).
What is not urgent waits for the end of the person's quiet hours.
"""

from datetime import datetime

from domain.calendar.business_time import next_open
from domain.notification.facts import (
    NotificationDeferred,
    NotificationFact,
    NotificationPlanned,
    NotificationUnreachable,
    PlannedMessage,
)
from domain.notification.urgency import NotificationReason
from domain.people.channels import Urgency
from domain.people.contact import Preferences

NO_AGENT = "no such agent, or not active"
NO_CHANNEL = "no channel"


def plan(
    wanted: NotificationReason, preferences: Preferences | None, now: datetime
) -> tuple[NotificationFact, ...]:
    """`preferences=None`: there is no such person (any more)."""
    messages = _messages(wanted, preferences) if preferences else ()
    planned = NotificationPlanned(
        ticket_id=wanted.ticket_id,
        about=wanted.about,
        clock=wanted.clock,
        step=wanted.step,
        repetition=wanted.repetition,
        cause=wanted.cause,
        person=wanted.person,
        urgency=wanted.urgency,
        messages=messages,
    )
    if preferences is None:
        return (planned, NotificationUnreachable(reason=NO_AGENT))
    if not messages:
        return (planned, NotificationUnreachable(reason=_why_none(preferences, wanted)))
    return (planned, *_deferred(planned, preferences, now))


def _messages(
    wanted: NotificationReason, preferences: Preferences
) -> tuple[PlannedMessage, ...]:
    return tuple(
        PlannedMessage(
            channel=rule.channel, target=target, due_at=wanted.at + rule.after
        )
        for rule in sorted(preferences.rules, key=lambda rule: rule.after)
        if rule.urgency in (None, wanted.urgency)
        for target in preferences.targets(rule.channel)
    )


def _why_none(preferences: Preferences, wanted: NotificationReason) -> str:
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
