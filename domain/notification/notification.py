"""One notification, folded from its facts.

Invariant: each message ends in exactly one of sent, failed, dropped; what has ended
does not change any more. When no message is left and none was sent, the person is
unreachable.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never, cast

from domain.event import Event
from domain.notification.facts import (
    Cause,
    NotificationDeferred,
    NotificationFact,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnreachable,
)
from domain.people.channels import Channel, Urgency

Part = int | Literal["lead"] | None
"""Which of the people notified of one event: by a step, their place among the chosen; a
watcher, the version of the event by which they became one; the lead of the team."""
MessageState = Literal["waiting", "sent", "failed", "dropped"]
State = Literal["waiting", "sent", "dropped", "unreachable"]
ALL_FAILED = "all channels failed"
NOT_SET_UP = "no channel is set up that would reach them"


@dataclass(frozen=True, kw_only=True)
class Message:
    """`detail`: why it failed, waits or was dropped. `ended_at`: None = it waits.
    `stands_in_for`: the message whose failure made this one due.
    """

    channel: Channel
    target: str | None
    due_at: datetime
    state: MessageState = "waiting"
    attempts: int = 0
    detail: str | None = None
    bundled_with: str | None = None
    ended_at: datetime | None = None
    stands_in_for: int | None = None


@dataclass(frozen=True, kw_only=True)
class Notification:
    id: str
    version: int
    ticket_id: str
    about: int
    clock: str | None
    step: int | None
    repetition: int | None
    person: str
    urgency: Urgency
    planned_at: datetime
    messages: tuple[Message, ...]
    cause: Cause = "step"
    unreachable: str | None = None

    @property
    def chosen_by(self) -> tuple[str, int, int] | None:
        """Clock, step and repetition of the step that notifies this person; None: the
        cause is not a step.
        """
        if self.clock is None or self.step is None or self.repetition is None:
            return None
        return self.clock, self.step, self.repetition

    @property
    def waiting(self) -> tuple[int, ...]:
        """Places of the messages that have not ended, by when they are due."""
        places = [i for i, m in enumerate(self.messages) if m.state == "waiting"]
        return tuple(sorted(places, key=lambda i: (self.messages[i].due_at, i)))

    @property
    def due_at(self) -> datetime | None:
        return self.messages[self.waiting[0]].due_at if self.waiting else None

    @property
    def state(self) -> State:
        """`sent` as soon as one message was sent."""
        if self.unreachable is not None:
            return "unreachable"
        if any(m.state == "sent" for m in self.messages):
            return "sent"
        return "waiting" if self.waiting else "dropped"


def notification_id(ticket_id: str, about: int, part: Part = None) -> str:
    number = f"{ticket_id}.{about}"
    return number if part is None else f"{number}.{part}"


def notification_stream(number: str) -> str:
    return f"notifications/{number}"


def ticket_of(stream_id: str) -> str:
    """The ticket's id, from the stream or the id of a notification. The id of a ticket
    holds no full stop.
    """
    return stream_id.removeprefix("notifications/").partition(".")[0]


def fold(
    events: Iterable[Event], notification: Notification | None = None
) -> Notification | None:
    for event in events:
        fact = cast("NotificationFact", event.fact)
        notification = evolve(notification, fact, event.timestamp, event.originator_id)
    return notification


def evolve(
    known: Notification | None, fact: NotificationFact, at: datetime, stream_id: str
) -> Notification:
    if isinstance(fact, NotificationPlanned):
        return _planned(fact, at, stream_id)
    assert known is not None, "a notification starts with its plan"
    moved = replace(known, version=known.version + 1)
    match fact:
        case NotificationUnreachable():
            return replace(moved, unreachable=fact.reason)
        case NotificationDeferred():
            return _with(moved, fact.message, due_at=fact.until, detail=fact.reason)
        case NotificationSent():
            return _with(
                moved,
                fact.message,
                state="sent",
                attempts=fact.attempt,
                bundled_with=fact.bundled_with,
                detail=None,
                ended_at=at,
            )
        case NotificationFailed():
            return _failed(moved, fact, at)
        case NotificationSuppressed():
            return _with(
                moved, fact.message, state="dropped", detail=fact.reason, ended_at=at
            )
        case _:
            assert_never(fact)


def _planned(fact: NotificationPlanned, at: datetime, stream_id: str) -> Notification:
    return Notification(
        id=stream_id.removeprefix("notifications/"),
        version=1,
        ticket_id=fact.ticket_id,
        about=fact.about,
        clock=fact.clock,
        step=fact.step,
        repetition=fact.repetition,
        cause=fact.cause,
        person=fact.person,
        urgency=fact.urgency,
        planned_at=at,
        messages=tuple(
            Message(channel=m.channel, target=m.target, due_at=m.due_at)
            for m in fact.messages
        ),
    )


def _failed(
    known: Notification, fact: NotificationFailed, at: datetime
) -> Notification:
    changes: dict[str, object] = {"attempts": fact.attempt, "detail": fact.code}
    if fact.temporary:
        changes |= {"due_at": fact.retry_at}
    else:
        changes |= {"state": "failed", "ended_at": at}
    known = _with(known, fact.message, **changes)
    if fact.next_message is None:
        return known
    following = known.messages[fact.next_message]
    stands_in_for = following.stands_in_for
    # A message tried before is not due because of this failure: no cycles.
    if stands_in_for is None and not following.attempts:
        stands_in_for = fact.message
    return _with(known, fact.next_message, due_at=at, stands_in_for=stands_in_for)


def _with(known: Notification, message: int, **changes: object) -> Notification:
    messages = list(known.messages)
    messages[message] = replace(messages[message], **changes)  # type: ignore[arg-type]
    return replace(known, messages=tuple(messages))
