"""Agents who get tickets by rule: rules respect capacities, people need not."""

from collections.abc import Iterable

from domain.assignment.facts import AssignmentOffered
from domain.escalation.facts import EscalationReassigned
from domain.event import Fact
from domain.people.facts import TicketAssigned


def given_by_rule(facts: Iterable[Fact]) -> frozenset[str]:
    """Who got a ticket, or an offer of it, by rule."""
    found: set[str] = set()
    for fact in facts:
        match fact:
            case AssignmentOffered(agent=agent) | EscalationReassigned(to_agent=agent):
                found.add(agent)
            case TicketAssigned(agent=str(agent), candidates=(_, *_)):
                found.add(agent)
            case _:
                pass
    return frozenset(found)
