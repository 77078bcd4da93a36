"""Notifications in answers."""

from datetime import datetime
from typing import Literal

from api.http.answers import Answer, Made
from domain.notification.facts import Cause
from domain.notification.notification import MessageState, State
from domain.people.channels import Channel, Urgency


class NotificationMessageOut(Answer):
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


class NotificationOut(Answer):
    """`event`: the type of the event; `cause` and `reason`: why this person. `state`:
    `sent` as soon as one message was sent; `pending`: not planned yet. `unreachable`:
    why the person could not be notified.
    """

    id: str
    person: str
    cause: Cause
    event: Made[str]
    reason: str
    clock: str | None
    step: Made[int | None]
    repetition: Made[int | None]
    told_at: Made[datetime]
    urgency: Made[Urgency | None]
    state: Made[State | Literal["pending"]]
    unreachable: Made[str | None]
    messages: Made[list[NotificationMessageOut]]
