"""Loads: what was decided counts at once, and once, however far the read model is."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg import sql

from domain.configuration.configuration import Configuration
from domain.ticket.world import World
from infra.eventstore.streams import PROJECTOR
from infra.projections.workload import LiveWorkload
from tests.contract.stores import opened
from tests.support.dsl import NOON, Story, configured

pytestmark = pytest.mark.postgres


@pytest.fixture
async def database(database_url):
    async with opened(database_url) as store:
        yield store._database


class NoConfiguration:
    async def config(self):
        return Configuration()


async def projected(_):
    """The read model has seen all there is."""


@pytest.fixture
def workload(database):
    return LiveWorkload(database, NoConfiguration(), projected)


async def read_up_to(database, workload, position):
    """The read model as it is at this position, which knows nothing of the agent."""
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO follower_positions VALUES (%s, %s)"
            " ON CONFLICT (follower) DO UPDATE SET position = %s",
            (PROJECTOR, position, position),
        )
    await workload.refresh()
    return await workload.directory()


def held_by(agent):
    """A ticket on its way from nobody into these hands."""
    opened = Story(World()).ticket
    return replace(opened, team="t"), replace(opened, team="t", assignee=agent)


async def test_a_move_counts_until_the_read_model_has_seen_it(
    database, workload, agent
):
    with workload.moving([held_by(agent)]) as move:
        assert (await workload.directory()).load(agent) == 1
        move.position = 7
    assert (await read_up_to(database, workload, 6)).load(agent) == 1
    assert (await read_up_to(database, workload, 7)).load(agent) == 0


async def test_a_move_that_failed_counts_no_more(workload, agent):
    with pytest.raises(RuntimeError), workload.moving([held_by(agent)]):
        raise RuntimeError
    assert (await workload.directory()).load(agent) == 0


class Weighing:
    """In the team `t` a chat weighs 3, and who had the customer before is asked for."""

    async def config(self):
        routing = {"mode": "offer", "weights": {"chat": 3}, "affinity": ["customer"]}
        team = {"members": [], "assignment": routing}
        return configured({"teams": {"t": team}})


async def project(database, **columns):
    """A row of the read model."""
    row = {
        "id": str(uuid.uuid4()), "number": 1, "version": 1, "status": "open",
        "subject": "s", "channel": "email", "type": "question", "priority": "normal",
        "tier": "standard", "customer": "c", "tags": [], "clock_states": [],
        "done": False, "opened_at": NOON, "updated_at": NOON, **columns,
    }  # fmt: skip
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(sql.Placeholder() * len(row))
    insert = sql.SQL("INSERT INTO tickets ({}) VALUES ({})").format(names, values)
    async with database.connection() as connection:
        await connection.execute(insert, list(row.values()))


async def test_a_load_is_the_weight_of_what_somebody_has_and_is_asked_for(
    database, agent
):
    await project(database, assignee=agent, team="t", channel="chat")
    await project(database, offered_to=agent, team="t", channel="email")
    await project(database, assignee=agent, team="t", channel="chat", status="closed")
    found = await LiveWorkload(database, Weighing(), projected).directory()
    assert found.load(agent) == 4


async def test_who_had_a_customer_before_is_known_the_last_one_first(database, agent):
    customer, earlier = str(uuid.uuid4()), f"{agent}-2"
    later = NOON + timedelta(hours=1)
    await project(database, customer=customer, assignee=earlier)
    await project(database, customer=customer, assignee=agent, updated_at=later)
    found = await LiveWorkload(database, Weighing(), projected).past_agents(
        [customer, "nobody"]
    )
    assert found == {customer: (agent, earlier)}


async def test_where_no_team_asks_who_had_a_customer_nothing_is_looked_up(database):
    workload = LiveWorkload(database, NoConfiguration(), projected)
    assert await workload.past_agents(["c"]) == {}
