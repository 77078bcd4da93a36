"""A ticket's place in the queue of a team, folded; and what comes due there.

There is none while somebody has the ticket, and none once it is finished.
"""

from dataclasses import dataclass, field
from datetime import datetime

from domain.copies import replace
from domain.event import Fact
from domain.offer.facts import (
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentOfferExpired,
    AssignmentQueued,
    AssignmentRelaxed,
    AssignmentWaiting,
    AssignmentWithdrawn,
)


@dataclass(frozen=True, kw_only=True)
class Offer:
    agent: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Queue:
    """`asked`: who said no in this round, or nothing, in words; `round_ends`: from when
    on they are asked anew. `waiting`: why nobody is asked now. `version`: of the event
    that left it so.
    """

    team: str
    wished: dict[str, int]
    relax_at: datetime | None
    overflow_at: datetime | None
    overflow_to: str | None
    version: int
    asked: dict[str, str] = field(default_factory=dict)
    offer: Offer | None = None
    waiting: str | None = None
    again_at: datetime | None = None
    round_ends: datetime | None = None


def queued(fact: AssignmentQueued, version: int) -> Queue:
    return Queue(
        team=fact.team,
        wished=fact.wished,
        relax_at=fact.relax_at,
        overflow_at=fact.overflow_at,
        overflow_to=fact.overflow_to,
        version=version,
    )


def evolve(  # noqa: PLR0911 - one case a fact
    queue: Queue, fact: Fact, version: int
) -> Queue:
    moved = replace(queue, version=version)
    match fact:
        case AssignmentOffered():
            offer = Offer(agent=fact.agent, expires_at=fact.expires_at)
            asked = {} if fact.again else queue.asked
            return replace(
                moved,
                offer=offer,
                asked=asked,
                waiting=None,
                again_at=None,
                round_ends=None,
            )
        case AssignmentDeclined():
            return _answered(moved, fact.agent, f"declined: {fact.reason}")
        case AssignmentOfferExpired():
            return _answered(moved, fact.agent, "did not answer")
        case AssignmentWithdrawn():
            return replace(moved, offer=None)
        case AssignmentWaiting():
            return replace(
                moved,
                waiting=fact.reason,
                again_at=fact.again_at,
                round_ends=fact.round_ends,
            )
        case AssignmentRelaxed():
            return replace(moved, wished=fact.wished, relax_at=fact.relax_at)
        case _:
            return moved


def _answered(queue: Queue, agent: str, answer: str) -> Queue:
    return replace(queue, offer=None, asked={**queue.asked, agent: answer})
