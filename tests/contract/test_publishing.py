"""Who publishes configuration takes turns with all others, in whatever process."""

import asyncio
import uuid
from contextlib import asynccontextmanager

import psycopg
import pytest

from activities.configuration import ConfigurationService
from activities.configuration_bundle import BundleService
from activities.ports import BusyError, Caller, StoreUnavailableError
from domain.errors import InvalidError
from domain.event import Actor
from infra.calendars.sources import InstalledSources
from infra.postgres.database import Database
from infra.postgres.publishing_lock import PUBLISH_LOCK, PublishingTurns
from infra.projections.registry import LiveRegistry
from infra.wiring import now
from tests.contract.stores import opened

pytestmark = pytest.mark.postgres
LOCKS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
    " AND granted = %s AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def caller(**expected):
    number = uuid.uuid4().hex
    return Caller(
        command_id=number,
        request_sha256=number,
        attempt=number,
        actor=Actor(id="ops", kind="user"),
        correlation_id=number,
        channel="test",
        **expected,
    )


REPLACING = {"if_match": frozenset({1}), "if_exists": True}


class Process:
    """All that a process has of its own; as a registry, with somebody who comes
    between what was read and what is decided by it.
    """

    def __init__(self, store, turns):
        self.registry, self.meanwhile = LiveRegistry(store), None
        parts = store, self, now, InstalledSources(), turns
        self.desk, self.bundles = ConfigurationService(*parts), BundleService(*parts)

    async def refresh(self):
        await self.registry.refresh()

    async def config(self):
        found = await self.registry.config()
        if self.meanwhile is not None:
            coming, self.meanwhile = self.meanwhile, None
            await coming()
        return found

    async def config_to_check(self):
        return await self.config()

    async def oncall(self):
        return await self.registry.oncall()

    async def put(self, name, manager=None, **expected):
        document = {"name": name} | ({"manager": manager} if manager else {})
        return await self.desk.publish("agents", name, document, caller(**expected))

    async def apply(self, name, manager):
        documents = {("agents", name): {"name": name, "manager": manager}}
        return await self.bundles.apply(documents, caller())


@asynccontextmanager
async def process(database_url):
    async with opened(database_url) as store:
        yield Process(store, turns(database_url))


def turns(database_url, **wait):
    return PublishingTurns(Database(database_url), **wait)


@pytest.fixture
async def locks(database_url):
    """Who holds the turn, or waits for it (`granted` False), by the server's word."""

    async def found(*, granted):
        cursor = await connection.execute(LOCKS, (PUBLISH_LOCK, granted))
        return [pid for (pid,) in await cursor.fetchall()]

    async with await psycopg.AsyncConnection.connect(
        database_url, autocommit=True
    ) as connection:
        yield found


async def stuck(task, locks):
    """Done, or in the line."""
    while not task.done() and not await locks(granted=False):
        await asyncio.wait([task], timeout=0.01)


async def others_turn(database_url):
    async with turns(database_url).turn():
        pass


@pytest.mark.parametrize("way", ["put", "bundle"])
async def test_two_processes_make_no_circle_at_the_same_moment(
    database_url, locks, way
):
    a, b = f"{way}-a", f"{way}-b"
    async with process(database_url) as one, process(database_url) as other:
        await one.put(a)
        await one.put(b)
        second = []

        async def meanwhile():
            by_bundle, by_put = other.apply(b, a), other.put(b, a, **REPLACING)
            chosen, unused = (by_bundle, by_put)[:: 1 if way == "bundle" else -1]
            unused.close()
            second.append(asyncio.create_task(chosen))
            await stuck(second[0], locks)

        one.meanwhile = meanwhile
        await one.put(a, b, **REPLACING)
        with pytest.raises(InvalidError, match="circle"):
            await second[0]


async def test_who_cannot_have_the_turn_is_told_so_and_not_kept(database_url):
    async with turns(database_url).turn():
        with pytest.raises(BusyError):
            async with turns(database_url, wait_s=0.2).turn():
                pass
    await others_turn(database_url)


async def test_who_gave_up_is_out_of_the_line(database_url, locks):
    async with turns(database_url).turn():
        with pytest.raises(BusyError):
            async with turns(database_url, wait_s=0.2).turn():
                pass
        assert await locks(granted=False) == []


async def test_a_turn_ends_with_its_connection(database_url, locks):
    async with turns(database_url).turn():
        [pid] = await locks(granted=True)
        waiting = asyncio.create_task(others_turn(database_url))
        await stuck(waiting, locks)
        async with await psycopg.AsyncConnection.connect(database_url) as killer:
            await killer.execute("SELECT pg_terminate_backend(%s)", (pid,))
        await waiting


async def test_a_turn_ends_with_a_refusal_too(database_url):
    with pytest.raises(InvalidError):
        async with turns(database_url).turn():
            raise InvalidError.at("", "no")
    await others_turn(database_url)


async def test_of_one_process_one_stands_in_the_line(database_url, locks):
    here = turns(database_url)

    async def take():
        async with here.turn():
            pass

    async with turns(database_url).turn():
        waiting = [asyncio.create_task(take()) for _ in range(5)]
        await stuck(waiting[0], locks)
        assert len(await locks(granted=False)) == 1
    await asyncio.gather(*waiting)


async def test_without_a_database_nobody_has_a_turn():
    with pytest.raises(StoreUnavailableError):
        async with turns("postgresql://nobody@127.0.0.1:1/none").turn():
            pass
