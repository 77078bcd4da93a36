"""Nobody is given more than fits, however many processes decide at once."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from activities.decision_context import capacity_claim as put_into_hands
from activities.ports import CapacityClaim
from domain.errors import LoadConflictError
from domain.ticket.decide import Assign, decide
from tests.contract.stores import command, opened, reopened
from tests.support.dsl import NOON, Story, world

pytestmark = pytest.mark.postgres


@pytest.fixture
async def stores(database_url):
    """Two processes: each has a writer of its own."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(opened(database_url)) for _ in range(2)]


def capacity_claim(agent, known, *, limited=True):
    agents = (agent,)
    return CapacityClaim(agents=agents, limited=agents if limited else (), known=known)


async def append(store, took):
    stream = str(uuid.uuid4())
    row = command(stream, 1)
    return stream, await store.append(reopened(stream, 1), row, took)


async def test_what_another_process_gave_meanwhile_is_not_overlooked(stores, agent):
    first, second = stores
    known = await first.head()
    await append(first, capacity_claim(agent, known))
    stream = str(uuid.uuid4())
    row = command(stream, 1)
    with pytest.raises(LoadConflictError):
        await second.append(reopened(stream, 1), row, capacity_claim(agent, known))
    assert await second.load(stream) == []
    assert await second.find(row.command_id) is None


async def test_what_is_known_of_is_in_nobody_s_way(stores, agent):
    first, second = stores
    _, appended = await append(first, capacity_claim(agent, await first.head()))
    stream, _ = await append(second, capacity_claim(agent, appended.position))
    assert len(await second.load(stream)) == 1


async def test_what_the_same_process_gave_is_known_to_it(stores, agent):
    first, _ = stores
    known = await first.head()
    await append(first, capacity_claim(agent, known))
    stream, _ = await append(first, capacity_claim(agent, known))
    assert len(await first.load(stream)) == 1


async def test_a_person_may_give_somebody_more_and_the_others_hear_of_it(stores, agent):
    first, second = stores
    known = await first.head()
    await append(first, capacity_claim(agent, known))
    await append(second, capacity_claim(agent, known, limited=False))
    with pytest.raises(LoadConflictError):
        await append(first, capacity_claim(agent, known))


async def test_one_who_is_refused_is_in_nobody_else_s_way(stores, agent):
    """Those that wait go in together, or each by itself."""
    first, second = stores
    known = await first.head()
    await append(first, capacity_claim(agent, known))
    other = str(uuid.uuid4())
    found = await asyncio.gather(
        append(second, capacity_claim(agent, known)),
        append(second, capacity_claim(other, known)),
        append(second, None),
        return_exceptions=True,
    )
    assert [isinstance(one, LoadConflictError) for one in found] == [True, False, False]


def given_by_a_rule():
    """A draft in which a team's terms give the ticket to Bo, who may have one."""
    agents = {"bo": {"name": "Bo", "capacity": 1}}
    teams = {"t": {"members": ["bo"], "assignment": {"mode": "direct"}}}
    around = world(agents=agents, teams=teams)
    draft = decide(Story(around).ticket, Assign(team="t"), NOON, around)
    return draft, replace(around.directory, position=7)


def test_what_a_rule_gives_to_who_has_a_limit_is_checked():
    draft, directory = given_by_a_rule()
    found = put_into_hands([draft], directory, exact=True)
    assert found == CapacityClaim(agents=("bo",), limited=("bo",), known=7)


def test_where_loads_cannot_be_known_the_others_hear_of_it_all_the_same():
    draft, directory = given_by_a_rule()
    found = put_into_hands([draft], directory, exact=False)
    assert found == CapacityClaim(agents=("bo",), limited=(), known=7)
