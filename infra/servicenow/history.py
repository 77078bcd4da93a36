"""Rows to events: what each update of an incident did to its ticket.

Every update leaves at least one event at its own time, because it changes the
attributes (`sys_mod_count`). Within an update: reopened, resumed, priority, assigned,
fields, then paused, resolved or closed.

- `timestamp` and `meta.occurred_at` are the row's sys_updated_at; the ticket is opened
  at opened_at. A row that claims a time before the row above it, or before the opening,
  takes effect at the latest time so far and keeps its claim in `meta.occurred_at`.
- The verdict of the log is the row, not its column resolved_at: that one names the last
  resolution from the first row on.
- Another waiting state ends one pause and starts the next. Resolved or closed out of
  a pause needs no resumption, as everywhere.
- Reopened: reopen_count rises, or the state falls back from Resolved or Closed.
- `?` as group or person: nobody. The log shows an emptied field in the same way.
- No team or agent is published: those of 2016 do not work here.
"""

import uuid
from collections.abc import Iterable, Sequence

from domain.copies import replace
from domain.event import IMPORTER, Actor, Event, Meta
from domain.lifecycle.commands import updated
from domain.lifecycle.facts import (
    Customer,
    TicketClosed,
    TicketOpened,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
)
from domain.lifecycle.status import Status
from domain.people.facts import TicketAssigned
from domain.ticket.draft import Draft, seal
from domain.ticket.ticket import Ticket
from infra.servicenow.row import Row

TYPE = "incident"
_RANK: dict[Status, int] = {
    "open": 0,
    "pending": 0,
    "on_hold": 0,
    "resolved": 1,
    "closed": 2,
}


def ticket_id(number: str) -> str:
    """The same for the same incident, wherever and whenever it is imported."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"servicenow:incident:{number}"))


def opened(
    rows: Sequence[Row], number: int, zone: str, command_id: str
) -> tuple[Event, ...]:
    """The whole history; `number` is the ticket's own."""
    first = rows[0]
    draft = Draft(ticket_id(first.number), None)
    draft.record(_opening(first, number, zone), first.opened_at)
    meta = Meta(
        command_id=command_id,
        correlation_id=f"{IMPORTER}:{first.number}",
        causation_id=command_id,
        actor=_actor(first.opened_by),
        channel="import",
        occurred_at=first.opened_at,
    )
    return seal(draft, meta) + continued(draft.ticket, rows, command_id)


def continued(
    ticket: Ticket, rows: Iterable[Row], command_id: str
) -> tuple[Event, ...]:
    """What these rows add to the ticket."""
    events: tuple[Event, ...] = ()
    for row in rows:
        draft = Draft(ticket.id, ticket)
        _update(draft, row)
        ticket = draft.ticket
        meta = Meta(
            command_id=command_id,
            correlation_id=f"{IMPORTER}:{row.number}",
            causation_id=command_id,
            actor=_actor(row.updated_by or row.agent),
            channel="import",
            occurred_at=row.updated_at,
        )
        events += seal(draft, meta)
    return events


def _actor(person: str | None) -> Actor:
    return Actor(id=IMPORTER, kind="migration", on_behalf_of=person)


def _opening(row: Row, number: int, zone: str) -> TicketOpened:
    return TicketOpened(
        number=number,
        subject=row.subject,
        body=f"Incident {row.number}, imported: the audit log holds no text.",
        channel=row.channel,
        type=TYPE,
        priority=row.priority,
        customer=Customer(external_id=row.caller),
        product_area=None,
        tags=(),
        attributes={
            "source": "ServiceNow",
            "number": row.number,
            "contact_type": row.contact_type,
            "time_zone": zone,
        },
    )


def _update(draft: Draft, row: Row) -> None:
    _reopen(draft, row)
    _resume(draft, row)
    _prioritise(draft, row)
    _assign(draft, row)
    _describe(draft, row)
    _settle(draft, row)


def _reopen(draft: Draft, row: Row) -> None:
    ticket = draft.ticket
    known = ticket.attributes.get("reopen_count", row.reopen_count)
    rose = isinstance(known, int) and row.reopen_count > known
    if not rose and _RANK[row.status] >= _RANK[ticket.status]:
        return
    if ticket.pause is not None:
        draft.record(TicketResumed(reason="reopened"), row.updated_at)
    reason = f"reopened in ServiceNow, {row.reopen_count} times so far"
    draft.record(TicketReopened(reason=reason), row.updated_at)


def _resume(draft: Draft, row: Row) -> None:
    pause = draft.ticket.pause
    if pause is None or _RANK[row.status] or row.state == pause.reason:
        return
    draft.record(TicketResumed(reason=row.state), row.updated_at)


def _prioritise(draft: Draft, row: Row) -> None:
    old = draft.ticket.priority
    if row.priority != old:
        of = [f"{k} {row.kept[k]}" for k in ("impact", "urgency") if k in row.kept]
        draft.record(
            TicketPriorityChanged(
                old=old, new=row.priority, reason=", ".join(of) or "in ServiceNow"
            ),
            row.updated_at,
        )


def _assign(draft: Draft, row: Row) -> None:
    ticket = draft.ticket
    if (row.team, row.agent) != (ticket.team, ticket.assignee):
        draft.record(
            TicketAssigned(team=row.team, agent=row.agent, reason=None), row.updated_at
        )


def _describe(draft: Draft, row: Row) -> None:
    ticket = draft.ticket
    fixed = ("source", "number", "contact_type", "time_zone")
    attributes = {k: v for k, v in ticket.attributes.items() if k in fixed} | row.kept
    new = replace(ticket.details, attributes=attributes, subject=row.subject)
    draft.record(updated(ticket.details, new), row.updated_at)


def _settle(draft: Draft, row: Row) -> None:
    ticket, at = draft.ticket, row.updated_at
    match row.status:
        case "pending" | "on_hold" as status if ticket.pause is None:
            draft.record(TicketPaused(status=status, reason=row.state, until=None), at)
        case "resolved" if ticket.status != "resolved":
            draft.record(TicketResolved(code=row.closed_code, note=None), at)
        case "closed" if ticket.status != "closed":
            draft.record(TicketClosed(), at)
        case _:
            pass
