"""Whom a rule gave work: rules, unlike people, must not go above anybody's capacity."""

from collections.abc import Iterable

from domain.assignment.facts import AssignmentOffered
from domain.escalation.facts import EscalationReassigned
from domain.event import Fact
from domain.people.facts import TicketAssigned


def given_by_rule(facts: Iterable[Fact]) -> frozenset[str]:
    """To whom rules gave something, or offered it."""
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
