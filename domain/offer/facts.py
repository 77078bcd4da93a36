"""What happens to a ticket on the way to somebody's hands.

Every instant that something is due by is in the facts: folding needs no team document.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from domain.choosing import Candidate
from domain.event import Fact


@dataclass(frozen=True, kw_only=True)
class AssignmentQueued(Fact):
    """`queued_at`: when it was queued first; it survives going to other teams and
    hands. `wished`: skills beyond the required, the lowest last.
    """

    topic: ClassVar[str] = "assignment.queued"
    team: str
    queued_at: datetime
    reason: str
    wished: dict[str, int]
    relax_at: datetime | None
    overflow_at: datetime | None
    overflow_to: str | None


@dataclass(frozen=True, kw_only=True)
class AssignmentOffered(Fact):
    """`again`: everybody was asked, and it begins anew. `turn`: the place of a round
    robin that went on with this.
    """

    topic: ClassVar[str] = "assignment.offered"
    team: str
    agent: str
    strategy: str
    expires_at: datetime
    candidates: tuple[Candidate, ...]
    again: bool = False
    turn: str | None = None


@dataclass(frozen=True, kw_only=True)
class AssignmentAccepted(Fact):
    topic: ClassVar[str] = "assignment.accepted"
    agent: str


@dataclass(frozen=True, kw_only=True)
class AssignmentDeclined(Fact):
    topic: ClassVar[str] = "assignment.declined"
    agent: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssignmentOfferExpired(Fact):
    topic: ClassVar[str] = "assignment.offer_expired"
    agent: str


@dataclass(frozen=True, kw_only=True)
class AssignmentWaiting(Fact):
    """Nobody can be asked now. `again_at`: when it is tried by itself; None: when
    something changes. `round_ends`: from when on those who said no are asked anew, if
    somebody did.
    """

    topic: ClassVar[str] = "assignment.waiting"
    team: str
    reason: str
    again_at: datetime | None
    candidates: tuple[Candidate, ...]
    round_ends: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AssignmentRelaxed(Fact):
    """A skill is insisted on no more; `relax_at`: when the next one is dropped."""

    topic: ClassVar[str] = "assignment.relaxed"
    team: str
    dropped: str
    wished: dict[str, int]
    relax_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AssignmentOverflowed(Fact):
    topic: ClassVar[str] = "assignment.overflowed"
    from_team: str
    to_team: str


@dataclass(frozen=True, kw_only=True)
class AssignmentWithdrawn(Fact):
    """From somebody who cannot work on it. `held`: an offer, or the ticket itself."""

    topic: ClassVar[str] = "assignment.withdrawn"
    agent: str
    held: Literal["offer", "ticket"]
    reason: str
