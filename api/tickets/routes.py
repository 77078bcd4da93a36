"""Tickets: open, read, list, change, and the actions on a ticket."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.acting import acting, acting_agent
from activities.ports import Caller
from activities.tickets import Outcome
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, guarded, listed, reads
from api.http.fields import Cleaned
from api.http.reader import mask_subjects
from api.http.responses import answer, etag, made_at, written
from api.ports import Services
from api.tickets.filters import TicketQuery
from api.tickets.references import AsOf, KnownAt, past, ticket_id_of
from api.tickets.responses import clocks_json, ticket_json
from api.tickets.schemas import (
    AssignIn,
    AuthorIn,
    ByAgentIn,
    ChangeIn,
    ClocksOut,
    EscalateIn,
    FeedbackIn,
    MessageIn,
    Nothing,
    PauseIn,
    ReopenIn,
    ResolveIn,
    TicketIn,
    TicketOut,
    TicketRow,
)
from domain.errors import InvalidError
from domain.escalation.commands import Acknowledge, Escalate
from domain.lifecycle.commands import (
    AddMessage,
    Assign,
    Change,
    Close,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
)
from domain.lifecycle.facts import Author, Customer
from domain.lifecycle.macro_run import RunMacro
from domain.ticket.decide import CaptureFeedback, Command, OpenTicket

ROUTER = APIRouter(prefix="/v1/tickets", tags=["tickets"])
READ = reads("tickets:read", 404, 422)
LIST = guarded("tickets:read", 404, 422)
WRITE = guarded("tickets:write", 400, 404, 409, 412, 413, 415, 422)
Limit = Annotated[int, Query(ge=1, le=500)]


async def outcome_json(
    known: Services,
    outcome: Outcome,
    status: int = 200,
    form: type[TicketOut] = TicketOut,
    **made: object,
) -> Response:
    """As of the command, so that a replayed answer is the same."""
    headers = etag(outcome.ticket.version) | written(outcome.appended)
    if status == HTTPStatus.CREATED:
        headers |= made_at("tickets", outcome.ticket.id)
    config = await known.registry.config()
    ticket = outcome.ticket
    body = ticket_json(ticket, ticket.updated_at, config, form, **made)
    return answer(body, status=status, headers=headers)


@ROUTER.post("", status_code=201, response_model=TicketOut, **WRITE)
async def open_ticket(
    body: TicketIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Open a ticket. SLA policies are matched and the clocks start at once."""
    command = OpenTicket(
        number=await known.next_number(),
        subject=body.subject,
        body=body.body,
        channel=body.channel,
        type=body.type,
        priority=body.priority,
        customer=Customer(**body.customer.model_dump()),
        product_area=body.product_area,
        tags=tuple(body.tags),
        attributes=body.attributes,
        occurred_at=body.occurred_at,
        opened_by=body.opened_by,
    )
    opened = await known.desk.open(known.new_id(), command, caller)
    return await outcome_json(known, opened, 201)


@ROUTER.get("", response_model=page_of(TicketRow, "TicketPage"), **LIST)
async def list_tickets(
    known: ServicesDep, query: Annotated[TicketQuery, Query()]
) -> Response:
    """Tickets by any of their fields, newest first unless `sort` says otherwise. All
    filters must match; for several values of one filter, any of them.
    """
    await listed(known, query.wait_for, texts=query.q is not None)
    items, following = await known.tickets.page(
        query.wanted(), query.limit, query.cursor
    )
    mask_subjects(items)
    return answer({"items": items, "next_cursor": following})


