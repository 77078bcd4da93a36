"""The result of a bundle, sent or not, for each notification that it carried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.event import Event
from domain.notification.dispatch_order import Bundle, Outgoing
from domain.notification.facts import NotificationFact
from domain.notification.fail_over import drop, failed, sent, spared
from domain.notification.notification import (
    Notification,
    evolve,
    notification_stream,
)
from domain.notification.relevance import no_longer_true

Facts = tuple[NotificationFact, ...]
Settled = dict[str, Facts]
"""By notification."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`code=None`: the other side accepted it. Its words are not kept: they may hold
    names. `broken`: nothing gets through there now, so the next channel does not wait.
    `only_them`: the other side works, but refuses this recipient for now.
    """

    code: str | None = None
    temporary: bool = False
    broken: bool = False
    only_them: bool = False


def still_true(
    bundle: Bundle,
    known: Mapping[str, Notification],
    tickets: Mapping[str, Sequence[Event]],
    now: datetime,
) -> tuple[Bundle, Settled]:
    """What is still to be sent; and what is dropped because it is no longer true, with
    the later messages of the same notification. If another message reached the person,
    only the retries are dropped.
    """
    true, dropped = list[Outgoing](), Settled()
    for one in bundle:
        notification = known[one.notification]
        if notification.messages[one.message].state != "waiting":
            continue
        events = tickets.get(notification.ticket_id, ())
        if reason := no_longer_true(events, notification, now):
            places = _ours(bundle, notification, now)
            dropped[notification.id] = drop(notification, places, reason)
        elif reason := spared(notification, one.message):
            facts = drop(notification, (one.message,), reason)
            dropped[notification.id] = (*dropped.get(notification.id, ()), *facts)
        else:
            true.append(one)
    return tuple(true), dropped


def _ours(bundle: Bundle, notification: Notification, now: datetime) -> tuple[int, ...]:
    """Without messages that are being sent by another channel at this moment."""
    mine = {one.message for one in bundle if one.notification == notification.id}
    return tuple(
        place
        for place in notification.waiting
        if place in mine or notification.messages[place].due_at > now
    )


def settle(
    bundle: Bundle, known: Mapping[str, Notification], outcome: Outcome, at: datetime
) -> Settled:
    """The outcome applies to each message that the first of the bundle carried."""
    settled = Settled()
    now = dict(known)
    for index, one in enumerate(bundle):
        notification = now[one.notification]
        if notification.messages[one.message].state != "waiting":
            continue
        carrier = bundle[0].notification if index else None
        facts = _facts(notification, one, outcome, at, carrier)
        for fact in facts:
            stream = notification_stream(notification.id)
            notification = evolve(notification, fact, at, stream)
        now[notification.id] = notification
        settled[notification.id] = (*settled.get(notification.id, ()), *facts)
    return settled


def _facts(
    notification: Notification,
    one: Outgoing,
    outcome: Outcome,
    at: datetime,
    carrier: str | None,
) -> Facts:
    if outcome.code is None:
        return sent(notification, one.message, at, carrier)
    return failed(
        notification,
        one.message,
        outcome.code,
        temporary=outcome.temporary,
        broken=outcome.broken,
        at=at,
    )
