"""Who was notified about a ticket, why, by which channel, and the results."""

from fastapi import APIRouter, Response

from api.http.answers import page_of
from api.http.auth import ServicesDep
from api.http.paging import PageDep
from api.http.responses import answer
from api.notifications.schemas import NotificationMessageOut, NotificationOut
from api.tickets.references import ticket_id_of
from api.tickets.routes import READ
from domain.errors import NotFoundError
from domain.event import Json
from domain.notification.audience import Trigger, tellings
from domain.notification.notification import (
    Notification,
    fold,
    notification_stream,
)

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


@ROUTER.get(
    "/{ticket_id}/notifications", response_model=page_of(NotificationOut), **READ
)
async def get_ticket_notifications(
    ticket_id: str, known: ServicesDep, asked: PageDep
) -> Response:
    """Everybody to be notified about an event of the ticket, in order, with each
    message to them. Read from the log; it contains no addresses and no texts.
    """
    events = await known.store.load(await ticket_id_of(known, ticket_id))
    if not events:
        raise NotFoundError("ticket", ticket_id)
    told = list(tellings(events))
    streams = await known.store.load_many([notification_stream(t.id) for t in told])

    def shown(telling: Trigger) -> Json:
        return _shown(telling, fold(streams.get(notification_stream(telling.id), ())))

    return answer(asked.numbered(told, shown))


def _shown(told: Trigger, found: Notification | None) -> Json:
    step, repetition = told.step
    return NotificationOut.of(
        told,
        event=told.event.fact.topic,
        step=step,
        repetition=repetition,
        told_at=told.event.timestamp,
        urgency=found.urgency if found else None,
        state=found.state if found else "pending",
        unreachable=found.unreachable if found else None,
        messages=NotificationMessageOut.each(found.messages if found else ()),
    )
