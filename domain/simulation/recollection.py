"""What a history records of choices: who was chosen, and the load of each candidate.
The histories of other tickets are not available in a replay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.assignment.facts import AssignmentOffered, AssignmentWaiting
from domain.assignment.ranking import chosen_of
from domain.escalation.facts import (
    EscalationReassigned,
    EscalationReassignmentFailed,
    EscalationStepFired,
)
from domain.event import Event, Fact
from domain.people.candidate import Candidate
from domain.people.directory import Remembered
from domain.people.facts import TicketAssigned
from domain.ticket.world import World


@dataclass
class _Instant:
    """`loads`: the last known ones. `waiting`: teams in which other tickets came
    first.
    """

    loads: Mapping[str, int]
    chosen: dict[str, str | None] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


class Recollection:
    """`changed_teams`: teams of which only the loads are remembered, because the draft
    changes their members or rules, and so their choices.
    """

    def __init__(self, events: Sequence[Event], changed_teams: frozenset[str]) -> None:
        self._changed_teams = changed_teams
        self._instants: dict[datetime, _Instant] = {}
        loads: dict[str, int] = {}
        for event in events:
            found = _candidates(event.fact)
            if not found and not isinstance(event.fact, _CHOICES):
                continue
            loads = loads | {c.agent: c.load for c in found}
            instant = self._instants.setdefault(event.timestamp, _Instant(loads))
            instant.loads = loads
            instant.chosen |= _chosen(event)
            if isinstance(event.fact, AssignmentWaiting) and not found:
                instant.waiting[event.fact.team] = 2

    def recalled(self, world: World, at: datetime) -> World:
        """With what was known at this instant."""
        instant = self._instants.get(at)
        if instant is None:
            return world
        directory = replace(
            world.directory,
            loads={**world.directory.loads, **instant.loads},
            waiting=instant.waiting,
            remembered=Remembered(
                chosen=instant.chosen, changed_teams=self._changed_teams
            ),
        )
        return world.having(directory)


_CHOICES = (AssignmentWaiting, EscalationStepFired)


def _candidates(fact: Fact) -> Sequence[Candidate]:
    """Every fact that records a choice has its candidates by this name."""
    found: Sequence[Candidate] = getattr(fact, "candidates", ())
    return found


def _chosen(event: Event) -> dict[str, str | None]:
    """By the places where it was asked."""
    fact, found = event.fact, _candidates(event.fact)
    one = chosen_of(tuple(found))
    agent = one.agent if one else None
    match fact:
        case AssignmentOffered() | AssignmentWaiting() | TicketAssigned():
            return {f"team/{fact.team}": agent} if found else {}
        case EscalationReassigned() | EscalationReassignmentFailed():
            escalation_policy = event.meta.policy.name if event.meta.policy else ""
            return {f"{escalation_policy}/{fact.step}/reassign": agent}
        case EscalationStepFired():
            return {**fact.turns, **fact.picked}
        case _:
            return {}
