"""Whoever enforces reads each ticket once, and says of it what is due next."""

import itertools

import pytest

from activities.contracts import EnforceInput
from activities.enforcement import Enforcement
from domain.errors import LoadConflictError, VersionConflictError
from domain.ticket.enforce import EPOCH, MILLISECOND, plan
from domain.ticket.evolve import fold
from tests.contract.stores import command
from tests.support.dsl import NOON, Story, promising
from tests.support.memory import InMemoryEventStore
from tests.workflows.floor import Rules

TARGET = {"first_response": "10m", "resolution": "1h"}
LATE = (NOON - EPOCH) // MILLISECOND + 15 * 60_000
"""After the first promise and before the second."""


class CountingStore(InMemoryEventStore):
    """Counts how often a ticket was read; before an append goes in, it is refused with
    these `conflicts`, one after the other.
    """

    def __init__(self):
        super().__init__()
        self.reads, self.conflicts = 0, []

    async def load(self, stream_id, upto=None):
        self.reads += 1
        return await super().load(stream_id, upto)

    async def append(self, events, row, capacity_claim=None):
        if self.conflicts:
            raise self.conflicts.pop()(row.stream_id)
        return await super().append(events, row, capacity_claim)


class Alone(Rules):
    async def caught_up(self):
        return True


@pytest.fixture
async def store():
    made = CountingStore()
    events = Story(promising(TARGET)).events
    await made.append(events, command("t-1", len(events)))
    made.reads = 0
    return made


def enforcement(store):
    rules, numbers = Alone(promising(TARGET)), itertools.count(1)
    return Enforcement(store, rules, rules, lambda: str(next(numbers)))


async def whole(store):
    return fold([r.event for r in await store.history("t-1")])


async def test_what_is_due_next_is_known_from_one_reading(store):
    made = await enforcement(store).enforce(EnforceInput("t-1", LATE))
    assert store.reads == 1
    ticket = await whole(store)
    assert made.version == ticket.version
    assert made.next_due_ms == plan(ticket).next_due_ms > LATE


async def test_also_where_nothing_was_due(store):
    made = await enforcement(store).enforce(EnforceInput("t-1", LATE - 14 * 60_000))
    assert store.reads == 1
    assert made.next_due_ms == plan(await whole(store)).next_due_ms < LATE


@pytest.mark.parametrize("conflict", [VersionConflictError, LoadConflictError])
async def test_who_was_too_late_reads_once_more_and_says_what_is_due_then(
    store, conflict
):
    store.conflicts = [conflict]
    made = await enforcement(store).enforce(EnforceInput("t-1", LATE))
    assert store.reads == 2
    assert made.version == (await whole(store)).version


async def test_of_no_ticket_nothing_is_due(store):
    made = await enforcement(store).enforce(EnforceInput("nobody", LATE))
    assert (made.version, made.next_due_ms, made.done) == (0, None, True)


async def test_who_enforces_many_counts_those_of_which_something_was_due(store):
    enforcing, late = enforcement(store), EPOCH + LATE * MILLISECOND
    assert await enforcing.enforce_many(["t-1", "nobody"], NOON) == 0
    assert await enforcing.enforce_many(["t-1", "nobody"], late) == 1
