"""Who hears of what: a subscription is a filter over the log and an address.

The secret that signs deliveries is not in the log (a log is for ever); it is kept
encrypted beside it and shown once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Literal

from domain.errors import FieldError, UnknownWordError
from domain.event import Event, Fact
from domain.nearest import did_you_mean

Format = Literal["thin", "full"]
FAMILIES = (
    "ticket",
    "sla",
    "escalation",
    "assignment",
    "approval",
    "feedback",
    "policy",
)
"""What may be subscribed to: what happens to tickets, which whoever reads the feed may
read too, and to policies. Keys and subscriptions are nobody's feed.
"""
QUIET = frozenset({"escalation.pinned", "sla.matched"})
"""They come with every ticket and tell a subscriber nothing: who names one gets it."""


@dataclass(frozen=True, kw_only=True)
class SubscriptionCreated(Fact):
    """`types`: event types, or a family as `sla.*`. Events after `from_position`."""

    topic: ClassVar[str] = "subscription.created"
    subscription_id: str
    url: str
    types: tuple[str, ...]
    format: Format
    from_position: int


@dataclass(frozen=True, kw_only=True)
class SubscriptionDeleted(Fact):
    topic: ClassVar[str] = "subscription.deleted"
    subscription_id: str


@dataclass(frozen=True, kw_only=True)
class Subscription:
    id: str
    url: str
    types: tuple[str, ...]
    format: Format
    from_position: int
    created_at: datetime
    created_by: str
    version: int = 1
    deleted: bool = False

    def wants(self, topic: str) -> bool:
        return wanted(topic, self.types)


@dataclass(frozen=True)
class Subscriptions:
    by_id: dict[str, Subscription] = field(default_factory=dict)

    @property
    def active(self) -> tuple[Subscription, ...]:
        return tuple(s for s in self.by_id.values() if not s.deleted)


def wanted(topic: str, types: Iterable[str]) -> bool:
    """Whether one of the types names this topic, or its family as `sla.*`."""
    family = topic.partition(".")[0]
    if topic in types:
        return family in FAMILIES
    return family in FAMILIES and topic not in QUIET and f"{family}.*" in types


def unknown_types(types: Iterable[str], topics: Iterable[str]) -> list[FieldError]:
    """A type that no event will ever have is a typing error; say which."""
    known = {t for t in topics if t.partition(".")[0] in FAMILIES}
    known |= {f"{family}.*" for family in FAMILIES}
    return [
        UnknownWordError(
            f"/types/{i}",
            f"there is no event type {t!r}{did_you_mean(t, sorted(known))}",
        )
        for i, t in enumerate(types)
        if t not in known
    ]


def subscription_stream(subscription_id: str) -> str:
    return f"subscriptions/{subscription_id}"


def fold_subscriptions(
    events: Iterable[Event], start: Subscriptions | None = None
) -> Subscriptions:
    by_id = dict(start.by_id) if start else {}
    for event in events:
        match event.fact:
            case SubscriptionCreated() as made:
                by_id[made.subscription_id] = Subscription(
                    id=made.subscription_id,
                    url=made.url,
                    types=made.types,
                    format=made.format,
                    from_position=made.from_position,
                    created_at=event.timestamp,
                    created_by=event.meta.actor.id,
                )
            case SubscriptionDeleted() as gone:
                by_id[gone.subscription_id] = replace(
                    by_id[gone.subscription_id],
                    deleted=True,
                    version=event.originator_version,
                )
            case _:
                pass
    return Subscriptions(by_id)
