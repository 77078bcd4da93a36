"""Tickets as followers see them: folded once, then kept up event by event."""

from collections import OrderedDict
from collections.abc import Iterable

from domain.event import Event
from domain.ticket.evolve import fold
from domain.ticket.state import Ticket
from infra.eventstore.store import PostgresEventStore

KEPT = 20_000


class TicketCache:
    """Shared by the followers of one process; `fresh` reads only what is new."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store
        self._tickets: OrderedDict[str, Ticket] = OrderedDict()

    async def fresh(
        self, ticket_ids: Iterable[str]
    ) -> tuple[dict[str, Ticket], dict[str, Exception]]:
        """Each ticket as it is now, or the error that its history gives."""
        known = {i: t.version if (t := self._tickets.get(i)) else 0 for i in ticket_ids}
        failed: dict[str, Exception] = {}
        try:
            news = await self._store.load_after(known)
        except ValueError:
            news, failed = await self._one_by_one(known)
        for ticket_id, events in news.items():
            try:
                self._keep(ticket_id, events)
            except Exception as error:  # noqa: BLE001 - one bad stream, not the log
                failed[ticket_id] = error
        found = {i: self._tickets[i] for i in known if i in self._tickets}
        while len(self._tickets) > KEPT:
            self._tickets.popitem(last=False)
        return {i: t for i, t in found.items() if i not in failed}, failed

    async def _one_by_one(
        self, known: dict[str, int]
    ) -> tuple[dict[str, list[Event]], dict[str, Exception]]:
        news: dict[str, list[Event]] = {}
        failed: dict[str, Exception] = {}
        for ticket_id, version in known.items():
            try:
                news |= await self._store.load_after({ticket_id: version})
            except ValueError as error:
                failed[ticket_id] = error
        return news, failed

    def _keep(self, ticket_id: str, events: list[Event]) -> None:
        ticket = fold(events, self._tickets.get(ticket_id))
        if ticket is not None:
            self._tickets[ticket_id] = ticket
            self._tickets.move_to_end(ticket_id)
