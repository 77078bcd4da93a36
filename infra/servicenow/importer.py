"""Histories into the store: one append per incident, each once.

The command id is `import:incidents:<number>`, so that a second run adds nothing; rows
after the last imported one (a longer file, a repaired last row) are added under
`import:incidents:<number>:<last sys_mod_count>`.

What cannot be done is reported instead: inserting an update between two that are in the
log already (it is append-only), extending a ticket that people have worked on here,
importing an incident again with another time zone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from activities.ports import CommandRow, EventStore, NewId
from domain.errors import ConflictError
from domain.event import IMPORTER, Event
from domain.lifecycle.facts import TicketUpdated
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket
from infra.servicenow.history import continued, opened, ticket_id
from infra.servicenow.log import IncidentLog
from infra.servicenow.row import Fault, Row, mark

AT_ONCE = 100
"""Incidents that are appended together; the writer needs few transactions for them."""


@dataclass
class Summary:
    """Incidents by their result. `left_alone`: the reason, by their first row."""

    added: int = 0
    extended: int = 0
    already_there: int = 0
    events: int = 0
    left_alone: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def present(self) -> int:
        return self.added + self.extended + self.already_there


class Importer:
    """`zone`: the name of the time zone in which the log was read."""

    def __init__(
        self,
        store: EventStore,
        next_number: Callable[[], Awaitable[int]],
        new_id: NewId,
        zone: str,
    ) -> None:
        self._store, self._next_number = store, next_number
        self._new_id, self._zone = new_id, zone

    async def run(self, log: IncidentLog, done: Callable[[int], None]) -> Summary:
        """`done` is called with the number of further incidents. Can be run again at
        any time.
        """
        summary = Summary(faults=list(log.faults))
        incidents = list(log.incidents.values())
        for start in range(0, len(incidents), AT_ONCE):
            batch = incidents[start : start + AT_ONCE]
            known = await self._store.load_many([_id(rows) for rows in batch])
            await asyncio.gather(
                *(self._take(rows, known.get(_id(rows), []), summary) for rows in batch)
            )
            done(len(batch))
        summary.faults.sort(key=lambda fault: fault.line)
        return summary

    async def _take(
        self, rows: Sequence[Row], events: Sequence[Event], summary: Summary
    ) -> None:
        try:
            if events:
                await self._extend(rows, events, summary)
            else:
                await self._open(rows, summary)
        except ConflictError as error:
            _leave(rows[0], str(error), summary)

    async def _open(self, rows: Sequence[Row], summary: Summary) -> None:
        command_id = f"{IMPORTER}:{rows[0].number}"
        number = await self._next_number()
        added = await self._append(opened(rows, number, self._zone, command_id))
        summary.events += added
        if added:
            summary.added += 1
        else:
            summary.already_there += 1

    async def _extend(
        self, rows: Sequence[Row], events: Sequence[Event], summary: Summary
    ) -> None:
        ticket = fold(events)
        assert ticket is not None, "a stream that holds events folds to a ticket"
        if ticket.attributes.get("time_zone", self._zone) != self._zone:
            zone = ticket.attributes["time_zone"]
            _leave(rows[0], f"it was imported before, in time zone {zone}", summary)
            return
        late, new = unknown_rows(rows, events)
        summary.faults.extend(_late(row) for row in late)
        if not new:
            summary.already_there += 1
        elif any(event.meta.actor.kind != "migration" for event in events):
            _leave(new[0], "people have worked on it here since", summary)
        else:
            await self._go_on(ticket, new, summary)

    async def _go_on(
        self, ticket: Ticket, new: Sequence[Row], summary: Summary
    ) -> None:
        last = new[-1]
        command_id = f"{IMPORTER}:{last.number}:{last.mod_count}"
        summary.events += await self._append(continued(ticket, new, command_id))
        summary.extended += 1

    async def _append(self, events: Sequence[Event]) -> int:
        """How many were added: none if another import was faster."""
        last = events[-1]
        row = CommandRow(
            command_id=last.meta.command_id,
            request_sha256="",
            attempt=self._new_id(),
            stream_id=last.originator_id,
            version=last.originator_version,
        )
        appended = await self._store.append(events, row)
        return 0 if appended.replayed else len(events)


def unknown_rows(
    rows: Sequence[Row], events: Sequence[Event]
) -> tuple[Sequence[Row], Sequence[Row]]:
    """The rows that these events do not contain: those that are too late to be inserted
    between the others, and those that can be added.
    """
    marks = [mark(found) for event in events if (found := _attributes(event))]
    known = set(marks)
    there = [i for i, row in enumerate(rows) if row.mark in known]
    if there:
        cut = there[-1] + 1
    else:
        counts = [count for count, _ in marks if isinstance(count, int)]
        newest = max(counts, default=-1)
        cut = sum(row.mod_count <= newest for row in rows)
    return [row for row in rows[:cut] if row.mark not in known], rows[cut:]


def _attributes(event: Event) -> dict[str, object]:
    fact = event.fact
    if event.meta.actor.kind != "migration" or not isinstance(fact, TicketUpdated):
        return {}
    return fact.new.attributes


def _id(rows: Sequence[Row]) -> str:
    return ticket_id(rows[0].number)


def _late(row: Row) -> Fault:
    message = (
        f"update {row.mod_count} of {row.number} belongs before updates that were"
        " imported earlier, and cannot be put in between"
    )
    return Fault(line=row.line, column="sys_mod_count", message=message)


def _leave(row: Row, why: str, summary: Summary) -> None:
    message = f"{row.number} was skipped: {why}"
    summary.left_alone.append(Fault(line=row.line, column=None, message=message))
