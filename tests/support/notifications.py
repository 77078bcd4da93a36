"""Notifications in few words, for tests of the domain."""

from datetime import UTC, datetime, timedelta

from domain.event import Event
from domain.notification.dispatch_order import Outgoing
from domain.notification.notification import evolve, fold, notification_stream
from domain.notification.planning import plan
from domain.notification.urgency import NotificationReason
from tests.support.documents import parse_preferences
from tests.support.dsl import BY_ANN

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def person(*rules, **document):
    """With these rules, an e-mail address, a webhook and a chat."""
    notify = {
        "rules": list(rules),
        "webhook": "https://hooks.example/ann",
        "apprise": ["team-chat"],
        **document.pop("notify", {}),
    }
    document = {"name": "Ann", "email": "ann@shop.example", **document}
    return parse_preferences("ann", {**document, "notify": notify})


def rule(channel, after="PT0S", **more):
    return {"channel": channel, "after": after, **more}


def occasion(at=NOON, urgency="high", number=7):
    return NotificationReason(
        ticket_id="t-1",
        about=number,
        clock="first_response/1",
        step=0,
        repetition=0,
        person="ann",
        at=at,
        urgency=urgency,
    )


def events_of(facts, at=NOON, number=7):
    stream = notification_stream(f"t-1.{number}")
    return [Event(stream, i, at, BY_ANN, f) for i, f in enumerate(facts, start=1)]


def planned(reader, at=NOON, *, now=None, urgency="high", number=7):
    facts = plan(occasion(at, urgency, number), reader, now or at)
    return fold(events_of(facts, now or at, number))


def after(notification, facts, at):
    for fact in facts:
        stream = notification_stream(notification.id)
        notification = evolve(notification, fact, at, stream)
    return notification


def outgoing(number="t-1.7", person="ann", destination=None, **more):
    return Outgoing(
        **{
            "notification": number,
            "message": 0,
            "person": person,
            "channel": "email",
            "target": None,
            "destination": destination or f"email:{person}",
            "subject": number.partition(".")[0],
            "due_at": NOON,
            **more,
        }
    )
