"""Merge two tickets, undo a merge, and split a ticket."""

from fastapi import APIRouter, Response

from api.http.auth import CallerDep, ServicesDep
from api.ports import Services
from api.tickets.references import ticket_id_of
from api.tickets.routes import WRITE, outcome_json
from api.tickets.schemas import MergedOut, MergeIn, SplitIn, TicketOut, UnmergeIn
from domain.errors import InvalidError, NotFoundError
from domain.event import Json
from domain.ticket.split import SplitTicket
from domain.ticket.ticket import Ticket

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


@ROUTER.post("/{ticket_id}/merge", response_model=MergedOut, **WRITE)
async def merge_ticket(
    ticket_id: str, body: MergeIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Close this ticket as part of another one. For each metric the other ticket keeps
    the stricter clock, and takes over a clock that it does not run itself, so that a
    waiting customer keeps a running promise. Messages stay where they are and are
    counted there too. `warnings`: the customers differ.
    """
    ticket = await ticket_id_of(known, ticket_id)
    merged = await known.desk.merge(ticket, await _into(known, body.into), caller)
    warnings = _warnings(merged.ticket)
    return await outcome_json(known, merged, form=MergedOut, warnings=warnings)


@ROUTER.post("/{ticket_id}/unmerge", response_model=TicketOut, **WRITE)
async def unmerge_ticket(
    ticket_id: str, body: UnmergeIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Undo a merge within seven days. The ticket has its former state, and its clocks
    have the time as if they had never stopped, except for what was answered in the
    other ticket. What happened there since the merge stays there.
    """
    ticket = await ticket_id_of(known, ticket_id)
    apart = await known.desk.unmerge(ticket, body.reason, caller)
    return await outcome_json(known, apart)


def _warnings(ticket: Ticket) -> list[Json]:
    merged = ticket.merged
    if merged is None or merged.into_customer is None:
        return []
    theirs, mine = merged.into_customer, ticket.customer.external_id
    message = (
        f"ticket #{merged.into_number} is of customer {theirs!r}, not of {mine!r}:"
        " the messages of both are one conversation now"
    )
    return [{"pointer": "/into", "message": message}]


@ROUTER.post("/{ticket_id}/split", status_code=201, response_model=TicketOut, **WRITE)
async def split_ticket(
    ticket_id: str, body: SplitIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Make a new ticket from a message. Its promises count from the message, or from
    the original's start if the policy says so.
    """
    command = SplitTicket(
        version=body.message,
        number=await known.next_number(),
        subject=body.subject,
        type=body.type,
        priority=body.priority,
    )
    made = await known.desk.split(
        await ticket_id_of(known, ticket_id), command, known.new_id(), caller
    )
    return await outcome_json(known, made, 201)


async def _into(known: Services, into: str) -> str:
    try:
        return await ticket_id_of(known, into)
    except NotFoundError as error:
        raise InvalidError.at("/into", str(error)) from error
