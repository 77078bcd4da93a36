"""python -m bench.simulation [FILE]: how long does it take to try out a draft?

All incidents of an audit log (the committed excerpt without FILE), as `pledge import
incidents` would record them, under two bundles of examples/. What the worker does for
a job, page after page: histories loaded from memory, compared in slices in a thread.
Each figure beside a bare fold of the same histories in the same run, and in seconds of
processor time, which a busy machine stretches less. Also the longest time for which
the event loop was kept from anything else.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from temporalio.testing import ActivityEnvironment

from activities.contracts import SimulatePageInput
from activities.simulation import Order
from activities.simulation_pages import Page, SimulatedPages
from api.http.yaml_text import read_yaml
from domain.access import Keys
from domain.configuration.bundle import Named
from domain.configuration.configuration import Configuration
from domain.event import Event, Json
from domain.oncall.book import OnCallBook
from domain.simulation.comparison import Summary
from domain.subscription.subscription import Subscriptions
from domain.ticket.evolve import fold
from infra.bootstrap import documents
from infra.calendars.sources import InstalledSources
from infra.servicenow.history import opened
from infra.servicenow.log import read
from infra.wiring import now

EXCERPT = Path("tests/vectors/incidents.csv")
BUNDLES = ("incident-priorities", "incident-office-hours")
TICK_S = 0.005
MARK_S = 10


class Histories:
    """A store that has them all at hand; nothing is written."""

    def __init__(self, histories: dict[str, list[Event]]) -> None:
        self._histories = histories

    async def load_many(self, stream_ids: Sequence[str]) -> dict[str, list[Event]]:
        return {i: self._histories[i] for i in stream_ids}


class Nothing:
    """A registry of an installation without any configuration."""

    async def config(self) -> Configuration:
        return Configuration()

    async def oncall(self) -> OnCallBook:
        return OnCallBook()

    async def keys(self) -> Keys:
        return Keys()

    async def subscriptions(self) -> Subscriptions:
        return Subscriptions()

    async def refresh(self) -> None:
        pass


def histories(file: Path) -> dict[str, list[Event]]:
    log = read(file, ZoneInfo("UTC"), now())
    made = {}
    for number, rows in enumerate(log.incidents.values(), start=1):
        events = opened(rows, number, "UTC", f"bench:{number}")
        made[events[0].originator_id] = list(events)
    return made


def draft(bundle: str) -> dict[Named, Json]:
    text = Path(f"examples/{bundle}.yaml").read_text("utf-8")
    return {(kind, name): d for kind, name, d in documents(read_yaml(text))}


class Kept:
    """A table of one job, in memory."""

    def __init__(self, ticket_ids: Sequence[str], documents: dict[Named, Json]) -> None:
        self._ids, self._documents, self._as_of = ticket_ids, documents, now()
        self.summary = Summary()

    async def order(self, job_id: str, page: int, size: int) -> Order:
        return Order(
            id=job_id,
            as_of=self._as_of,
            documents=self._documents,
            ticket_ids=self._ids[page * size : (page + 1) * size],
            total=len(self._ids),
            revision=Configuration().revision,
        )

    async def begin(self, _: str, revision: int) -> None:
        pass

    async def keep(self, _: str, page: Page) -> None:
        self.summary = self.summary.together(page.summary())

    async def end(self, _: str, error: str | None = None) -> None:
        assert error is None, error


async def longest_silence(until: asyncio.Event) -> float:
    """For how long nothing else had its turn on the loop."""
    longest, before = 0.0, time.perf_counter()
    while not until.is_set():
        await asyncio.sleep(TICK_S)
        longest = max(longest, time.perf_counter() - before - TICK_S)
        before = time.perf_counter()
    return longest


async def simulated(known: dict[str, list[Event]], bundle: str) -> tuple[float, float]:
    """How long it took, and the longest silence of the loop, in seconds."""
    store: Any = Histories(known)
    nothing: Any = Nothing()
    kept = Kept([*known], draft(bundle))
    pages = SimulatedPages(kept, store, nothing, InstalledSources())
    over = asyncio.Event()
    listening = asyncio.create_task(longest_silence(over))
    began = time.perf_counter()
    page: int | None = 0
    while page is not None:
        wanted = SimulatePageInput("bench", page)
        found = await ActivityEnvironment().run(pages.simulate_page, wanted)
        page = found.next_page
    took = time.perf_counter() - began
    over.set()
    assert kept.summary.tickets == len(known)
    return took, await listening


def main() -> None:
    file = Path(sys.argv[1]) if sys.argv[1:] else EXCERPT
    known = histories(file)
    events = sum(map(len, known.values()))
    began = time.perf_counter()
    for history in known.values():
        fold(history)
    bare = time.perf_counter() - began
    sys.stdout.write(f"{len(known)} tickets, {events} events; bare fold {bare:.3f} s\n")
    for bundle in BUNDLES:
        before = time.process_time()
        took, silence = asyncio.run(simulated(known, bundle))
        processor = time.process_time() - before
        kept = "kept" if took < MARK_S else "MISSED"
        sys.stdout.write(
            f"{bundle:<24}{took:8.2f} s   {took / bare:6.1f} of bare"
            f"   processor {processor:.2f} s"
            f"   loop silent {1000 * silence:.0f} ms at most"
            f"   mark {MARK_S} s {kept}\n"
        )


if __name__ == "__main__":
    main()
