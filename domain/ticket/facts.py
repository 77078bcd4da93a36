"""What can happen to a ticket itself."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from domain.event import Fact, Json

Status = Literal["open", "pending", "on_hold", "resolved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")
Channel = Literal[
    "email", "web", "api", "phone", "chat", "social",
    "messaging", "forum", "face_to_face", "video", "bot",
]  # fmt: skip
AuthorKind = Literal["customer", "agent", "bot", "system"]
Visibility = Literal["public", "internal"]


@dataclass(frozen=True, kw_only=True)
class Customer:
    external_id: str
    name: str | None = None
    tier: str = "standard"
    contacts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Author:
    kind: AuthorKind
    id: str


@dataclass(frozen=True, kw_only=True)
class TicketOpened(Fact):
    topic: ClassVar[str] = "ticket.opened"
    number: int
    subject: str
    body: str
    channel: Channel
    type: str
    priority: Priority
    customer: Customer
    product_area: str | None
    tags: tuple[str, ...]
    attributes: Json


@dataclass(frozen=True, kw_only=True)
class TicketMessageAdded(Fact):
    topic: ClassVar[str] = "ticket.message_added"
    author: Author
    body: str
    visibility: Visibility


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Fact):
    topic: ClassVar[str] = "ticket.assigned"
    team: str | None
    agent: str | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class TicketAcknowledged(Fact):
    topic: ClassVar[str] = "ticket.acknowledged"
    by: str


@dataclass(frozen=True, kw_only=True)
class TicketPaused(Fact):
    """`until`: goes on by itself then."""

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
class TicketUpdated(Fact):
    """Fields without a story of their own; `old` and `new` have the same keys."""

    topic: ClassVar[str] = "ticket.updated"
    old: Json
    new: Json


@dataclass(frozen=True, kw_only=True)
class TicketResolved(Fact):
    topic: ClassVar[str] = "ticket.resolved"
    code: str | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class TicketClosed(Fact):
    topic: ClassVar[str] = "ticket.closed"


@dataclass(frozen=True, kw_only=True)
class TicketReopened(Fact):
    topic: ClassVar[str] = "ticket.reopened"
    reason: str


@dataclass(frozen=True, kw_only=True)
class FeedbackCaptured(Fact):
    """What the customer said about the product, for the team that makes it."""

    topic: ClassVar[str] = "feedback.captured"
    feedback_id: str
    text: str
    kind: str
    product_area: str | None
    severity: str | None
