"""Subscriptions: a filter over the log and an address.

The secret that signs deliveries is not in the log (a log is for ever); it is stored
encrypted beside it and shown once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from domain.errors import FieldError, RuleError, UnknownWordError
from domain.event import Actor, Event, Fact
from domain.nearest import did_you_mean
from domain.people.directory import Team

Format = Literal["thin", "full"]
State = Literal["active", "paused", "disabled"]
Held = Literal["all", "newest", "skip"]
FAMILIES = (
    "ticket",
    "sla",
    "escalation",
    "assignment",
    "approval",
    "feedback",
    "policy",
    "subject",
)
"""What may be subscribed to: events of tickets, which everybody who reads the feed may
read too, of policies, and of what is done with a person's data, which holds nothing
personal. Events of keys and subscriptions are in no feed."""
QUIET = frozenset({"escalation.pinned", "sla.matched"})
"""They come with every ticket and are useless for most subscribers: delivered only if
named."""


@dataclass(frozen=True, kw_only=True)
class SubscriptionCreated(Fact):
    """`types`: event types, or a family, for example `sla.*`. Events after
    `from_position`. `team`: whose members own it as well. `personal`: personal fields
    are sent in the clear, because whoever subscribed may see them.
    """

    topic: ClassVar[str] = "subscription.created"
    subscription_id: str
    url: str
    types: tuple[str, ...]
    format: Format
    from_position: int
    team: str | None = None
    personal: bool = True


@dataclass(frozen=True, kw_only=True)
class SubscriptionChanged(Fact):
    """All of it as it is from now on; types that are new begin after `position`.
    `personal`: whoever changed it may see personal fields.
    """

    topic: ClassVar[str] = "subscription.changed"
    subscription_id: str
    url: str
    types: tuple[str, ...]
    format: Format
    team: str | None
    position: int
    personal: bool = True


@dataclass(frozen=True, kw_only=True)
class SubscriptionPaused(Fact):
    topic: ClassVar[str] = "subscription.paused"
    subscription_id: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class SubscriptionDisabled(Fact):
    """The endpoint said that it is gone for good."""

    topic: ClassVar[str] = "subscription.disabled"
    subscription_id: str
    status_code: int


@dataclass(frozen=True, kw_only=True)
class SubscriptionResumed(Fact):
    """What happens to the events up to `position` that were `held` back: `all` are
    delivered, of each subject the `newest`, or none (`skip`).
    """

    topic: ClassVar[str] = "subscription.resumed"
    subscription_id: str
    held: Held
    position: int


@dataclass(frozen=True, kw_only=True)
class SubscriptionRetried(Fact):
    """Somebody requested a try now, whatever the pause after the last one."""

    topic: ClassVar[str] = "subscription.retried"
    subscription_id: str


@dataclass(frozen=True, kw_only=True)
class SubscriptionDeleted(Fact):
    topic: ClassVar[str] = "subscription.deleted"
    subscription_id: str


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """`since`: the positions after which types begin that were added later.
    `newest_until`: up to there only the newest event of each subject is delivered.
    `state_reason`: for `paused` the person's reason, for `disabled` the endpoint's
    answer.
    """

    id: str
    url: str
    types: tuple[str, ...]
    format: Format
    from_position: int
    created_at: datetime
    maker: Actor
    team: str | None = None
    personal: bool = True
    since: Mapping[str, int] = field(default_factory=dict)
    newest_until: int = 0
    state: State = "active"
    state_reason: str | None = None
    version: int = 1
    deleted: bool = False

    @property
    def delivers(self) -> bool:
        return not self.deleted and self.state == "active"

    def wants(self, topic: str, position: int) -> bool:
        begun = [t for t in self.types if self.since.get(t, 0) < position]
        return position > self.from_position and wanted(topic, begun)

    def belongs_to(self, actor: Actor, teams: Mapping[str, Team]) -> bool:
        """Whether they created it, or are of its team. A key created under the name of
        a revoked one takes its place.
        """
        if (actor.id, actor.kind) == (self.maker.id, self.maker.kind):
            return True
        team = teams.get(self.team or "")
        if team is None or actor.kind != "agent":
            return False
        return actor.id in (*team.members, team.lead)


@dataclass(frozen=True)
class Subscriptions:
    by_id: dict[str, Subscription] = field(default_factory=dict)

    @property
    def there(self) -> tuple[Subscription, ...]:
        return tuple(s for s in self.by_id.values() if not s.deleted)


def resume(known: Subscription, held: Held, position: int) -> SubscriptionResumed:
    """Raises RuleError."""
    if known.state == "active":
        raise RuleError("the subscription is active: there is nothing to resume")
    return SubscriptionResumed(subscription_id=known.id, held=held, position=position)


def pause(known: Subscription, reason: str | None) -> SubscriptionPaused:
    """Raises RuleError."""
    if known.state != "active":
        raise RuleError(f"the subscription is {known.state} already")
    return SubscriptionPaused(subscription_id=known.id, reason=reason)


def retry(known: Subscription) -> SubscriptionRetried:
    """Raises RuleError."""
    if known.state != "active":
        raise RuleError(f"the subscription is {known.state}: resume it")
    return SubscriptionRetried(subscription_id=known.id)


def wanted(topic: str, types: Iterable[str]) -> bool:
    """Whether one of the types is this topic, or its family, for example `sla.*`."""
    family = topic.partition(".")[0]
    if topic in types:
        return family in FAMILIES
    return family in FAMILIES and topic not in QUIET and f"{family}.*" in types


def unknown_types(types: Iterable[str], topics: Iterable[str]) -> list[FieldError]:
    """A type that no event will ever have is a typing error; the error names it."""
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
                    maker=event.meta.actor,
                    team=made.team,
                    personal=made.personal,
                )
            case (
                SubscriptionChanged()
                | SubscriptionPaused()
                | SubscriptionDisabled()
                | SubscriptionResumed()
                | SubscriptionRetried()
                | SubscriptionDeleted()
            ) as fact:
                known = replace(
                    by_id[fact.subscription_id], version=event.originator_version
                )
                by_id[known.id] = _after(known, fact)
            case _:
                pass
    return Subscriptions(by_id)


def _after(known: Subscription, fact: Fact) -> Subscription:
    match fact:
        case SubscriptionChanged():
            new = dict.fromkeys(set(fact.types) - set(known.types), fact.position)
            kept = {t: at for t, at in known.since.items() if t in fact.types}
            return replace(
                known,
                url=fact.url,
                types=fact.types,
                format=fact.format,
                team=fact.team,
                personal=fact.personal,
                since=kept | new,
            )
        case SubscriptionPaused():
            return replace(known, state="paused", state_reason=fact.reason)
        case SubscriptionDisabled():
            why = f"the endpoint answered {fact.status_code}"
            return replace(known, state="disabled", state_reason=why)
        case SubscriptionResumed():
            return _resumed(known, fact)
        case SubscriptionDeleted():
            return replace(known, deleted=True)
        case _:
            return known


def _resumed(known: Subscription, fact: SubscriptionResumed) -> Subscription:
    known = replace(known, state="active", state_reason=None)
    match fact.held:
        case "skip":
            return replace(known, from_position=fact.position)
        case "newest":
            return replace(known, newest_until=fact.position)
        case "all":
            return known


SubscriptionFact: TypeAlias = (
    SubscriptionCreated
    | SubscriptionChanged
    | SubscriptionPaused
    | SubscriptionDisabled
    | SubscriptionResumed
    | SubscriptionRetried
    | SubscriptionDeleted
)
