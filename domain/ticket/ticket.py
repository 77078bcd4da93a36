"""The ticket as its events left it: always folded, never the source of truth."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.assignment.queue import Queue
from domain.authority.approval import Approval
from domain.errors import NotFoundError
from domain.escalation.pinning import lead_times
from domain.escalation.policy import EscalationPolicy
from domain.escalation.run import Run
from domain.event import Json, PolicyRef
from domain.lifecycle.facts import (
    AuthorKind,
    Channel,
    Customer,
    Priority,
    TicketDetails,
)
from domain.lifecycle.pause import PastPause, Pause
from domain.lifecycle.reply_author import ReplyAuthor
from domain.lifecycle.status import FINISHED, Status
from domain.people.directory import Turn
from domain.sla.clock import Clock
from domain.sla.decision import Decision, Promise
from domain.sla.forecast import Lead
from domain.sla.reply import Replies


@dataclass(frozen=True, kw_only=True)
class Merged:
    """When it was merged into another ticket, and what that ended."""

    at: datetime
    status: Status
    pause: Pause | None
    past_pauses: tuple[PastPause, ...]
    asked: int | None
    settled: bool
    queued_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    into_number: int | None
    into_customer: str | None


@dataclass(frozen=True, kw_only=True)
class Absorbed:
    """A ticket that was merged into this one, by the version of either. `asked`: what
    this one's customer had asked before.
    """

    ticket_id: str
    number: int
    at: datetime
    version: int
    up_to: int
    messages: int
    asked: int | None


@dataclass(frozen=True, kw_only=True)
class Ticket:
    id: str
    version: int
    number: int
    status: Status
    subject: str
    channel: Channel
    type: str
    priority: Priority
    customer: Customer
    opened_at: datetime
    updated_at: datetime
    product_area: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Json = field(default_factory=dict)
    personal_attributes: tuple[str, ...] = ()
    """The names of the attributes that are personal data."""
    team: str | None = None
    assignee: str | None = None
    assigned_at: datetime | None = None
    """When it was last assigned."""
    queue: Queue | None = None
    queued_at: datetime | None = None
    """When it was first queued since it was opened or reopened."""
    overflowed: tuple[str, ...] = ()
    """Teams that it overflowed from because nobody took it."""
    last_owner: str | None = None
    """The assignee before the current one."""
    turns: dict[str, Turn] = field(default_factory=dict)
    """By the place of a round robin: whose turn this ticket last was there."""
    acknowledged_by: str | None = None
    opened_by: AuthorKind = "customer"
    customer_wrote: bool = True
    """False on a ticket that an agent opened, as long as nobody waits for an answer."""
    reply_authors: tuple[ReplyAuthor, ...] = ()
    """Who answered the customer; a policy says which of them count."""
    asked: int | None = None
    """Version of the customer's last message that expects an answer."""
    settled: bool = False
    """It was finished after the customer had written: to finish is to answer."""
    merged_into: str | None = None
    merged: Merged | None = None
    absorbed: tuple[Absorbed, ...] = ()
    pause: Pause | None = None
    past_pauses: tuple[PastPause, ...] = ()
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopen_count: int = 0
    message_count: int = 0
    feedback_count: int = 0
    promises: tuple[Promise, ...] = ()
    """What the rules decided last; a clock starts when its condition holds."""
    decision: Decision | None = None
    clocks: tuple[Clock, ...] = ()
    runs: tuple[Run, ...] = ()
    watchers: tuple[str, ...] = ()
    escalation_policies: tuple[EscalationPolicy, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """Refunds and compensations, in the order of their requests."""

    def escalation_policy(self, ref: PolicyRef) -> EscalationPolicy:
        """The pinned escalation policy of this name and version."""
        for policy in self.escalation_policies:
            if (policy.ref.name, policy.ref.version) == (ref.name, ref.version):
                return policy
        raise NotFoundError("pinned escalation policy", f"{ref.name}@{ref.version}")

    def clock(self, key: str) -> Clock:
        """Raises NotFoundError."""
        for clock in self.clocks:
            if clock.key == key:
                return clock
        raise NotFoundError("clock", key)

    def run(self, key: str) -> Run:
        """The escalation of this clock that has not ended. Raises NotFoundError."""
        for run in self.runs:
            if run.clock == key and run.state != "ended":
                return run
        raise NotFoundError("escalation", key)

    def lead_times(self, escalation_policy: str | None) -> tuple[Lead, ...] | None:
        """Steps before the breach, by the version pinned last; None: this escalation
        policy is not pinned.
        """
        for policy in reversed(self.escalation_policies):
            if policy.ref.name == escalation_policy:
                return lead_times(policy)
        return None

    @property
    def details(self) -> TicketDetails:
        return TicketDetails(
            subject=self.subject,
            type=self.type,
            product_area=self.product_area,
            tags=self.tags,
            attributes=self.attributes,
            personal_attributes=self.personal_attributes,
        )

    def answered(self, replies: Replies) -> bool:
        """Whether the customer who had written ever got an answer that counts."""
        return self.settled or any(
            replies.count(reply_author) for reply_author in self.reply_authors
        )

    def awaiting(self, replies: Replies) -> bool:
        """Whether a message of the customer expects an answer and has none."""
        return self.asked is not None and not any(
            reply_author.last > self.asked and replies.count(reply_author)
            for reply_author in self.reply_authors
        )

    @property
    def owner(self) -> str | None:
        """The assignee, or whoever it is offered to: whose load it counts for. None,
        once it is finished.
        """
        if self.finished:
            return None
        offer = self.queue.offer if self.queue else None
        return offer.agent if offer else self.assignee

    @property
    def finished(self) -> bool:
        return self.status in FINISHED
