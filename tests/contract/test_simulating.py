"""Simulations are jobs: one at a time, a few kept, and none that a single unreadable
history could spoil.
"""

import asyncio
import itertools

import pytest

from activities.ports import Caller
from activities.simulating import MOST_JOBS, BusyError, Selection, Simulating
from domain.config import Configuration
from domain.errors import CommandReusedError, NotFoundError, UnreadableError
from domain.event import Actor
from domain.oncall.book import OnCallBook
from tests.dsl import ANSWER, NOON, Story, promising

WORLD = promising({"first_response": "1h"})
HISTORY = Story(WORLD).when("2h", ANSWER).events
TIGHT = {"match": [{"targets": {"first_response": "10m"}}]}
NUMBERS = itertools.count()
DRAFT = {("sla-policies", "care"): TIGHT}


class Nothing:
    async def config(self):
        return Configuration()

    async def oncall(self):
        return OnCallBook()


class Histories:
    """Every ticket has the same; reading waits for `let_go`."""

    def __init__(self, *, unreadable=()):
        self.unreadable, self.let_go = unreadable, asyncio.Event()

    async def load_many(self, stream_ids):
        await self.let_go.wait()
        for stream_id in stream_ids:
            if stream_id in self.unreadable:
                raise UnreadableError(stream_id, "of another release")
        return dict.fromkeys(stream_ids, HISTORY)


def caller(key="", body="b"):
    number = f"c-{next(NUMBERS)}"
    return Caller(
        command_id=key or number,
        request_sha256=body,
        attempt=number,
        actor=Actor(id="lin", kind="user"),
        correlation_id=number,
        channel="api",
    )


def simulating(store):
    numbers = iter(range(1000))
    return Simulating(
        store, Nothing(), None, None, lambda: NOON, lambda: f"s-{next(numbers)}"
    )


async def test_an_unreadable_history_is_left_out_by_name():
    store = Histories(unreadable=("t-3",))
    store.let_go.set()
    made = simulating(store)
    wanted = Selection(tickets=tuple(f"t-{i}" for i in range(8)))
    job = await made.start(DRAFT, wanted, caller())
    await made.idle()
    assert job.state == "done", job.error
    assert [left.ticket_id for left in job.left_out] == ["t-3"]
    assert (job.done, job.summary.tickets, job.summary.breaches.more) == (8, 7, 7)
    assert job.summary.tickets_differing == 7


async def test_the_oldest_that_is_over_makes_room():
    store = Histories()
    store.let_go.set()
    made = simulating(store)
    jobs = [await made.start({}, Selection(), caller()) for _ in range(MOST_JOBS)]
    await made.idle()
    await made.start({}, Selection(), caller())
    with pytest.raises(NotFoundError):
        made.find(jobs[0].id)
    assert made.find(jobs[1].id)
    await made.close()


async def test_when_all_are_waiting_another_is_refused():
    made = simulating(Histories())
    wanted = Selection(tickets=("t-1",))
    for _ in range(MOST_JOBS):
        await made.start({}, wanted, caller())
    with pytest.raises(BusyError):
        await made.start({}, wanted, caller())
    await made.close()


async def test_a_request_that_is_repeated_finds_the_job_it_asked_for():
    made = simulating(Histories())
    job = await made.start({}, Selection(tickets=("t-1",)), caller("k"))
    assert made.started(caller("k")) is job
    assert made.started(caller("other")) is None
    with pytest.raises(CommandReusedError):
        made.started(caller("k", body="another"))
    await made.close()


async def test_what_is_stopped_is_forgotten_and_the_next_one_runs():
    store = Histories()
    made = simulating(store)
    wanted = Selection(tickets=("t-1",))
    first, second = [await made.start({}, wanted, caller()) for _ in range(2)]
    made.forget(first.id)
    store.let_go.set()
    await made.idle()
    assert (first.state, second.state) == ("running", "done")
    with pytest.raises(NotFoundError):
        made.find(first.id)
