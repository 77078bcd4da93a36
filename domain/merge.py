"""Two tickets about one thing become one: who keeps which promise.

The ticket that goes in is closed, and its running promises are cancelled with a link,
neither met nor missed. The one that stays keeps, for each metric, the stricter of the
two clocks that run, with the earlier start.
"""

from datetime import datetime

from domain.enforcement import enforce
from domain.errors import InvalidError, RuleError
from domain.promises import take_over
from domain.rematch import Rematch, cancel, end_runs
from domain.ticket.draft import Draft
from domain.ticket.facts import TicketAbsorbed, TicketMerged
from domain.ticket.state import Ticket
from domain.world import World


def merge(
    absorbed: Ticket, survivor: Ticket, at: datetime, world: World
) -> tuple[Draft, Draft]:
    """Drafts of the ticket that goes in and of the one that stays."""
    if absorbed.id == survivor.id:
        raise InvalidError.at("/into", "a ticket cannot go into itself")
    if absorbed.merged_into is not None:
        raise RuleError(f"the ticket went into {absorbed.merged_into} already")
    if survivor.finished:
        raise RuleError(f"ticket {survivor.id} is {survivor.status}: reopen it first")
    if waiting := [a.number for a in absorbed.approvals if a.open]:
        message = f"its approval {waiting[0]} waits to be decided, which would be lost"
        raise RuleError(message)
    at = max(at, absorbed.updated_at, survivor.updated_at)
    ending, staying = Draft(absorbed.id, absorbed), Draft(survivor.id, survivor)
    for draft in (ending, staying):
        world = enforce(draft, at, world)
    running = [clock for clock in ending.ticket.clocks if clock.live]
    _end(ending, survivor, at, world)
    start = staying.mark()
    staying.record(TicketAbsorbed(absorbed=absorbed.id, number=absorbed.number), at)
    take_over(staying, start, running, at, world)
    enforce(staying, at, world)
    return ending, staying


def _end(draft: Draft, survivor: Ticket, at: datetime, world: World) -> None:
    cause = draft.record(TicketMerged(into=survivor.id), at)
    by = Rematch(draft=draft, at=at, world=world, cause=cause, kind="other")
    reason = f"merged into ticket {survivor.id}"
    for clock in draft.ticket.clocks:
        if clock.live:
            cancel(by, clock, reason, "merged")
    end_runs(draft, at, reason, cause=cause)
