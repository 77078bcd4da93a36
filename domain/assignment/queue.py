"""A ticket's place in the queue of a team, folded; and what comes due there.

There is none while the ticket has an assignee, and none once it is finished.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.assignment.facts import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentFact,
    AssignmentOffered,
    AssignmentOfferExpired,
    AssignmentOverflowed,
    AssignmentQueued,
    AssignmentRelaxed,
    AssignmentRevoked,
    AssignmentUnanswered,
    AssignmentWaiting,
)
from domain.copies import replace
from domain.people.candidate import Candidate


@dataclass(frozen=True, kw_only=True)
class Offer:
    agent: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Ended:
    """It was offered often enough; `team_version`: version of the team's rules then."""

    team_version: int | None


@dataclass(frozen=True, kw_only=True)
class Queue:
    """`asked`: who declined in this round, or did not answer, in words; `round_ends`:
    from when on they are asked again. `waiting`: why nobody is asked now. `version`: of
    the event that changed it last. `candidates`: the last recorded entry of each.
    `ended`: nobody took it in any round.
    """

    team: str
    preferred_skills: dict[str, int]
    relax_at: datetime | None
    overflow_at: datetime | None
    overflow_to: str | None
    version: int
    asked: dict[str, str] = field(default_factory=dict)
    offer: Offer | None = None
    waiting: str | None = None
    again_at: datetime | None = None
    round_ends: datetime | None = None
    round: int = 1
    candidates: tuple[Candidate, ...] = ()
    ended: Ended | None = None

    def unsaid(self, found: Iterable[Candidate]) -> tuple[Candidate, ...]:
        """Of these, who is chosen, and the entries not recorded yet."""
        return tuple(c for c in found if c.chosen or c not in self.candidates)


def queued(fact: AssignmentQueued, version: int) -> Queue:
    return Queue(
        team=fact.team,
        preferred_skills=fact.preferred_skills,
        relax_at=fact.relax_at,
        overflow_at=fact.overflow_at,
        overflow_to=fact.overflow_to,
        version=version,
    )


def evolve(  # noqa: C901, PLR0911 - one case a fact
    queue: Queue, fact: AssignmentFact, version: int
) -> Queue:
    moved = replace(queue, version=version)
    match fact:
        case AssignmentOffered():
            return _offered(moved, fact)
        case AssignmentDeclined():
            return _answered(moved, fact.agent, f"declined: {fact.reason}")
        case AssignmentOfferExpired():
            return _answered(moved, fact.agent, "did not answer")
        case AssignmentRevoked():
            return replace(moved, offer=None)
        case AssignmentWaiting():
            return replace(
                moved,
                waiting=fact.reason,
                again_at=fact.again_at,
                round_ends=fact.round_ends,
                candidates=_known(queue, fact.candidates),
            )
        case AssignmentUnanswered():
            return replace(
                moved,
                waiting=fact.reason,
                again_at=fact.again_at,
                round_ends=fact.round_ends,
                candidates=_known(queue, fact.candidates),
                ended=Ended(team_version=fact.team_version),
            )
        case AssignmentRelaxed():
            return replace(
                moved, preferred_skills=fact.preferred_skills, relax_at=fact.relax_at
            )
        case AssignmentQueued() | AssignmentAccepted() | AssignmentOverflowed():
            return moved


def _offered(queue: Queue, fact: AssignmentOffered) -> Queue:
    """With the first round of a new series the end of the last one is cleared."""
    return replace(
        queue,
        offer=Offer(agent=fact.agent, expires_at=fact.expires_at),
        asked={} if fact.again else queue.asked,
        waiting=None,
        again_at=None,
        round_ends=None,
        round=fact.round,
        candidates=_known(queue, fact.candidates),
        ended=None if fact.again and fact.round == 1 else queue.ended,
    )


def _known(queue: Queue, said: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The newest of each."""
    newer = {candidate.agent for candidate in said}
    return (*(c for c in queue.candidates if c.agent not in newer), *said)


def _answered(queue: Queue, agent: str, answer: str) -> Queue:
    return replace(queue, offer=None, asked={**queue.asked, agent: answer})
