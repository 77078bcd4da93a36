"""The assignment of a ticket. It is here because two concepts record it that must not
import each other: the lifecycle for a command, assignment for an offer that was
accepted.
"""

from dataclasses import dataclass
from typing import ClassVar

from domain.event import Fact
from domain.people.candidate import Candidate


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Fact):
    """`candidates`: if a rule chose, among whom and why. `turn`: the place of the round
    robin that advanced.
    """

    topic: ClassVar[str] = "ticket.assigned"
    team: str | None
    agent: str | None
    reason: str | None
    candidates: tuple[Candidate, ...] = ()
    turn: str | None = None
