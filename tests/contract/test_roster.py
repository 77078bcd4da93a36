"""Loads: what was decided counts at once, and once, however far the read model is."""

import uuid

import pytest

from domain.config import Configuration
from infra.followers.projector import PROJECTOR
from infra.roster import LiveRoster
from infra.wiring import now
from tests.contract.stores import opened

pytestmark = pytest.mark.postgres


@pytest.fixture
async def database(database_url):
    async with opened(database_url) as store:
        yield store._database


class NoConfiguration:
    async def config(self):
        return Configuration()


@pytest.fixture
def roster(database):
    return LiveRoster(database, NoConfiguration())


@pytest.fixture
def agent():
    return str(uuid.uuid4())


async def read_up_to(database, roster, position):
    """The read model as it is at this position, which knows nothing of the agent."""
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO follower_positions VALUES (%s, %s)"
            " ON CONFLICT (follower) DO UPDATE SET position = %s",
            (PROJECTOR, position, position),
        )
    await roster.refresh()
    return await roster.directory()


async def test_a_move_counts_until_the_read_model_has_seen_it(database, roster, agent):
    with roster.moving(agent, None, now()) as move:
        assert (await roster.directory()).load(agent) == 1
        move.position = 7
    assert (await read_up_to(database, roster, 6)).load(agent) == 1
    assert (await read_up_to(database, roster, 7)).load(agent) == 0


async def test_a_move_that_failed_counts_no_more(roster, agent):
    with pytest.raises(RuntimeError), roster.moving(agent, None, now()):
        raise RuntimeError
    assert (await roster.directory()).load(agent) == 0
