"""What a decision may know beside the ticket, put together as of now."""

from collections.abc import Iterable

from activities.ports import Registry, Roster
from domain.ticket.state import Ticket
from domain.world import World


async def world_of(
    registry: Registry, roster: Roster, tickets: Iterable[Ticket] = ()
) -> World:
    """`tickets`: of which it is to be decided."""
    customers = [ticket.customer.external_id for ticket in tickets]
    return World(
        config=await registry.config(),
        directory=await roster.directory(),
        oncall=await registry.oncall(),
        familiar=await roster.familiar(customers),
        delegations=await registry.delegations(),
    )
