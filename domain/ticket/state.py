"""The ticket as its events left it. Nothing here is stored: it is always folded."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import NotFoundError
from domain.escalation.policy import EscalationPolicy
from domain.escalation.run import Run
from domain.event import Json, PolicyRef
from domain.sla.clock import Clock
from domain.ticket.facts import Channel, Customer, Priority, Status


@dataclass(frozen=True, kw_only=True)
class Pause:
    reason: str
    since: datetime
    until: datetime | None


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
    team: str | None = None
    assignee: str | None = None
    acknowledged_by: str | None = None
    answered_at: datetime | None = None
    """When an agent first wrote to the customer."""
    pause: Pause | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopen_count: int = 0
    message_count: int = 0
    feedback_count: int = 0
    clocks: tuple[Clock, ...] = ()
    runs: tuple[Run, ...] = ()
    ladders: tuple[EscalationPolicy, ...] = ()

    def ladder(self, ref: PolicyRef) -> EscalationPolicy:
        """The pinned escalation policy of this name and version."""
        for policy in self.ladders:
            if (policy.ref.name, policy.ref.version) == (ref.name, ref.version):
                return policy
        raise NotFoundError("pinned escalation policy", f"{ref.name}@{ref.version}")

    @property
    def finished(self) -> bool:
        return self.status in ("resolved", "closed")


def match_inputs(ticket: Ticket) -> dict[str, str]:
    """What SLA rules may ask about this ticket."""
    return {
        "type": ticket.type,
        "channel": ticket.channel,
        "tier": ticket.customer.tier,
        "priority": ticket.priority,
    }
