"""Commands of people and of the queue of a team to assign a ticket."""

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
    """Take the ticket, its offer, or the decision on its approvals from an agent who is
    away; not if they are back, or if a person assigned it to them after `since`.
    """

    agent: str
    since: datetime


OfferCommand = AcceptOffer | DeclineOffer | OfferNext | RevokeOffer
