"""Tickets as followers see them: folded once, then updated event by event."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

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
        found, failed = await self._store.tickets_from(known)
        for ticket in found.values():
            self._keep(ticket)
        while len(self._tickets) > self._kept:
            self._tickets.popitem(last=False)
        return found, failed

    def forget(self, customers: Collection[str]) -> None:
        """Of these customers nothing is kept: it is folded again without what was
        erased.
        """
        for ticket_id, ticket in list(self._tickets.items()):
            if ticket.customer.external_id in customers:
                del self._tickets[ticket_id]

    def _keep(self, ticket: Ticket) -> None:
        kept = self._tickets.get(ticket.id)
        if kept is None or kept.version < ticket.version:
            self._tickets[ticket.id] = ticket
        self._tickets.move_to_end(ticket.id)


def each(
    tickets: Mapping[str, Given], make: Callable[[Given], Made]
) -> tuple[dict[str, Made], Failed]:
    """The result of `make` for each ticket, or the error that it raises."""
    made: dict[str, Made] = {}
    failed: Failed = {}
    for ticket_id, ticket in tickets.items():
        try:
            made[ticket_id] = make(ticket)
        except Exception as error:  # noqa: BLE001 - one bad ticket, not the log
            failed[ticket_id] = error
    return made, failed
