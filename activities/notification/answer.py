"""Answering a message by the signed link in it, without a key.

Opening a link changes nothing, because mail scanners open every link. Acting is
idempotent by the notification and the action: a second time gets the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from activities.notification.plan import reader_of
from activities.ports import Caller, EventStore, NewId, Now, Registry
from activities.tickets import TicketService
from domain.assignment.commands import AcceptOffer, DeclineOffer
from domain.authority.approvals import DecideApproval
from domain.errors import DomainError, RuleError
from domain.escalation.commands import Acknowledge
from domain.event import Actor, Event
from domain.notification.links import OFFERED, Link, LinkError, read_link
from domain.notification.notification import Notification, fold, notification_stream
from domain.notification.payload import Payload, item
from domain.notification.relevance import no_longer_true
from domain.people.contact import Preferences
from domain.ticket.decide import Command

BY_LINK = "by the link in the message"
State = Literal["open", "done", "outdated", "expired", "unknown"]
"""`open`: it can be answered; `done`: it was, by this link; `outdated`: an answer is no
longer needed; `expired`: the link is too old; `unknown`: not one of our links, or its
person is not active any more."""


@dataclass(frozen=True, kw_only=True)
class Answerable:
    """The target of a link. All but `state` only if there is such a notification."""

    state: State
    link: Link | None = None
    item: Payload | None = None
    reader: Preferences | None = None


class Answering:
    """`key`: that of the installation."""

    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        service: TicketService,
        key: bytes,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store, self._registry, self._service = store, registry, service
        self._key, self._now, self._new_id = key, now, new_id

    async def look(self, token: str) -> Answerable:
        """Changes nothing."""
        try:
            link = read_link(self._key, token)
        except LinkError:
            return Answerable(state="unknown")
        stream = notification_stream(link.notification)
        notification = fold(await self._store.load(stream))
        if notification is None or link.action not in OFFERED.get(
            notification.cause, ()
        ):
            return Answerable(state="unknown")
        reader, _ = await reader_of(self._registry, notification.person)
        if reader is None:
            return Answerable(state="unknown")
        events = await self._store.load(notification.ticket_id)
        return Answerable(
            state=await self._state(link, notification, events),
            link=link,
            item=item(notification, events),
            reader=reader,
        )

    async def act(self, token: str) -> Answerable:
        """Performs the action of the link, if it is `open`."""
        found = await self.look(token)
        if found.state != "open" or found.link is None or found.item is None:
            return found
        caller = self._caller(found.link, found.item)
        try:
            command = _command(found.link, found.item)
            await self._service.apply(found.item.ticket_id, command, caller)
        except DomainError:  # another request was faster
            again = await self.look(token)
            state: State = "outdated" if again.state == "open" else again.state
            return Answerable(
                state=state, link=again.link, item=again.item, reader=again.reader
            )
        return await self.look(token)

    async def _state(
        self, link: Link, notification: Notification, events: Sequence[Event]
    ) -> State:
        if await self._store.find(_command_id(link)) is not None:
            return "done"
        if link.expires_at <= self._now():
            return "expired"
        outdated = no_longer_true(events, notification, self._now())
        return "open" if outdated is None else "outdated"

    def _caller(self, link: Link, found: Payload) -> Caller:
        command_id = _command_id(link)
        return Caller(
            command_id=command_id,
            request_sha256=command_id,
            attempt=self._new_id(),
            actor=Actor(id=found.person, kind="agent"),
            correlation_id=command_id,
            channel="link",
        )


def _command_id(link: Link) -> str:
    return f"link:{link.notification}:{link.action}"


def _command(link: Link, found: Payload) -> Command:
    """Raises RuleError if the approval does not exist any more."""
    match link.action:
        case "acknowledge":
            return Acknowledge(by=found.person)
        case "accept":
            return AcceptOffer(agent=found.person)
        case "decline":
            return DeclineOffer(agent=found.person, reason=BY_LINK)
        case "approve" | "reject":
            if found.approval is None:
                raise RuleError("there is nothing to approve")
            return DecideApproval(
                number=found.approval.number,
                grant=link.action == "approve",
                by=found.person,
                reason=BY_LINK,
            )
