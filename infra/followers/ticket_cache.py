"""Tickets as followers see them: folded once, then kept up event by event."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from domain.errors import UnreadableError
from domain.event import Event
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket
from infra.eventstore.store import PostgresEventStore

KEPT = 10_000
Failed = dict[str, Exception]
Given = TypeVar("Given")
Made = TypeVar("Made")


class TicketCache:
    """Shared by the followers of one process; `fresh` reads only what is new."""

    def __init__(self, store: PostgresEventStore, kept: int = KEPT) -> None:
        self._store, self._kept = store, kept
        self._tickets: OrderedDict[str, Ticket] = OrderedDict()

    async def fresh(
        self, ticket_ids: Iterable[str]
    ) -> tuple[dict[str, Ticket], Failed]:
        """Each ticket as it is now, or the error that its history gives."""
        # Two followers ask at once: what was known when the question was put is what
        # the answer is folded onto, or an event could be folded in twice.
        known = {i: self._tickets.get(i) for i in ticket_ids}
        news, failed = await self._news(
            {i: ticket.version if ticket else 0 for i, ticket in known.items()}
        )
        found: dict[str, Ticket] = {}
        for ticket_id, ticket in known.items():
            try:
                now = fold(news.get(ticket_id, ()), ticket)
            except Exception as error:  # noqa: BLE001 - one bad stream, not the log
                failed[ticket_id] = error
                continue
            if now is not None and ticket_id not in failed:
                found[ticket_id] = now
                self._keep(now)
        while len(self._tickets) > self._kept:
            self._tickets.popitem(last=False)
        return found, failed

    async def _news(
        self, known: dict[str, int]
    ) -> tuple[dict[str, list[Event]], Failed]:
        try:
            return await self._store.load_after(known), {}
        except UnreadableError:
            return await self._one_by_one(known)

    async def _one_by_one(
        self, known: dict[str, int]
    ) -> tuple[dict[str, list[Event]], Failed]:
        news: dict[str, list[Event]] = {}
        failed: Failed = {}
        for ticket_id, version in known.items():
            try:
                news |= await self._store.load_after({ticket_id: version})
            except UnreadableError as error:
                failed[ticket_id] = error
        return news, failed

    def _keep(self, ticket: Ticket) -> None:
        kept = self._tickets.get(ticket.id)
        if kept is None or kept.version < ticket.version:
            self._tickets[ticket.id] = ticket
        self._tickets.move_to_end(ticket.id)


def each(
    tickets: Mapping[str, Given], make: Callable[[Given], Made]
) -> tuple[dict[str, Made], Failed]:
    """What `make` makes of each ticket, or the error that it raises for it."""
    made: dict[str, Made] = {}
    failed: Failed = {}
    for ticket_id, ticket in tickets.items():
        try:
            made[ticket_id] = make(ticket)
        except Exception as error:  # noqa: BLE001 - one bad ticket, not the log
            failed[ticket_id] = error
    return made, failed
