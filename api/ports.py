"""What the HTTP side needs beyond the use cases; `infra/` implements it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, Protocol

from activities.configuration_sources import Sources
from activities.delivery import Courier, Outbox
from activities.exports import Exporting
from activities.identity import CodeFlow, Sessions, TokenReader
from activities.notification.answer import Answering
from activities.notification.test_message import NotificationTest
from activities.ports import EventStore, NewId, Now, Publishing, Recorded, Registry
from activities.privacy import People
from activities.replay_check import ReplayCheck
from activities.restatement import Restating
from activities.retention import Retention
from activities.simulation import Simulating
from activities.tickets import TicketService
from api.event_types.schemas import EventType, event_types
from domain.audit.checkpoint import Published
from domain.audit.denials import Denial
from domain.audit.leaf import Leaf
from domain.audit.merkle import Range
from domain.event import Fact, Json
from domain.notification.notification import State
from domain.people.channels import Channel
from domain.subscription.subscription import Subscription
from domain.subscription.webhook import Secret


class BehindError(Exception):
    """The read model has not reached the position that the caller wants to see."""

    def __init__(self, position: int) -> None:
        super().__init__(f"position {position} has not been reached yet")


ClockWord = Literal[
    "running", "paused", "at_risk", "breached", "met", "missed", "cancelled"
]
"""What a ticket can be found by. `breached`: it is open, and a promise of it was
broken; `at_risk`: of a running promise was warned, or its end is near
(`Clock.at_risk_from`).
"""
TicketSort = Literal[
    "-opened_at", "opened_at", "-updated_at", "updated_at", "due_at", "-due_at",
    "-number", "number", "-priority", "priority",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TicketFilter:
    """Any value of one filter matches; all filters must match. `none` as a team, an
    assignee or a product area means that the ticket has none.
    """

    status: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    product_area: tuple[str, ...] = ()
    clock_state: tuple[ClockWord, ...] = ()
    number: tuple[int, ...] = ()
    promised: bool | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None
    updated_after: datetime | None = None
    due_before: datetime | None = None
    q: str | None = None
    sort: TicketSort = "-opened_at"


Grouping = Literal["policy", "metric", "team", "tier", "priority", "type"]


@dataclass(frozen=True, kw_only=True)
class Attained:
    """A clock counts when it was breached, otherwise when it stopped. `missed`: all
    breached clocks; `excused`: those of them whose breach was excused; `restated`:
    those that ended as met because of a change after the breach. The last two figures
    are not in `met` and `missed`: clocks without a verdict yet, and clocks that never
    get one. `elapsed`: of the clocks that have stopped.
    """

    name: str | None
    met: int
    missed: int
    excused: int
    restated: int
    open: int
    cancelled: int
    elapsed_p50: timedelta | None
    elapsed_p90: timedelta | None


class TicketList(Protocol):
    async def page(
        self, wanted: TicketFilter, limit: int, cursor: str | None
    ) -> tuple[list[Json], str | None]:
        """In the order asked for, and the cursor of the next page. Raises InvalidError
        for an invalid cursor, and BusyError where the question is too broad
        to be answered in time.
        """

    async def unpromised(self) -> Mapping[str, int]:
        """How many open tickets of each type have no promise."""

    async def id_of(self, number: int) -> str | None:
        """The id of the ticket that has this number."""

    async def wait_for(self, position: int, *, texts: bool = False) -> None:
        """Until the read model has seen this position, and with `texts` also the search
        for words; BehindError if that takes longer than a request should.
        """


@dataclass(frozen=True, kw_only=True)
class NotificationFilter:
    states: tuple[State, ...] = ()
    agent: str | None = None
    channel: Channel | None = None
    since: datetime | None = None


class NotificationPages(Protocol):
    async def page(
        self, wanted: NotificationFilter, limit: int, cursor: str | None
    ) -> tuple[list[str], str | None]:
        """Ids of notifications, the newest first, and the cursor of the next page.
        Raises InvalidError for an invalid cursor.
        """


class QueuePages(Protocol):
    async def page(
        self, team: str, limit: int, cursor: str | None
    ) -> tuple[list[Json], str | None]:
        """Who waits in a team's queue, the oldest first. Raises InvalidError for a
        cursor that is none of ours.
        """

    async def summary(self) -> list[Json]:
        """Of each team for which something waits: how much, and since when."""


class AttainmentTable(Protocol):
    async def shares(
        self, since: datetime, until: datetime, group_by: Grouping
    ) -> list[Attained]:
        """Of the clocks judged in [since, until): one line per group, by name, and the
        total at the end.
        """


class EventFeed(Protocol):
    async def read(
        self, after: int, limit: int, topics: Sequence[str] | None = None
    ) -> list[Recorded]: ...

    async def head(self) -> int: ...

    async def grown(self, at_most_s: float) -> None:
        """Until the log may have grown."""


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """All must hold; None: any. `actor`: who did it, in whose name, or the id of the
    key. `object`: a ticket's id, or the name of another stream. Recorded from `since`,
    inclusive, to `until`, exclusive.
    """

    topics: frozenset[str] | None = None
    actor: str | None = None
    object: str | None = None
    correlation_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = True


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """An event of any stream; `recorded` is None where this release cannot read it, and
    `unreadable` then says why.
    """

    position: int
    stream_id: str
    version: int
    topic: str
    recorded_at: datetime
    recorded: Recorded | None
    unreadable: str | None


class AuditPages(Protocol):
    async def page(
        self, wanted: AuditFilter, limit: int, cursor: int | None
    ) -> tuple[list[AuditEntry], int | None]:
        """From a position, exclusive, and the position from which to go on. A page may
        hold fewer than `limit`, also none, and still have a next one. Raises
        BehindError while the index is far behind the log.
        """


class DenialLog(Protocol):
    def denied(self, denial: Denial) -> None:
        """Noted at once, and recorded soon: nobody waits for it."""


class KeyUses(Protocol):
    """When each API key was last used, to within some minutes."""

    def used(self, key_id: str) -> None: ...

    async def last(self) -> Mapping[str, datetime]: ...


MOST_COUNTED = 10_000
"""Of the events that wait for a subscriber no more are counted."""


@dataclass(frozen=True)
class Standing:
    """The progress of a subscription. `held`: how many events wait, at most
    `MOST_COUNTED`; `oldest`: when the first of them was recorded. `failures`: in a row.
    """

    held: int
    oldest: datetime | None
    last_success_at: datetime | None
    failing_since: datetime | None
    failures: int
    next_try_at: datetime | None
    last_failure: str | None


class SubscriptionBook(Outbox, Protocol):
    """Webhook secrets, sealed at rest; and what was tried with them."""

    async def standing(self, subscription: Subscription) -> Standing: ...

    async def keep_secret(self, subscription_id: str, secret: str) -> None: ...

    async def reveal(self, subscription_id: str) -> str | None: ...

    async def deliveries(
        self, subscription_id: str, before: int | None, limit: int
    ) -> list[tuple[object, ...]]: ...


@dataclass(frozen=True)
class Part:
    """One part of the installation: what is wrong with it, if anything. `serves`: this
    process cannot serve without it. `heartbeat_s`: the age of its last heartbeat;
    `instances`: how many send one.
    """

    wrong: str | None
    serves: bool = False
    heartbeat_s: float | None = None
    instances: int | None = None
    free_bytes: int | None = None


class SealedLog(Protocol):
    """The tree over the log, and the log as it is now. Hashes are made of the stored
    tree, headers of the stored events: whoever compares them finds what was changed.
    """

    async def newest(self) -> Published | None:
        """The newest checkpoint; None if nothing was ever sealed."""
        ...

    async def index_of(self, tree: int, position: int) -> int | None:
        """The leaf of the event at this position, if it is stored."""
        ...

    async def position_of(self, tree: int, index: int) -> int | None:
        """The position of the event of this leaf, if it is stored."""
        ...

    async def position(self, tree: int) -> int:
        """Of the last leaf that is stored, perhaps newer than the checkpoint."""
        ...

    async def roots(self, tree: int, ranges: Sequence[Range]) -> list[bytes]:
        """Of these ranges of leaves."""
        ...

    async def event(self, position: int, index: int) -> Leaf | None:
        """The header of the event as it is in the log now."""
        ...

    async def events(self, after: int, index: int, limit: int) -> list[Leaf]:
        """The headers of the events behind this position, as they are in the log now;
        the first gets this index.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the routes call. `parts` names each part of the installation.
    `notes`: what is not set up, which keeps nothing from being served.
    `personal_secret`: of an agent, by the version that their document names;
    `calendar_secret`: by the version of the URL. `public_url`: where people reach the
    API, without a slash at its end. `facts`: what may happen, by event type. `tokens`,
    `code_flow`: None where no identity provider is set up for them. `witness_keys`:
    C2SP verifier keys of who is asked to cosign.
    """

    store: EventStore
    registry: Registry
    desk: TicketService
    restating: Restating
    simulating: Simulating
    exporting: Exporting
    retention: Retention
    tickets: TicketList
    people: People
    notifications: NotificationPages
    notification_test: NotificationTest
    answering: Answering
    queues: QueuePages
    attainment: AttainmentTable
    feed: EventFeed
    audit: AuditPages
    replay_check: ReplayCheck
    sealed: SealedLog
    witness_keys: Sequence[str]
    secrets: SubscriptionBook
    courier: Courier
    key_uses: KeyUses
    denials: DenialLog
    tokens: TokenReader | None
    code_flow: CodeFlow | None
    sessions: Sessions
    sources: Sources
    facts: Mapping[str, type[Fact]]
    now: Now
    new_id: NewId
    new_secret: Callable[[], str]
    personal_secret: Callable[[str, int], Secret]
    calendar_secret: Callable[[str, int], str]
    public_url: str
    new_key: Callable[[], str]
    next_number: Callable[[], Awaitable[int]]
    check_url: Callable[[str], str | None]
    parts: Callable[[], Awaitable[dict[str, Part]]]
    notes: Sequence[str]
    metrics: Callable[[], bytes]
    publishing: Publishing
    running: set[str] = field(default_factory=set)

    @property
    def topics(self) -> Sequence[str]:
        return tuple(self.facts)

    @cached_property
    def event_types(self) -> Sequence[EventType]:
        """Made when first asked for: it takes a tenth of a second."""
        return event_types(self.facts)
