"""What happens to a ticket until it is assigned.

All instants at which something is due are in the facts: folding needs no team document.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from domain.event import Fact
from domain.people.candidate import Candidate


@dataclass(frozen=True, kw_only=True)
class AssignmentQueued(Fact):
    """`queued_at`: when it was queued first; other teams and agents do not change it.
    `preferred_skills`: skills beyond the required, the lowest last.
    """

    topic: ClassVar[str] = "assignment.queued"
    team: str
    queued_at: datetime
    reason: str
    preferred_skills: dict[str, int]
    relax_at: datetime | None
    overflow_at: datetime | None
    overflow_to: str | None


@dataclass(frozen=True, kw_only=True)
class AssignmentOffered(Fact):
    """`again`: everybody was asked, and the next round begins. `round`: its number,
    from 1. `turn`: the place of the round robin that advanced. `candidates`: who is
    chosen, and those whose entry differs from their last one in this queue.
    """

    topic: ClassVar[str] = "assignment.offered"
    team: str
    agent: str
    strategy: str
    expires_at: datetime
    candidates: tuple[Candidate, ...]
    again: bool = False
    turn: str | None = None
    round: int = 1


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
    """Nobody can be asked now. `again_at`: when it is tried again by time alone; None:
    when something changes. `round_ends`: from when on those who declined are asked
    again, if somebody did. `candidates`: as in `AssignmentOffered`.
    """

    topic: ClassVar[str] = "assignment.waiting"
    team: str
    reason: str
    again_at: datetime | None
    candidates: tuple[Candidate, ...]
    round_ends: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AssignmentUnanswered(Fact):
    """All available members were asked `rounds` times, and nobody took it: from now on
    it waits. `lead`: the team's lead, who is notified. `again_at`: when somebody of the
    team becomes available; None: when something changes. `round_ends`: when the next
    shift begins, with which all are asked once more. `team_version`: version of the
    team's rules then; with another version the rounds start again.
    """

    topic: ClassVar[str] = "assignment.unanswered"
    team: str
    reason: str
    rounds: int
    lead: str | None
    again_at: datetime | None
    round_ends: datetime | None
    team_version: int | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class AssignmentRelaxed(Fact):
    """A preferred skill is dropped; `relax_at`: when the next one is dropped."""

    topic: ClassVar[str] = "assignment.relaxed"
    team: str
    dropped: str
    preferred_skills: dict[str, int]
    relax_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AssignmentOverflowed(Fact):
    topic: ClassVar[str] = "assignment.overflowed"
    from_team: str
    to_team: str


@dataclass(frozen=True, kw_only=True)
class AssignmentRevoked(Fact):
    """Taken from somebody who cannot work on it. `held`: an offer, or the ticket
    itself.
    """

    topic: ClassVar[str] = "assignment.revoked"
    agent: str
    held: Literal["offer", "ticket"]
    reason: str


AssignmentFact: TypeAlias = (
    AssignmentQueued
    | AssignmentOffered
    | AssignmentAccepted
    | AssignmentDeclined
    | AssignmentOfferExpired
    | AssignmentWaiting
    | AssignmentUnanswered
    | AssignmentRelaxed
    | AssignmentOverflowed
    | AssignmentRevoked
)
