"""A page of a simulation: what cannot be read is left out by name, what changed
meanwhile begins again, and a job that was deleted ends.
"""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.contracts import SimulatePageInput
from activities.ports import StoreUnavailableError
from activities.simulation import Order
from activities.simulation_pages import PAGE, SimulatedPages
from domain.configuration.configuration import Configuration
from domain.errors import UnreadableError
from domain.oncall.book import OnCallBook
from domain.sla.facts import SlaAttached
from tests.support.dsl import ANSWER, NOON, Story, promising, published

WORLD = promising({"first_response": "1h"})
HISTORY = Story(WORLD).when("2h", ANSWER).events
TIGHT = {"match": [{"targets": {"first_response": "10m"}}]}
DRAFT = {("sla-policies", "care"): TIGHT}


class LintContext:
    """The configuration as a test leaves it."""

    def __init__(self):
        self.now = Configuration()

    async def config(self):
        return self.now

    async def oncall(self):
        return OnCallBook()


class Histories:
    """Every ticket has the same."""

    def __init__(self, unreadable=(), *, away=False):
        self.unreadable, self.away = unreadable, away

    async def load_many(self, stream_ids):
        if self.away:
            raise StoreUnavailableError("away")
        for stream_id in stream_ids:
            if stream_id in self.unreadable:
                raise UnreadableError(stream_id, "of another release")
        return dict.fromkeys(stream_ids, HISTORY)


class Kept:
    """The table of one job, in memory."""

    def __init__(self, tickets, documents=DRAFT):
        self.tickets, self.documents = [f"t-{i:03}" for i in range(tickets)], documents
        self.revision, self.pages, self.ended, self.error = None, {}, False, None
        self.deleted = False

    async def order(self, job_id, page, size):
        if self.deleted or self.ended:
            return None
        return Order(
            id=job_id,
            as_of=NOON,
            documents=self.documents,
            ticket_ids=self.tickets[page * size : (page + 1) * size],
            total=len(self.tickets),
            revision=self.revision,
        )

    async def begin(self, _, revision):
        self.revision, self.pages = revision, {}

    async def keep(self, _, page):
        self.pages[page.number] = page

    async def end(self, _, error=None):
        self.ended, self.error = True, error


class Bench:
    def __init__(self, tickets=8, documents=DRAFT, **store):
        self.kept, self.registry = Kept(tickets, documents), LintContext()
        self.store = Histories(**store)
        self.pages = SimulatedPages(self.kept, self.store, self.registry, None)

    async def page(self, number):
        wanted = SimulatePageInput("s-1", number)
        return await ActivityEnvironment().run(self.pages.simulate_page, wanted)


async def test_an_unreadable_history_is_left_out_by_name():
    bench = Bench(unreadable=("t-003",))
    assert (await bench.page(0)).next_page is None
    [page] = bench.kept.pages.values()
    assert [left.ticket_id for left in page.left_out] == ["t-003"]
    assert (page.done, page.summary().tickets, page.summary().breaches.more) == (
        8,
        7,
        7,
    )


async def test_a_page_that_is_done_twice_counts_once():
    bench = Bench(tickets=PAGE + 1)
    first = await bench.page(0)
    assert (first.next_page, first.done, first.total) == (1, PAGE, PAGE + 1)
    await bench.page(0)
    last = await bench.page(1)
    assert (last.next_page, last.done) == (None, PAGE + 1)
    assert [page.done for page in bench.kept.pages.values()] == [PAGE, 1]


async def test_a_configuration_that_changes_meanwhile_begins_it_again():
    bench = Bench(tickets=PAGE + 1)
    await bench.page(0)
    bench.registry.now = published(Configuration(), "teams", "night", {"members": []})
    again = await bench.page(1)
    assert (again.next_page, again.done) == (0, 0)
    assert (await bench.page(0)).next_page == 1
    assert bench.kept.revision == bench.registry.now.revision


async def test_a_job_that_was_deleted_ends_at_the_next_page():
    bench = Bench()
    bench.kept.deleted = True
    assert (await bench.page(0)).next_page is None
    assert bench.kept.pages == {}


async def test_what_fails_is_told_to_who_asks_for_the_job():
    bench = Bench(documents={("sla-policies", "care"): {"match": []}})
    assert (await bench.page(0)).next_page is None
    assert "/draft/sla-policies/care/match" in str(bench.kept.error)


async def test_a_database_that_is_away_is_waited_for():
    bench = Bench(away=True)
    with pytest.raises(StoreUnavailableError):
        await bench.page(0)
    assert not bench.kept.ended


def test_the_history_of_these_tests_has_a_promise():
    assert any(isinstance(event.fact, SlaAttached) for event in HISTORY)
