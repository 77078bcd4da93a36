"""Refunds and compensations of a ticket: requested, approved, rejected."""

from fastapi import APIRouter, Response

from activities.acting import acting_agent
from activities.ports import Caller
from api.configuration.authority_schemas import ApprovalIn, VerdictIn
from api.http.auth import CallerDep, ServicesDep
from api.ports import Services
from api.tickets.references import ticket_id_of
from api.tickets.routes import WRITE, outcome_json
from api.tickets.schemas import TicketOut
from domain.authority.approvals import ApprovalCommand, AskApproval, DecideApproval
from domain.errors import NotFoundError

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])
LONGEST_NUMBER = 9


@ROUTER.post(
    "/{ticket_id}/approvals", status_code=201, response_model=TicketOut, **WRITE
)
async def ask_approval(
    ticket_id: str, body: ApprovalIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Request a refund or compensation. It is granted at once within the requester's
    own limit; otherwise a manager with a high enough limit must approve it.
    """
    by = await acting_agent(known.registry, caller, body.requested_by, "/requested_by")
    command = AskApproval(
        kind=body.kind,
        amount=body.amount,
        currency=body.currency,
        reason=body.reason,
        requested_by=by.actor.person,
    )
    return await _do(known, ticket_id, command, by, 201)


@ROUTER.post(
    "/{ticket_id}/approvals/{number}/approve", response_model=TicketOut, **WRITE
)
async def approve(
    ticket_id: str, number: str, body: VerdictIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Approve it, under one's own limit or a delegated one."""
    return await _verdict(known, ticket_id, number, body, caller, grant=True)


@ROUTER.post(
    "/{ticket_id}/approvals/{number}/reject", response_model=TicketOut, **WRITE
)
async def reject(
    ticket_id: str, number: str, body: VerdictIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Reject it. Anybody who may approve it may also reject it."""
    return await _verdict(known, ticket_id, number, body, caller, grant=False)


async def _verdict(
    known: Services,
    ticket_id: str,
    number: str,
    body: VerdictIn,
    caller: Caller,
    *,
    grant: bool,
) -> Response:
    by = await acting_agent(known.registry, caller, body.by, "/by")
    command = DecideApproval(
        number=number_of(number),
        grant=grant,
        by=by.actor.person,
        reason=body.reason,
    )
    return await _do(known, ticket_id, command, by)


def number_of(text: str) -> int:
    """They count from 1 on each ticket; what is no number cannot be one of them."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise NotFoundError("approval", text.encode("ascii", "replace").decode()[:64])
    return int(text)


async def _do(
    known: Services,
    ticket_id: str,
    command: ApprovalCommand,
    caller: Caller,
    status: int = 200,
) -> Response:
    outcome = await known.desk.apply(
        await ticket_id_of(known, ticket_id), command, caller
    )
    return await outcome_json(known, outcome, status)
