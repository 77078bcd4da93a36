"""Which message goes first, and which go together.

Order as in GoAlert (ESC-086): the first alert about a ticket before everything else,
then what a person waits for, then further alerts about the same. So 300 alerts about
one ticket do not delay the first alert about another. What is due at one destination at
one time goes as one message (ESC-089); the first alert does not wait for others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from domain.notification.rate_limits import LIMITS, next_token, taken
from domain.people.channels import Channel, Urgency

Kind = Literal[
    "first_alert",
    "verification",
    "test",
    "on_call_change",
    "further_alert",
    "status_update",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
NEVER = datetime.min.replace(tzinfo=UTC)
LARGEST_BUNDLE = 100
MOST_OF_ONE_TICKET, OF_ONE_TICKET_WITHIN = 3, timedelta(minutes=1)
"""At most this many messages about one ticket go to one address within this time."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message that is due. `destination`: equal for equal addresses. `subject`: the
    ticket it is about. `told_at`, `served_at`: when the person and the subject last had
    a message. `repeats`: escalations and watched tickets, which send much the same
    message again.
    """

    notification: str
    message: int
    person: str
    channel: Channel
    target: str | None
    destination: str
    subject: str
    due_at: datetime
    urgency: Urgency = "high"
    kind: Kind = "first_alert"
    repeats: bool = False
    told_at: datetime = NEVER
    served_at: datetime = NEVER


@dataclass(frozen=True, kw_only=True)
class SentRecord:
    """One message that was sent to a destination, and the tickets that it was about.
    `full_at`: when the destination's bucket of tokens is full again.
    """

    destination: str
    person: str
    tickets: tuple[str, ...]
    at: datetime
    full_at: datetime


Bundle = tuple[Outgoing, ...]
"""One message to send; the first of the bundle carries the others."""


def in_order(waiting: Iterable[Outgoing]) -> list[Outgoing]:
    """Ties: who was notified longest ago, which subject had a message longest ago, what
    is due first; finally the id, so that the order is always the same.
    """
    return sorted(
        waiting,
        key=lambda m: (
            KINDS.index(m.kind),
            m.urgency == "low",
            m.told_at,
            m.served_at,
            m.due_at,
            m.notification,
            m.message,
        ),
    )


def bundles(ordered: Sequence[Outgoing]) -> list[Bundle]:
    """By person and destination, each bundle in the place of its first message. What
    exceeds the largest bundle waits for the next.
    """
    found: dict[tuple[str, str], list[Outgoing]] = {}
    for message in ordered:
        found.setdefault((message.person, message.destination), []).append(message)
    return [tuple(group[:LARGEST_BUNDLE]) for group in found.values()]


def since(message: Outgoing, spent: Iterable[SentRecord]) -> Outgoing:
    """The message, with what was sent recently taken into account."""
    notified, served, again = NEVER, NEVER, False
    for one in spent:
        mine, same = one.person == message.person, message.subject in one.tickets
        notified = max(notified, one.at) if mine else notified
        served = max(served, one.at) if same else served
        again = again or (mine and same)
    message = replace(message, told_at=notified, served_at=served)
    if message.kind != "first_alert":
        return message
    return replace(message, kind="further_alert") if again else message


def buckets(spent: Iterable[SentRecord]) -> dict[str, datetime]:
    """When each destination's bucket is full again."""
    full_at: dict[str, datetime] = {}
    for one in spent:
        before = full_at.get(one.destination, one.full_at)
        full_at[one.destination] = max(before, one.full_at)
    return full_at


def spaced(
    due: Iterable[Outgoing], spent: Sequence[SentRecord], now: datetime
) -> tuple[list[Outgoing], list[Outgoing]]:
    """The messages that may go now, and the postponed others. A postponed message is
    due when the address has had fewer messages about its ticket lately; those of
    parallel escalations, and repetitions, are then bundled.
    """
    calm, postponed = list[Outgoing](), list[Outgoing]()
    for message in due:
        lately = sorted(
            one.at
            for one in spent
            if one.destination == message.destination
            and message.subject in one.tickets
            and one.at > now - OF_ONE_TICKET_WITHIN
        )
        if message.repeats and len(lately) >= MOST_OF_ONE_TICKET:
            until = lately[-MOST_OF_ONE_TICKET] + OF_ONE_TICKET_WITHIN
            postponed.append(replace(message, due_at=until))
        else:
            calm.append(message)
    return calm, postponed


def within_limits(
    waiting: Sequence[Bundle], spent: Iterable[SentRecord], now: datetime
) -> tuple[list[Bundle], list[Outgoing]]:
    """The messages that may go now, and the postponed others, each due when there is a
    token for it.
    """
    full_at = buckets(spent)
    within, postponed = list[Bundle](), list[Outgoing]()
    for bundle in waiting:
        limit, destination = LIMITS[bundle[0].channel], bundle[0].destination
        until = next_token(limit, full_at.get(destination), now)
        if until <= now:
            within.append(bundle)
            full_at[destination] = taken(limit, full_at.get(destination), now)
        else:
            postponed += [replace(one, due_at=until) for one in bundle]
    return within, postponed
