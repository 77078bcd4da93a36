"""What a decision may know besides the ticket, and how it changes that."""

from collections.abc import Iterable

from activities.ports import CapacityClaim, Registry, Workload
from domain.assignment.workload import taken
from domain.people.directory import Directory
from domain.ticket.draft import Draft
from domain.ticket.ticket import Ticket
from domain.ticket.workload import given_by_rule
from domain.ticket.world import World


async def world_of(
    registry: Registry, workload: Workload, tickets: Iterable[Ticket] = ()
) -> World:
    """`tickets`: those to be decided on."""
    customers = [ticket.customer.external_id for ticket in tickets]
    return World(
        config=await registry.config(),
        oncall=await registry.oncall(),
        past_agents=await workload.past_agents(customers),
        delegations=await registry.delegations(),
        # Last: what this process decides while we wait must be counted.
        directory=await workload.directory(),
    )


def capacity_claim(
    drafts: Iterable[Draft], directory: Directory, *, exact: bool
) -> CapacityClaim | None:
    """The agents whose load the drafts raise, decided by this directory; None: nobody.
    A person may exceed an agent's capacity, a rule may not, unless loads cannot be
    known now (`exact`).
    """
    agents, limited = set[str](), set[str]()
    for draft in drafts:
        agent = taken(draft.base, draft.ticket)
        if agent is None:
            continue
        agents.add(agent)
        known = directory.agents.get(agent)
        if exact and known is not None and known.capacity is not None:
            limited |= {agent} & given_by_rule(step.fact for step in draft.steps)
    if not agents:
        return None
    return CapacityClaim(
        agents=tuple(sorted(agents)),
        limited=tuple(sorted(limited)),
        known=directory.position,
    )
