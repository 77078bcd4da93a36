"""The loop that writes refused calls down."""

import asyncio
from datetime import UTC, datetime
from itertools import count

import pytest

from activities.denials import Denials
from activities.ports import StoreUnavailableError
from infra.followers.loops import for_ever
from tests.domain.audit.test_denials import denial
from tests.support.memory import InMemoryEventStore


class Away(InMemoryEventStore):
    """Until somebody says otherwise."""

    def __init__(self):
        super().__init__()
        self.away = True

    async def append(self, *arguments):
        if self.away:
            raise StoreUnavailableError("away")
        return await super().append(*arguments)


class Waiting(InMemoryEventStore):
    def __init__(self):
        super().__init__()
        self.written = asyncio.Event()

    async def append(self, *arguments):
        appended = await super().append(*arguments)
        self.written.set()
        return appended


class Stuck(InMemoryEventStore):
    """As if the database did not answer."""

    def __init__(self):
        super().__init__()
        self.stuck, self.reached = True, asyncio.Event()

    async def append(self, *arguments):
        self.reached.set()
        if self.stuck:
            await asyncio.Event().wait()
        return await super().append(*arguments)


def made(store):
    numbers = count(1)
    return Denials(
        store=store,
        now=lambda: datetime.now(UTC),
        new_id=lambda: f"c-{next(numbers)}",
    )


async def test_a_refused_call_is_in_the_stream_of_its_key_at_once():
    store = Waiting()
    denials = made(store)
    loop = asyncio.create_task(for_ever("denials", denials.once))
    await asyncio.sleep(0)
    denials.denied(denial())
    async with asyncio.timeout(10):
        await store.written.wait()
    loop.cancel()
    [event] = await store.load("denials/k-1")
    meta = event.meta
    assert (event.fact.count, meta.actor.id, meta.key_id) == (1, "ann", "k-1")
    assert meta.correlation_id == "r-1"


async def test_a_flood_is_one_more_event_when_the_process_ends():
    store = InMemoryEventStore()
    denials = made(store)
    denials.denied(denial())
    await denials.close()
    for _ in range(10_000):
        denials.denied(denial())
    await denials.close()
    counts = [event.fact.count for event in await store.load("denials/k-1")]
    assert counts == [1, 10_000]


async def test_what_the_end_of_the_process_cut_short_is_written_too():
    store = Stuck()
    denials = made(store)
    denials.denied(denial())
    loop = asyncio.create_task(denials.once())
    await store.reached.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    store.stuck = False
    await denials.close()
    [event] = await store.load("denials/k-1")
    assert event.fact.count == 1


async def test_while_the_database_is_away_nothing_is_lost():
    store = Away()
    denials = made(store)
    for key_id in ("k-1", None):
        denials.denied(denial(key_id))
    with pytest.raises(StoreUnavailableError):
        await denials.close()
    denials.denied(denial())
    store.away = False
    await denials.close()
    [known], [unknown] = [
        await store.load(f"denials/{name}") for name in ("k-1", "unknown")
    ]
    assert (known.fact.count, unknown.fact.count) == (2, 1)
