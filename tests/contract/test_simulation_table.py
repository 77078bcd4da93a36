"""Simulations are kept within bounds, and nothing is left of one that was deleted."""

import itertools

import pytest
import pytest_asyncio

from activities.ports import BusyError, Caller
from activities.simulation import KEPT_FOR, MOST_KEPT, MOST_WAITING, Order
from activities.simulation_pages import Page
from domain.event import Actor
from infra.postgres.database import Database
from infra.projections.simulations import SimulationTable
from tests.support.dsl import NOON

pytestmark = pytest.mark.postgres
_NUMBERS = itertools.count(1)


def caller(key):
    return Caller(
        command_id=key,
        request_sha256=key,
        attempt=key,
        actor=Actor(id="ops", kind="user"),
        correlation_id=key,
        channel="test",
    )


@pytest_asyncio.fixture
async def database(database_url):
    made = Database(database_url, size=2)
    await made.open()
    async with made.connection() as connection:
        await connection.execute("DELETE FROM simulations")
    yield made
    await made.close()


@pytest.fixture
def table(database):
    return SimulationTable(database)


async def added(table, tickets=("t-1",)):
    job_id = f"s-{next(_NUMBERS)}"
    order = Order(
        id=job_id, as_of=NOON, documents={}, ticket_ids=tickets, total=len(tickets)
    )
    assert await table.add(order, caller(job_id))
    return job_id


def page(number=0, done=1):
    return Page(number=number, done=done, found=[], left_out=[])


async def test_more_than_can_be_done_soon_are_refused(table):
    jobs = [await added(table) for _ in range(MOST_WAITING)]
    with pytest.raises(BusyError):
        await added(table)
    await table.end(jobs[0])
    assert await added(table)


async def test_of_those_that_are_done_the_latest_are_kept(table):
    jobs = []
    for _ in range(MOST_KEPT + 1):
        jobs.append(await added(table))
        await table.end(jobs[-1])
    await table.expire()
    assert [await table.find(job) is None for job in jobs] == [True] + [
        False
    ] * MOST_KEPT


async def test_none_is_kept_for_longer_than_a_week_after_it_is_done(table, database):
    old, waiting = await added(table), await added(table)
    await table.end(old)
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE simulations SET created_at = now() - %(age)s,"
            " finished_at = finished_at - %(age)s",
            {"age": KEPT_FOR},
        )
    await table.expire()
    assert await table.find(old) is None
    assert (await table.find(waiting)).state == "waiting"


async def test_pages_add_up_and_a_page_done_twice_counts_once(table):
    job = await added(table, ("t-1", "t-2", "t-3"))
    await table.begin(job, 7)
    for one in (page(0, 2), page(0, 2), page(1, 1)):
        await table.keep(job, one)
    found = await table.find(job)
    assert (found.state, found.done, found.total) == ("running", 3, 3)


async def test_what_begins_again_forgets_what_was_found(table):
    job = await added(table, ("t-1", "t-2"))
    await table.begin(job, 7)
    await table.keep(job, page())
    await table.begin(job, 8)
    assert (await table.find(job)).done == 0


async def test_nothing_is_kept_of_a_job_that_was_deleted_meanwhile(table, database):
    job = await added(table)
    assert await table.order(job, 0, 100)
    assert await table.delete(job)
    await table.keep(job, page())
    await table.end(job)
    assert await table.order(job, 0, 100) is None
    assert await database.rows("SELECT * FROM simulation_pages", ()) == []


async def test_the_same_request_is_one_job(table):
    job = await added(table)
    order = Order(id="other", as_of=NOON, documents={}, ticket_ids=(), total=0)
    assert not await table.add(order, caller(job))
    assert await table.asked_for_by(job) == (job, job)
