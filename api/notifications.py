"""Who was told of a ticket's escalation, by which channel, and how that went."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from activities.cloudevents import plain
from api.auth import Known
from api.presentation import answer
from api.schemas_notifications import NotificationPage
from api.tickets import READ, ticket_id_of
from domain.errors import NotFoundError
from domain.escalation.facts import EscalationNotified
from domain.event import Event, Json
from domain.notification.notification import (
    Message,
    Notification,
    fold,
    notification_id,
    notification_stream,
)

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


@ROUTER.get("/{ticket_id}/notifications", response_model=NotificationPage, **READ)
async def get_ticket_notifications(ticket_id: str, known: Known) -> Response:
    """Everybody whom an escalation step told, in that order, with each message to them.
    Read from the log; addresses and texts are not in it.
    """
    events = await known.store.load(ticket_id_of(ticket_id))
    if not events:
        raise NotFoundError("ticket", ticket_id)
    told = [event for event in events if isinstance(event.fact, EscalationNotified)]
    streams = await known.store.load_many([_stream(event) for event in told])
    items = [_told_json(event, streams.get(_stream(event), ())) for event in told]
    return answer({"items": items, "next_cursor": None})


def _stream(event: Event) -> str:
    number = notification_id(event.originator_id, event.originator_version)
    return notification_stream(number)


def _told_json(event: Event, events: Sequence[Event]) -> Json:
    assert isinstance(event.fact, EscalationNotified)
    found = fold(events)
    return {
        "id": notification_id(event.originator_id, event.originator_version),
        "person": event.fact.person,
        "reason": event.fact.reason,
        "clock": event.fact.clock,
        "step": event.fact.step,
        "lap": event.fact.lap,
        "told_at": plain(event.timestamp),
        "urgency": found.urgency if found else None,
        "state": found.state if found else "pending",
        "unreachable": found.unreachable if found else None,
        "messages": _messages_json(found),
    }


def _messages_json(found: Notification | None) -> list[Json]:
    return [_message_json(message) for message in found.messages] if found else []


def _message_json(message: Message) -> Json:
    return {
        "channel": message.channel,
        "target": message.target,
        "state": message.state,
        "due_at": plain(message.due_at),
        "ended_at": plain(message.ended_at),
        "attempts": message.attempts,
        "detail": message.detail,
        "bundled_with": message.bundled_with,
    }
