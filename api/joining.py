"""Two tickets that are one, and one that is two."""

from fastapi import APIRouter, Response

from api.auth import Calling, Known
from api.naming import ticket_id_of
from api.ports import Services
from api.schemas_tickets import MergeIn, SplitIn, TicketOut
from api.tickets import WRITE, outcome_json
from domain.errors import InvalidError, NotFoundError
from domain.split import SplitTicket

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])


@ROUTER.post("/{ticket_id}/merge", response_model=TicketOut, **WRITE)
async def merge_ticket(
    ticket_id: str, body: MergeIn, known: Known, caller: Calling
) -> Response:
    """Close this ticket as part of another one. Its running promises are cancelled with
    a link; the other ticket keeps the stricter of both.
    """
    ticket = await ticket_id_of(known, ticket_id)
    merged = await known.desk.merge(ticket, await _into(known, body.into), caller)
    return await outcome_json(known, merged)


@ROUTER.post("/{ticket_id}/split", status_code=201, response_model=TicketOut, **WRITE)
async def split_ticket(
    ticket_id: str, body: SplitIn, known: Known, caller: Calling
) -> Response:
    """Make a ticket of its own from a message. Its promises count from the message, or
    from the original's start where the policy says so.
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
