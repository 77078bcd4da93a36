"""A page of a simulation: the one activity of its workflow.

Idempotent: the result of a page replaces the one before. A history that cannot be read
is listed and left out; the others are not affected.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from temporalio import activity

from activities.configuration_sources import Sources
from activities.contracts import SimulatePageInput, SimulatePageResult
from activities.delivery import heard
from activities.ports import EventStore, Registry, StoreUnavailableError
from activities.simulation import LeftOut, Order, trial_of
from domain.configuration.configuration import Configuration
from domain.errors import DomainError, UnreadableError
from domain.event import Event
from domain.simulation.comparison import (
    Summary,
    TicketDifference,
    compare,
    is_ticket,
)
from domain.simulation.overlay import Trial
from domain.simulation.replay import absorbed_by

LOG = logging.getLogger(__name__)
PAGE = 100
SLICE = 25
MOST_TRIALS = 4


@dataclass(frozen=True, kw_only=True)
class Page:
    """The results of one page. `done`: how many tickets it has."""

    number: int
    done: int
    found: Sequence[TicketDifference]
    left_out: Sequence[LeftOut]

    def summary(self) -> Summary:
        total = Summary()
        for difference in self.found:
            total = total.plus(difference)
        return total


class Pages(Protocol):
    """The storage of orders and results."""

    async def order(self, job_id: str, page: int, size: int) -> Order | None:
        """With the tickets of this page; None: it was deleted or is over."""

    async def begin(self, job_id: str, revision: int) -> None:
        """Begins again at the first page, with the configuration of this revision."""

    async def keep(self, job_id: str, page: Page) -> None: ...

    async def end(self, job_id: str, error: str | None = None) -> None: ...


class SimulatedPages:
    def __init__(
        self, pages: Pages, store: EventStore, registry: Registry, sources: Sources
    ) -> None:
        self._pages, self._store = pages, store
        self._registry, self._sources = registry, sources
        self._trials: dict[tuple[str, int], Trial] = {}

    @activity.defn(name="simulate_page")
    async def simulate_page(self, wanted: SimulatePageInput) -> SimulatePageResult:
        """A fault ends the job and is shown in its `error`; only if the database is
        unavailable, it is tried again.
        """
        order = await self._pages.order(wanted.simulation_id, wanted.page, PAGE)
        if order is None:
            return SimulatePageResult(None, 0, 0)
        try:
            async with heard():
                return await self._simulated(order, wanted.page)
        except StoreUnavailableError:
            raise
        except DomainError as error:
            message = str(error)
        except Exception:
            LOG.exception("simulation %s failed", order.id)
            message = f"a fault of Pledge: the worker's log has it under {order.id}"
        await self._pages.end(order.id, message)
        return SimulatePageResult(None, 0, order.total)

    async def _simulated(self, order: Order, number: int) -> SimulatePageResult:
        config = await self._registry.config()
        if number > 0 and order.revision != config.revision:
            # Results of two configurations in one job would be meaningless.
            return SimulatePageResult(0, 0, order.total)
        if number == 0:
            await self._pages.begin(order.id, config.revision)
        trial = await self._trial(order, config)
        page = await self._page(order, number, trial)
        await self._pages.keep(order.id, page)
        done = number * PAGE + page.done
        if done < order.total:
            return SimulatePageResult(number + 1, done, order.total)
        await self._pages.end(order.id)
        return SimulatePageResult(None, done, order.total)

    async def _trial(self, order: Order, config: Configuration) -> Trial:
        """Built once for all pages, unless other jobs run in between."""
        key = (order.id, config.revision)
        if key not in self._trials:
            book = await self._registry.oncall()
            made = await trial_of(
                order.documents, config, book, self._sources, order.as_of
            )
            while len(self._trials) >= MOST_TRIALS:
                del self._trials[next(iter(self._trials))]
            self._trials[key] = made
        return self._trials[key]

    async def _page(self, order: Order, number: int, trial: Trial) -> Page:
        left_out: list[LeftOut] = []
        streams = await self._load(order.ticket_ids, left_out)
        others = await self._absorbed(streams)
        found: list[TicketDifference] = []
        left_out += [
            LeftOut(ticket_id, "there is no such ticket")
            for ticket_id, events in streams.items()
            if not is_ticket(events)
        ]
        histories = [events for events in streams.values() if is_ticket(events)]
        for begin in range(0, len(histories), SLICE):
            part = histories[begin : begin + SLICE]
            found += await asyncio.to_thread(_compare, part, trial, order, others)
        return Page(
            number=number, done=len(order.ticket_ids), found=found, left_out=left_out
        )

    async def _load(
        self, ids: Sequence[str], left_out: list[LeftOut]
    ) -> dict[str, list[Event]]:
        try:
            streams = await self._store.load_many(ids)
        except UnreadableError as error:
            if len(ids) == 1:
                left_out.append(LeftOut(ids[0], str(error)))
                return {}
            middle = len(ids) // 2
            first = await self._load(ids[:middle], left_out)
            return first | await self._load(ids[middle:], left_out)
        return {i: streams.get(i, []) for i in ids}

    async def _absorbed(
        self, streams: dict[str, list[Event]]
    ) -> dict[str, list[Event]]:
        """Also the histories of the tickets that were merged into these, and of those
        merged into those. One that cannot be read is empty here.
        """
        known = dict(streams)
        while wanted := {i for e in known.values() for i in absorbed_by(e)} - {*known}:
            unread: dict[str, list[Event]] = {ticket_id: [] for ticket_id in wanted}
            known |= unread | await self._load(sorted(wanted), [])
        return known


def _compare(
    histories: Sequence[Sequence[Event]],
    trial: Trial,
    order: Order,
    others: Mapping[str, Sequence[Event]],
) -> list[TicketDifference]:
    return [compare(events, trial, order.as_of, others) for events in histories]
