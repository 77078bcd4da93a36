"""How the load of agents changes when a ticket is assigned or offered."""

from domain.assignment.ports import AssignedTicket
from domain.people.directory import Directory, Turn

Move = tuple[AssignedTicket | None, AssignedTicket]
"""A ticket before and after; None: it was opened."""


def handed(directory: Directory, *moves: Move) -> Directory:
    """The directory with the loads and turns after these changes."""
    for before, after in moves:
        weights, turned = _weights(directory, before, after), _turned(before, after)
        if weights:
            directory = directory.moved(weights, after.updated_at)
        if turned:
            directory = directory.turned(turned)
    return directory


def moves_anything(move: Move) -> bool:
    """Whether it changes anybody's load, or a turn of a round robin."""
    before, after = move
    return bool(taken(before, after) or _freed(before, after) or _turned(before, after))


def taken(before: AssignedTicket | None, after: AssignedTicket) -> str | None:
    """Who has it, or its offer, after and not before; None: nobody new."""
    was = before.owner if before else None
    return after.owner if after.owner != was else None


def _freed(before: AssignedTicket | None, after: AssignedTicket) -> bool:
    return before is not None and before.owner != after.owner


def _weights(
    directory: Directory, before: AssignedTicket | None, after: AssignedTicket
) -> dict[str, int]:
    weights: dict[str, int] = {}
    for ticket, sign in ((before, -1), (after, 1)):
        if ticket is not None and (holder := ticket.owner) is not None:
            weight = directory.weight(ticket.team, ticket.channel)
            weights[holder] = weights.get(holder, 0) + sign * weight
    return {agent: weight for agent, weight in weights.items() if weight}


def _turned(before: AssignedTicket | None, after: AssignedTicket) -> dict[str, Turn]:
    known = before.turns if before else {}
    return {p: turn for p, turn in after.turns.items() if known.get(p) != turn}
