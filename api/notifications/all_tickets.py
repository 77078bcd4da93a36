"""Notifications over all tickets, and test notifications."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from activities.cloudevents import plain
from activities.notification.test_message import Tested
from api.configuration.routes import Name
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier, Instant, Several
from api.http.paging import PageDep
from api.http.responses import answer, written
from api.notifications.routes import messages_json
from api.notifications.schemas import NotificationMessageOut
from api.ports import NotificationFilter
from domain.event import Json
from domain.notification.facts import Cause
from domain.notification.notification import (
    Notification,
    State,
    fold,
    notification_stream,
)
from domain.notification.test_message import ChannelTried, TestOutcome
from domain.people.channels import Channel, Urgency

ROUTER = APIRouter(prefix="/v1/notifications", tags=["notifications"])
TEST_ROUTER = APIRouter(prefix="/v1/agents", tags=["notifications"])
READ = reads("tickets:read", 422)
WRITE = guarded("config:write", 400, 404, 409, 422, 429)


class ListedNotificationOut(BaseModel):
    """`unreachable`: why no message could reach this person; `detail` of each message:
    why it failed. `clock`, `step` and `repetition` are set if an escalation chose the
    person.
    """

    id: str
    ticket_id: str
    agent: str
    cause: Cause
    clock: str | None
    step: int | None
    repetition: int | None
    planned_at: datetime
    urgency: Urgency
    state: State
    unreachable: str | None
    messages: list[NotificationMessageOut]


class ListedNotificationPage(BaseModel):
    items: list[ListedNotificationOut]
    next_cursor: str | None


class ChannelTestOut(BaseModel):
    """`not_set_up`: ops must set up or fix something, see `code`; `failed`: the
    provider did not accept the message.
    """

    channel: Channel
    target: str | None = Field(description="For `apprise`, the name of the chat tool")
    outcome: TestOutcome
    code: str | None = Field(examples=["not_configured", "smtp_550", "http_404"])


class NotificationTestOut(BaseModel):
    """`reached`: at least one channel took the message."""

    agent: str
    at: datetime
    reached: bool
    channels: list[ChannelTestOut]


@ROUTER.get("", response_model=ListedNotificationPage, **READ)
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
    items = [_json(one) for one in found if one is not None]
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
    return answer(_tested_json(tested), headers=written(tested.appended))


def _json(found: Notification) -> Json:
    return {
        "id": found.id,
        "ticket_id": found.ticket_id,
        "agent": found.person,
        "cause": found.cause,
        "clock": found.clock,
        "step": found.step,
        "repetition": found.repetition,
        "planned_at": plain(found.planned_at),
        "urgency": found.urgency,
        "state": found.state,
        "unreachable": found.unreachable,
        "messages": messages_json(found),
    }


def _tested_json(tested: Tested) -> Json:
    return {
        "agent": tested.fact.agent,
        "at": plain(tested.at),
        "reached": any(c.outcome == "sent" for c in tested.fact.channels),
        "channels": [_channel_json(channel) for channel in tested.fact.channels],
    }


def _channel_json(tried: ChannelTried) -> Json:
    return {
        "channel": tried.channel,
        "target": tried.target,
        "outcome": tried.outcome,
        "code": tried.code,
    }
