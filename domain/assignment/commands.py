"""What people and the queue of a team ask of a ticket's assignment."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class AcceptOffer:
    agent: str


@dataclass(frozen=True, kw_only=True)
class DeclineOffer:
    agent: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OfferNext:
    """Somebody may be free now. It changes nothing while an offer is open."""


@dataclass(frozen=True, kw_only=True)
class RevokeOffer:
    """Take from an agent who is away the ticket, its offer, or the decision on its
    approvals; not if they are back, or if a person assigned it to them after `since`.
    """

    agent: str
    since: datetime


OfferCommand = AcceptOffer | DeclineOffer | OfferNext | RevokeOffer
