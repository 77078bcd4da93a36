"""Notifications in answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.notification.facts import Cause
from domain.notification.notification import MessageState, State
from domain.people.channels import Channel, Urgency


class NotificationMessageOut(BaseModel):
    """`detail`: why it failed, is delayed or was dropped, for example `smtp_550`.
    `bundled_with`: the notification with which this one was sent in one message.
    """

    channel: Channel
    target: str | None
    state: MessageState
    due_at: datetime
    ended_at: datetime | None
    attempts: int
    detail: str | None
    bundled_with: str | None


class NotificationOut(BaseModel):
    """`event`: the type of the event; `cause` and `reason`: why this person. `state`:
    `sent` as soon as one message was sent; `pending`: not planned yet. `unreachable`:
    why the person could not be notified.
    """

    id: str
    person: str
    reason: str
    cause: Cause
    event: str
    clock: str | None
    step: int | None
    repetition: int | None
    told_at: datetime
    urgency: Urgency | None
    state: State | Literal["pending"]
    unreachable: str | None
    messages: list[NotificationMessageOut]


class NotificationPage(BaseModel):
    items: list[NotificationOut]
    next_cursor: str | None
