"""What the followers promise when one ticket, or the other side, goes wrong."""

import asyncio
import uuid

import pytest

from activities.ports import Caller
from activities.tickets import TicketService
from domain.event import Actor
from domain.lifecycle.facts import Author, Customer, TicketMessageAdded
from domain.ticket.decide import OpenTicket
from infra.eventstore.store import PostgresEventStore
from infra.followers.ticket_cache import TicketCache
from infra.followers.ticket_projector import Projector
from infra.followers.timers import Timers
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.projections.registry import LiveRegistry
from infra.projections.ticket_list import TicketReadModel
from infra.projections.workload import LiveWorkload
from infra.temporal.client import TemporalRefusedError, TemporalUnavailableError
from infra.wiring import new_id, now
from tests.contract.stores import command, opened, texts_of
from tests.support.facts import event

pytestmark = pytest.mark.postgres


class Backend:
    """Stands for Temporal: takes `room` plans, then is away; some it `refuses`."""

    def __init__(self, room=10_000, refuses=()):
        self.taken, self.room, self.refuses = [], room, set(refuses)

    async def push(self, plan):
        await asyncio.sleep(0)
        if plan.ticket_id in self.refuses:
            raise TemporalRefusedError("no such thing")
        if len(self.taken) >= self.room:
            raise TemporalUnavailableError("away")
        self.taken.append(plan.ticket_id)


class Floor:
    """The store with followers on it, each step taken by the test."""

    def __init__(self, store: PostgresEventStore, database: Database) -> None:
        self.store, self.database = store, database
        self.cache = TicketCache(store)
        self.shared = (database, store, WakeUpListener(database), self.cache)

    def timers(self, backend):
        quiet = asyncio.Event()
        quiet.set()
        return Timers(*self.shared, backend, quiet)

    async def open(self, count, tags=()):
        registry = LiveRegistry(self.store)
        seen = TicketReadModel(self.database, texts_of(self.store)).wait_for
        workload = LiveWorkload(self.database, registry, seen)
        desk = TicketService(self.store, registry, workload, now)
        opened_ = [
            await desk.open(str(uuid.uuid4()), _opening(tags), _caller())
            for _ in range(count)
        ]
        return [outcome.ticket.id for outcome in opened_]

    async def consume(self, follower):
        batch = await self.store.headers(await self.position(follower), 500)
        await follower.consume(batch)
        return batch[-1].position

    async def position(self, follower):
        rows = await self.database.rows(
            "SELECT position FROM follower_positions WHERE follower = %s",
            (follower.name,),
        )
        return rows[0][0]

    async def parked(self, follower):
        rows = await self.database.rows(
            "SELECT stream_id FROM parked_streams WHERE follower = %s", (follower.name,)
        )
        return [row[0] for row in rows]


def _opening(tags):
    return OpenTicket(
        number=1,
        subject="The heater is cold",
        tags=tags,
        body="Since this morning.",
        channel="email",
        type="question",
        customer=Customer(external_id="c-1"),
    )


def _caller():
    return Caller(
        command_id=new_id(),
        request_sha256="",
        attempt=new_id(),
        actor=Actor(id="ann", kind="user"),
        correlation_id="c",
        channel="api",
    )


@pytest.fixture
async def floor(database_url):
    async with opened(database_url) as store:
        made = Floor(store, store._database)
        # Each test starts at the end of the log that the last one left.
        head = await made.store.head()
        for name in ("timers", "projector"):
            async with made.database.connection() as connection:
                await connection.execute(
                    "INSERT INTO follower_positions VALUES (%s, %s)"
                    " ON CONFLICT (follower) DO UPDATE SET position = %s",
                    (name, head, head),
                )
        yield made


async def test_plans_that_temporal_did_not_take_are_sent_again_and_only_those(floor):
    backend = Backend(room=3)
    timers = floor.timers(backend)
    tickets = await floor.open(10)
    before = await floor.position(timers)
    with pytest.raises(TemporalUnavailableError):
        await floor.consume(timers)
    assert await floor.position(timers) == before

    backend.room = 10_000
    last = await floor.consume(timers)
    assert sorted(backend.taken) == sorted(tickets)
    assert await floor.position(timers) == last


async def test_a_follower_killed_before_its_checkpoint_sends_all_again(floor):
    """The workflow ignores a version that it has passed."""
    tickets = await floor.open(3)
    killed = Backend(room=2)
    with pytest.raises(TemporalUnavailableError):
        await floor.consume(floor.timers(killed))
    following = Backend()
    await floor.consume(floor.timers(following))
    assert sorted(following.taken) == sorted(tickets)


async def test_a_plan_that_temporal_refuses_is_put_aside_and_the_others_go_on(floor):
    good, bad = await floor.open(2)
    backend = Backend(refuses=[bad])
    timers = floor.timers(backend)
    last = await floor.consume(timers)
    assert backend.taken == [good]
    assert bad in await floor.parked(timers)
    assert await floor.position(timers) == last


async def test_what_was_put_aside_is_taken_up_with_its_next_event(floor):
    (ticket,) = await floor.open(1)
    backend = Backend(refuses=[ticket])
    timers = floor.timers(backend)
    await floor.consume(timers)
    backend.refuses.clear()
    note = TicketMessageAdded(
        author=Author(kind="agent", id="ann"), body="-", visibility="internal"
    )
    await floor.store.append([event(ticket, 3, note)], command(ticket, 3))
    await floor.consume(timers)
    assert backend.taken == [ticket]
    assert ticket not in await floor.parked(timers)


async def test_a_row_that_the_database_refuses_is_put_aside_alone(floor):
    projector = Projector(*floor.shared, texts_of(floor.store))
    (bad,) = await floor.open(1, tags=("nul: \0",))
    (good,) = await floor.open(1)
    last = await floor.consume(projector)
    rows = await floor.database.rows(
        "SELECT id FROM tickets WHERE id = ANY(%s)", ([good, bad],)
    )
    assert rows == [(good,)]
    assert bad in await floor.parked(projector)
    assert await floor.position(projector) == last


async def test_two_followers_at_once_fold_each_event_once(floor):
    (ticket,) = await floor.open(1)
    await floor.cache.fresh([ticket])
    note = TicketMessageAdded(
        author=Author(kind="agent", id="ann"), body="-", visibility="internal"
    )
    await floor.store.append([event(ticket, 3, note)], command(ticket, 3))
    answers = await asyncio.gather(*(floor.cache.fresh([ticket]) for _ in range(5)))
    assert {found[ticket].version for found, _ in answers} == {3}
    assert {found[ticket].message_count for found, _ in answers} == {2}


async def test_a_ring_while_a_follower_looks_is_not_missed(floor):
    listener = WakeUpListener(floor.database)
    woken = listener.next_wake_up()
    listener.wake()
    async with asyncio.timeout(0.5):
        await listener.wait(60, woken)