@ROUTER.get("/{ticket_id}", response_model=TicketOut, **READ)
async def get_ticket(
    ticket_id: str,
    known: ServicesDep,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    at_version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """The ticket now, at a version, or as of an instant; by its id or number. With
    `as_of` and `known_at`: what was known on Friday about Wednesday.
    """
    if at_version is not None and (as_of is not None or known_at is not None):
        given = "as_of" if as_of is not None else "known_at"
        raise InvalidError.at("?at_version", f"goes without {given}: give one of them")
    ticket = await known.desk.get(
        await ticket_id_of(known, ticket_id),
        version=at_version,
        as_of=past(known, as_of),
        known_at=past(known, known_at, "?known_at"),
    )
    shown_at = ticket.updated_at if at_version else as_of or known_at or known.now()
    config = await known.registry.config()
    return answer(ticket_json(ticket, shown_at, config), headers=etag(ticket.version))


@ROUTER.get("/{ticket_id}/clocks", response_model=ClocksOut, **READ)
async def get_ticket_clocks(
    ticket_id: str, known: ServicesDep, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    """Each clock: the used time, the deadline, the verdict."""
    at, by = past(known, as_of), past(known, known_at, "?known_at")
    ticket = await known.desk.get(
        await ticket_id_of(known, ticket_id), as_of=at, known_at=by
    )
    clocks = clocks_json(ticket, at or by or known.now(), await known.registry.config())
    return answer({"items": clocks}, headers=etag(ticket.version))


@ROUTER.patch("/{ticket_id}", response_model=TicketOut, **WRITE)
async def change_ticket(
    ticket_id: str, body: ChangeIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Change fields. A new type, tier or priority matches the SLA policies again."""
    given = body.model_dump(exclude_unset=True)
    command = Change(
        priority=given.pop("priority", None),
        tier=given.pop("tier", None),
        fields={
            name: tuple(value) if name == "tags" else value
            for name, value in given.items()
            if value is not None or name == "product_area"
        },
    )
    return await _do(known, ticket_id, command, caller)


@ROUTER.post("/{ticket_id}/messages", response_model=TicketOut, **WRITE)
async def add_message(
    ticket_id: str, body: MessageIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Add a message. A public message of an agent answers the customer."""
    author, caller = await _author(known, body.author, caller)
    command = AddMessage(
        author=author,
        body=body.body,
        visibility=body.visibility,
        channel=body.channel,
        expects_reply=body.expects_reply,
        automatic=body.automatic,
    )
    return await _do(known, ticket_id, command, caller)


@ROUTER.post("/{ticket_id}/assign", response_model=TicketOut, **WRITE)
async def assign_ticket(
    ticket_id: str, body: AssignIn, known: ServicesDep, caller: CallerDep
) -> Response:
    command = Assign(team=body.team, agent=body.agent, reason=body.reason)
    return await _do(known, ticket_id, command, caller)


@ROUTER.post("/{ticket_id}/acknowledge", response_model=TicketOut, **WRITE)
async def acknowledge_ticket(
    ticket_id: str, known: ServicesDep, caller: CallerDep, body: ByAgentIn | None = None
) -> Response:
    """Acknowledge the ticket: the escalation stops until that expires."""
    agent = body.agent if body else None
    by = await acting(known.registry, caller, agent, "/agent")
    return await _do(known, ticket_id, Acknowledge(by=by.actor.person), by)


@ROUTER.post("/{ticket_id}/escalate", response_model=TicketOut, **WRITE)
async def escalate_ticket(
    ticket_id: str, body: EscalateIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Move the escalation to a step (0 = the first) or to the next one, now. With
    `If-Match` it is refused if the ticket has changed since you read it.
    """
    by = await acting(known.registry, caller, body.agent, "/agent")
    command = Escalate(by=by.actor.person, reason=body.reason, to_step=body.to_step)
    return await _do(known, ticket_id, command, by)


@ROUTER.post("/{ticket_id}/macros/{name}", response_model=TicketOut, **WRITE)
async def run_macro(
    ticket_id: str,
    name: Annotated[str, Cleaned],
    known: ServicesDep,
    caller: CallerDep,
    body: ByAgentIn | None = None,
) -> Response:
    """Run a macro: all of it, or nothing if somebody whom it names does not exist."""
    agent = body.agent if body else None
    by = await acting(known.registry, caller, agent, "/agent")
    command = RunMacro(name=name, by=by.actor.person)
    return await _do(known, ticket_id, command, by)


@ROUTER.post("/{ticket_id}/pause", response_model=TicketOut, **WRITE)
async def pause_ticket(
    ticket_id: str, body: PauseIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Pause the ticket, and the clocks that its policies pause, until it is resumed or
    until `until`.
    """
    command = PauseTicket(
        reason=body.reason,
        until=body.until,
        status="pending" if body.waiting_for == "customer" else "on_hold",
    )
    return await _do(known, ticket_id, command, caller)


@ROUTER.post("/{ticket_id}/resume", response_model=TicketOut, **WRITE)
async def resume_ticket(
    ticket_id: str, known: ServicesDep, caller: CallerDep, _: Nothing | None = None
) -> Response:
    return await _do(known, ticket_id, Resume(), caller)


@ROUTER.post("/{ticket_id}/resolve", response_model=TicketOut, **WRITE)
async def resolve_ticket(
    ticket_id: str, known: ServicesDep, caller: CallerDep, body: ResolveIn | None = None
) -> Response:
    """Resolve the ticket. Each running promise gets its verdict now."""
    given = body or ResolveIn()
    return await _do(
        known, ticket_id, Resolve(code=given.code, note=given.note), caller
    )


@ROUTER.post("/{ticket_id}/close", response_model=TicketOut, **WRITE)
async def close_ticket(
    ticket_id: str, known: ServicesDep, caller: CallerDep, _: Nothing | None = None
) -> Response:
    return await _do(known, ticket_id, Close(), caller)


@ROUTER.post("/{ticket_id}/reopen", response_model=TicketOut, **WRITE)
async def reopen_ticket(
    ticket_id: str, body: ReopenIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Reopen the ticket. A resolution clock that was met continues from where it
    stopped.
    """
    return await _do(known, ticket_id, Reopen(reason=body.reason), caller)


@ROUTER.post("/{ticket_id}/feedback", response_model=TicketOut, **WRITE)
async def capture_feedback(
    ticket_id: str, body: FeedbackIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Record feedback of the customer about the product, for the product team."""
    command = CaptureFeedback(
        feedback_id=known.new_id(),
        text=body.text,
        kind=body.kind,
        product_area=body.product_area,
        severity=body.severity,
    )
    return await _do(known, ticket_id, command, caller)


async def _author(
    known: Services, given: AuthorIn, caller: Caller
) -> tuple[Author, Caller]:
    """Who wrote a message is somebody who acts, if an agent did; a customer's words
    anybody may hand in.
    """
    if given.kind == "agent":
        caller = await acting_agent(known.registry, caller, given.id, "/author/id")
        return Author(kind="agent", id=caller.actor.person, role=given.role), caller
    if given.id is None:
        raise InvalidError.at("/author/id", f"says which {given.kind} wrote it")
    return Author(kind=given.kind, id=given.id, role=given.role), caller


async def _do(
    known: Services, ticket_id: str, command: Command, caller: Caller
) -> Response:
    outcome = await known.desk.apply(
        await ticket_id_of(known, ticket_id), command, caller
    )
    return await outcome_json(known, outcome)
