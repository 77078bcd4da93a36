"""One outgoing message: its content, its destination, and the channel that sends it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.event import Event
from domain.notification.dispatch_order import Outgoing
from domain.notification.message import RenderedMessage
from domain.notification.notification import Notification
from domain.notification.outcome import Outcome
from domain.notification.payload import Payload
from domain.people.channels import Channel
from domain.people.contact import Preferences

Tickets = Mapping[str, Sequence[Event]]


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """One outgoing message. `id` is the same for all tries. `address`: for `apprise`,
    the name of the target. `secret_version`: of the secret that signs it.
    """

    id: str
    channel: Channel
    address: str
    person: str
    letter: RenderedMessage
    items: tuple[Payload, ...]
    secret_version: int = 1

    @property
    def thread(self) -> str | None:
        """The ticket, if the message is about only one."""
        tickets = {item.ticket_id for item in self.items}
        return tickets.pop() if len(tickets) == 1 else None


class Outbound(Protocol):
    async def send(self, dispatch: Dispatch) -> Outcome:
        """Never raises for faults of the other side."""


def address(
    reader: Preferences | None, channel: Channel, target: str | None
) -> str | None:
    return None if reader is None else reader.address(channel, target)


def outgoing(notification: Notification, place: int, address: str) -> Outgoing:
    message = notification.messages[place]
    digest = hashlib.sha256(address.encode()).hexdigest()[:24]
    return Outgoing(
        notification=notification.id,
        message=place,
        person=notification.person,
        channel=message.channel,
        target=message.target,
        destination=f"{message.channel}:{digest}",
        subject=notification.ticket_id,
        due_at=message.due_at,
        urgency=notification.urgency,
        repeats=notification.cause in ("step", "watched"),
        kind="status_update" if notification.cause == "watched" else "first_alert",
    )
