"""What can happen to a notification: one person is notified of one event of a ticket.

Its stream is `notifications/<ticket>.<version of the event>`. Where an event notifies
several people, a suffix follows: `.<place among the chosen>` for a step, `.<version of
their ticket.watched>` for a watcher, `.lead` for the team's lead. The stream holds
which channels were used and with which result, never an address and never the text.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from domain.event import Fact
from domain.people.channels import Channel, Urgency

Postponement = Literal["quiet hours", "limit"]
Cause = Literal[
    "step", "offered", "assigned_by_rule", "unanswered", "approval", "decided",
    "unresolved", "watched",
]  # fmt: skip
"""Why somebody is notified: an escalation step chose them, the ticket was offered or
assigned to them by a rule, nobody in the team that they lead took it, they are asked to
approve something, their request was decided, no approver is available, or they watch
the ticket."""


@dataclass(frozen=True, kw_only=True)
class PlannedMessage:
    """`target`: for `apprise`, the name of the operator's target. `due_at`: it is not
    sent if the reason is gone by then.
    """

    channel: Channel
    target: str | None
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class NotificationPlanned(Fact):
    """`about`: version of the ticket's event that notifies this person. Messages are
    identified by their place in `messages`. `step` and `repetition` only where the
    `cause` is a step.
    """

    topic: ClassVar[str] = "notification.planned"
    ticket_id: str
    about: int
    clock: str | None = None
    step: int | None = None
    repetition: int | None = None
    person: str
    urgency: Urgency
    messages: tuple[PlannedMessage, ...]
    cause: Cause = "step"


@dataclass(frozen=True, kw_only=True)
class NotificationDeferred(Fact):
    topic: ClassVar[str] = "notification.deferred"
    message: int
    reason: Postponement
    until: datetime


@dataclass(frozen=True, kw_only=True)
class NotificationSent(Fact):
    """The channel accepted it. `bundled_with`: the notification whose message brought
    this one along.
    """

    topic: ClassVar[str] = "notification.sent"
    message: int
    channel: Channel
    attempt: int
    bundled_with: str | None = None


@dataclass(frozen=True, kw_only=True)
class NotificationFailed(Fact):
    """`code`: for example `smtp_550`, `http_410`, `timeout`. `temporary`: tried again
    at `retry_at`; else this message has ended. `next_message` is due at once: it is the
    next, or stands in while nothing gets through by this channel.
    """

    topic: ClassVar[str] = "notification.failed"
    message: int
    channel: Channel
    attempt: int
    code: str
    temporary: bool
    retry_at: datetime | None = None
    next_message: int | None = None


@dataclass(frozen=True, kw_only=True)
class NotificationSuppressed(Fact):
    """Not sent, because it was no longer true: `reason` says why."""

    topic: ClassVar[str] = "notification.suppressed"
    message: int
    channel: Channel
    reason: str


@dataclass(frozen=True, kw_only=True)
class NotificationUnreachable(Fact):
    """The person could not be notified: there is no channel, or each has failed."""

    topic: ClassVar[str] = "notification.unreachable"
    reason: str


NotificationFact = (
    NotificationPlanned
    | NotificationDeferred
    | NotificationSent
    | NotificationFailed
    | NotificationSuppressed
    | NotificationUnreachable
)
