"""Two processes that assign at once fill everybody, and nobody further than fits."""

import asyncio
import uuid
from collections import Counter

from activities.ports import Caller
from domain.event import Actor
from domain.ticket.decide import Assign
from infra.wiring import core
from tests.support.api_client import eventually


def by_test():
    number = str(uuid.uuid4())
    return Caller(
        command_id=number,
        request_sha256=number,
        attempt=number,
        actor=Actor(id="test", kind="user"),
        correlation_id=number,
        channel="test",
    )


async def assign_all(installation, tickets, team):
    """By turns in either, both having looked before anything is given."""
    settings = installation.process_settings
    async with core(settings) as one, core(settings) as other:
        desks = [one.ticket_service(), other.ticket_service()]
        await asyncio.gather(one.workload.directory(), other.workload.directory())
        for n, ticket in enumerate(tickets):
            await desks[n % 2].apply(ticket["id"], Assign(team=team), by_test())


def test_two_processes_that_assign_at_once(installation, api, team):
    people = [f"{team}-bo", f"{team}-chen"]
    for person in people:
        api.put("agents", person, {"name": person, "capacity": 3})
    terms = {"mode": "direct"}
    api.put("teams", team, {"members": people, "assignment": terms})
    tickets = [api.open_ticket() for _ in range(12)]
    asyncio.run(assign_all(installation, tickets, team))

    def held():
        found = Counter(api.read(ticket)["assignee"] for ticket in tickets)
        return found if sum(found.values()) - found[None] >= len(people) * 3 else None

    assert eventually(held) == {**dict.fromkeys(people, 3), None: 6}
