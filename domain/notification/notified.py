"""Records in the ticket that a message to somebody chosen by a step was sent."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.escalation.commands import PersonNotified
from domain.escalation.facts import CHOOSING
from domain.event import Event
from domain.notification.notification import Notification, notification_id

NEVER = datetime.max.replace(tzinfo=UTC)


def person_notified(
    notification: Notification, events: Sequence[Event]
) -> PersonNotified | None:
    """By the first message that was sent; None if none was, or if no step chose the
    person. `events`: those of the ticket.
    """
    sent = [m for m in notification.messages if m.state == "sent" and m.ended_at]
    first = min(sent, key=lambda m: m.ended_at or NEVER, default=None)
    event = events[notification.about - 1]
    if first is None or first.ended_at is None or not isinstance(event.fact, CHOOSING):
        return None
    return next(
        PersonNotified(
            notification=notification.id,
            about=notification.about,
            clock=event.fact.clock,
            step=event.fact.step,
            repetition=event.fact.repetition,
            chosen=chosen,
            channel=first.channel,
            sent_at=first.ended_at,
        )
        for place, chosen in enumerate(event.fact.chosen)
        if notification.id
        == notification_id(event.originator_id, notification.about, place)
    )
