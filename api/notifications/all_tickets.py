"""Notifications over all tickets, and test notifications."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.configuration.routes import Name
from api.http.answers import Answer, Made, page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier, Instant, Several
from api.http.paging import PageDep
from api.http.responses import answer, written
from api.notifications.schemas import NotificationMessageOut
from api.ports import NotificationFilter
from domain.notification.facts import Cause
from domain.notification.notification import (
    State,
    fold,
    notification_stream,
)
from domain.notification.test_message import TestOutcome
from domain.people.channels import Channel, Urgency

ROUTER = APIRouter(prefix="/v1/notifications", tags=["notifications"])
TEST_ROUTER = APIRouter(prefix="/v1/agents", tags=["notifications"])
READ = reads("tickets:read", 422)
WRITE = guarded("config:write", 400, 404, 409, 422, 429)


class ListedNotificationOut(Answer):
    """`unreachable`: why no message could reach this person; `detail` of each message:
    why it failed. `clock`, `step` and `repetition` are set if an escalation chose the
    person.
    """

    id: str
    ticket_id: str
    person: str = Field(alias="agent")
    cause: Cause
    clock: str | None
    step: int | None
    repetition: int | None
    planned_at: datetime
    urgency: Urgency
    state: State
    unreachable: str | None
    messages: list[NotificationMessageOut]


class ChannelTestOut(Answer):
    """`not_set_up`: ops must set up or fix something, see `code`; `failed`: the
    provider did not accept the message.
    """

    channel: Channel
    target: str | None = Field(description="For `apprise`, the name of the chat tool")
    outcome: TestOutcome
    code: str | None = Field(examples=["not_configured", "smtp_550", "http_404"])


class NotificationTestOut(Answer):
    """`reached`: at least one channel took the message."""

    agent: str
    at: Made[datetime]
    reached: Made[bool]
    channels: list[ChannelTestOut]


@ROUTER.get("", response_model=page_of(ListedNotificationOut), **READ)
async def list_notifications(
    known: ServicesDep,
    asked: PageDep,
    state: Annotated[
        list[State] | None,
        Several,
        Query(description=("One or several, separated by commas")),
    ] = None,
    agent: Annotated[Identifier | None, Query()] = None,
    channel: Annotated[Channel | None, Query()] = None,
    since: Annotated[
        Instant | None, Query(description=("Planned at this instant or later"))
    ] = None,
) -> Response:
    """Over all tickets, newest first. `state=unreachable`: who could not be reached."""
    wanted = NotificationFilter(
        states=tuple(state or ()), agent=agent, channel=channel, since=since
    )
    ids, following = await known.notifications.page(wanted, asked.limit, asked.cursor)
    streams = await known.store.load_many([notification_stream(n) for n in ids])
    found = (fold(streams.get(notification_stream(n), ())) for n in ids)
    items = [ListedNotificationOut.of(one) for one in found if one is not None]
    return answer({"items": items, "next_cursor": following})


@TEST_ROUTER.post(
    "/{name}/test-notification", response_model=NotificationTestOut, **WRITE
)
async def test_notification(
    name: Name, known: ServicesDep, caller: CallerDep
) -> Response:
    """Send a test message by each channel of the agent now and return the results. At
    most three a minute for one agent.
    """
    tested = await known.notification_test.send(name, caller)
    reached = any(c.outcome == "sent" for c in tested.fact.channels)
    shown = NotificationTestOut.of(tested.fact, at=tested.at, reached=reached)
    return answer(shown, headers=written(tested.appended))
