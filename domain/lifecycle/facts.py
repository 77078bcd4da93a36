"""What can happen to a ticket itself."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, ClassVar, Literal, TypeAlias

from domain.event import Fact, Json, PolicyRef
from domain.lifecycle import words as ticket_words
from domain.lifecycle.reply_author import ReplyAuthor
from domain.people.facts import TicketAssigned
from domain.personal import Personal, PersonalValues, ValuesOf

Priority = ticket_words.Priority
PRIORITIES = ticket_words.PRIORITIES
Channel = ticket_words.Channel
AuthorKind = ticket_words.AuthorKind
Attributes = Annotated[Json, ValuesOf("personal_attributes")]
Visibility = ticket_words.Visibility


@dataclass(frozen=True, kw_only=True)
class Customer:
    external_id: str
    name: Personal[str | None] = None
    tier: str = "standard"
    contacts: PersonalValues[dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Author:
    """`role`: the author's role (`lead`, `specialist`), if known."""

    kind: AuthorKind
    id: str
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class SplitFrom:
    """The ticket that this one was split from, the message, and since when that ticket
    is open.
    """

    ticket_id: str
    version: int
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class TicketOpened(Fact):
    """`received_at`: when it was recorded, if the customer wrote earlier.
    `personal_attributes`: the names of the attributes that are personal data.
    """

    topic: ClassVar[str] = "ticket.opened"
    number: int
    subject: Personal[str]
    body: Personal[str]
    channel: Channel
    type: str
    priority: Priority
    customer: Customer
    product_area: str | None
    tags: tuple[str, ...]
    attributes: Attributes
    opened_by: AuthorKind = "customer"
    split_from: SplitFrom | None = None
    received_at: datetime | None = None
    personal_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TicketMessageAdded(Fact):
    """`channel` None: that of the ticket. `expects_reply`: a customer's "thanks" does
    not. `automatic`: no human wrote it (an out-of-office note, a receipt).
    """

    topic: ClassVar[str] = "ticket.message_added"
    author: Author
    body: Personal[str]
    visibility: Visibility
    channel: Channel | None = None
    expects_reply: bool = True
    automatic: bool = False


@dataclass(frozen=True, kw_only=True)
class TicketAcknowledged(Fact):
    topic: ClassVar[str] = "ticket.acknowledged"
    by: str


@dataclass(frozen=True, kw_only=True)
class TicketPaused(Fact):
    """`until`: it is resumed automatically then."""

    topic: ClassVar[str] = "ticket.paused"
    status: Literal["pending", "on_hold"]
    reason: str
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class TicketResumed(Fact):
    topic: ClassVar[str] = "ticket.resumed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketPriorityChanged(Fact):
    topic: ClassVar[str] = "ticket.priority_changed"
    old: Priority
    new: Priority
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketTierChanged(Fact):
    topic: ClassVar[str] = "ticket.tier_changed"
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class TicketDetails:
    """The properties of a ticket that have no event of their own when they change.
    `subject` None: of an update that did not change it; personal data is not repeated.
    """

    subject: Personal[str | None]
    type: str
    product_area: str | None
    tags: tuple[str, ...]
    attributes: Attributes
    personal_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TicketUpdated(Fact):
    """`changed`: the properties that have a new value."""

    topic: ClassVar[str] = "ticket.updated"
    changed: tuple[str, ...]
    old: TicketDetails
    new: TicketDetails


@dataclass(frozen=True, kw_only=True)
class TicketResolved(Fact):
    topic: ClassVar[str] = "ticket.resolved"
    code: str | None
    note: Personal[str | None]


@dataclass(frozen=True, kw_only=True)
class TicketClosed(Fact):
    topic: ClassVar[str] = "ticket.closed"


@dataclass(frozen=True, kw_only=True)
class TicketReopened(Fact):
    topic: ClassVar[str] = "ticket.reopened"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketWatched(Fact):
    """Somebody watches the ticket from now on."""

    topic: ClassVar[str] = "ticket.watched"
    person: str


@dataclass(frozen=True, kw_only=True)
class TicketMerged(Fact):
    """It was merged into another ticket, and is closed. `into_customer`: of that
    ticket, if it differs from this one's.
    """

    topic: ClassVar[str] = "ticket.merged"
    into: str
    into_number: int | None = None
    into_customer: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketAbsorbed(Fact):
    """Another ticket was merged into this one: its conversation, which stays in its own
    history up to `version`, and the wait of its customer. `messages`: how many were
    written there. `customer`: of that ticket, if it differs from this one's.
    """

    topic: ClassVar[str] = "ticket.absorbed"
    absorbed: str
    number: int
    version: int = 0
    messages: int = 0
    customer_wrote: bool = False
    awaits_reply: bool = False
    customer: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketUnmerged(Fact):
    """It is a separate ticket again, as before it was merged into `apart_from`.
    `replies`: who answered the customer there meanwhile.
    """

    topic: ClassVar[str] = "ticket.unmerged"
    apart_from: str
    number: int
    reason: str
    replies: tuple[ReplyAuthor, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TicketSeparated(Fact):
    """A ticket that was merged into this one is a separate ticket again."""

    topic: ClassVar[str] = "ticket.separated"
    separated: str
    number: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketSplit(Fact):
    """A message of this ticket became a separate ticket."""

    topic: ClassVar[str] = "ticket.split"
    version: int
    into: str
    number: int


@dataclass(frozen=True, kw_only=True)
class FeedbackCaptured(Fact):
    """What the customer said about the product, for the team that makes it."""

    topic: ClassVar[str] = "feedback.captured"
    feedback_id: str
    text: Personal[str]
    kind: str
    product_area: str | None
    severity: str | None


@dataclass(frozen=True, kw_only=True)
class TicketMacroRun(Fact):
    """The effects of this macro are in the events that it caused. `left_out`: what
    could not be done, and why.
    """

    topic: ClassVar[str] = "ticket.macro_run"
    macro: PolicyRef
    left_out: tuple[str, ...] = ()


LifecycleFact: TypeAlias = (
    TicketOpened
    | TicketMessageAdded
    | TicketAssigned
    | TicketAcknowledged
    | TicketPaused
    | TicketResumed
    | TicketPriorityChanged
    | TicketTierChanged
    | TicketUpdated
    | TicketResolved
    | TicketClosed
    | TicketReopened
    | TicketWatched
    | TicketMerged
    | TicketAbsorbed
    | TicketUnmerged
    | TicketSeparated
    | TicketSplit
    | FeedbackCaptured
    | TicketMacroRun
)
