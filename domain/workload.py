"""What a ticket's way through hands does to what is known of everybody's load."""

from domain.assignment import Directory
from domain.ticket.state import Ticket


def handed(directory: Directory, before: Ticket | None, after: Ticket) -> Directory:
    """The directory as it is once `before` has become `after`; None: it was opened."""
    moves: dict[str, int] = {}
    for ticket, sign in ((before, -1), (after, 1)):
        if ticket is not None and (holder := ticket.in_hands_of) is not None:
            weight = directory.weight(ticket.team, ticket.channel)
            moves[holder] = moves.get(holder, 0) + sign * weight
    moves = {agent: weight for agent, weight in moves.items() if weight}
    turned = {
        place: turn
        for place, turn in after.turns.items()
        if before is None or before.turns.get(place) != turn
    }
    if not moves and not turned:
        return directory
    return directory.moved(moves, after.updated_at).turned(turned)
