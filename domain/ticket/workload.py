"""What tickets' way through hands does to what is known of everybody's load."""

from collections.abc import Iterable

from domain.assignment.facts import AssignmentOffered
from domain.escalation.facts import EscalationReassigned
from domain.event import Fact
from domain.lifecycle.facts import TicketAssigned
from domain.people.directory import Directory, Turn
from domain.ticket.ticket import Ticket

Move = tuple[Ticket | None, Ticket]
"""A ticket before and after; None: it was opened."""


def handed(directory: Directory, *moves: Move) -> Directory:
    """The directory as it is after these."""
    for before, after in moves:
        weights, turned = _weights(directory, before, after), _turned(before, after)
        if weights:
            directory = directory.moved(weights, after.updated_at)
        if turned:
            directory = directory.turned(turned)
    return directory


def moves_anything(move: Move) -> bool:
    """Whether hands or turns change by it."""
    before, after = move
    return bool(taken(before, after) or _freed(before, after) or _turned(before, after))


def taken(before: Ticket | None, after: Ticket) -> str | None:
    """Who has it, or is asked to take it, and did not before."""
    was = before.owner if before else None
    return after.owner if after.owner != was else None


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


def _freed(before: Ticket | None, after: Ticket) -> bool:
    return before is not None and before.owner != after.owner


def _weights(
    directory: Directory, before: Ticket | None, after: Ticket
) -> dict[str, int]:
    weights: dict[str, int] = {}
    for ticket, sign in ((before, -1), (after, 1)):
        if ticket is not None and (holder := ticket.owner) is not None:
            weight = directory.weight(ticket.team, ticket.channel)
            weights[holder] = weights.get(holder, 0) + sign * weight
    return {agent: weight for agent, weight in weights.items() if weight}


def _turned(before: Ticket | None, after: Ticket) -> dict[str, Turn]:
    known = before.turns if before else {}
    return {p: turn for p, turn in after.turns.items() if known.get(p) != turn}
