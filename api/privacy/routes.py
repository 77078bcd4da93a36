"""A person's data: shown, revealed, held, erased."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.privacy import PrivacyService
from activities.recording import Result
from api.http.auth import CallerDep, ServicesDep, guarded, listed
from api.http.reader import as_seen, reveal
from api.http.responses import answer, written
from api.ports import Services
from api.privacy.schemas import (
    EraseIn,
    HoldOut,
    OccurrenceOut,
    ReasonIn,
    RevealedTicketOut,
    SubjectOut,
)
from api.tickets.messages import conversation
from api.tickets.references import ticket_id_of
from api.tickets.responses import ticket_json
from domain.event import Json
from domain.ticket.ticket import Ticket

SUBJECTS = APIRouter(prefix="/v1/subjects", tags=["personal data"])
TICKETS = APIRouter(prefix="/v1/tickets", tags=["personal data"])
ROUTERS = (SUBJECTS, TICKETS)
ERRORS = (400, 404, 409, 413, 415, 422)
ERASE = guarded("personal:erase", *ERRORS)
READ = guarded("tickets:read", 404, 422)
REVEAL = guarded("personal:reveal", *ERRORS)
Limit = Annotated[int, Query(ge=1, le=500)]


@SUBJECTS.get(
    "/{external_id:path}",
    response_model=SubjectOut,
    **guarded("tickets:read", 404, 422),
)
async def get_subject(
    external_id: str,
    known: ServicesDep,
    limit: Limit = 100,
    cursor: Annotated[
        str, Query(max_length=100, description="The cursor of the next page")
    ] = "",
    wait_for: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """What is kept of a person, and where they occur. Who may not see personal fields
    gets `[masked]`; what was erased is `[erased]`.
    """
    await listed(known, wait_for, texts=True)
    return answer(await _subject(known, external_id, limit, cursor))


@SUBJECTS.post("/{external_id:path}/erase", response_model=SubjectOut, **ERASE)
async def erase_subject(
    external_id: str, body: EraseIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Destroy the keys of a person. Their names, contacts and texts read `[erased]`
    from now on, in histories too, and nobody can bring them back; every proof over the
    log stays valid. A legal hold forbids it (409).
    """
    done = await privacy(known).erase(
        external_id, body.reason, body.requested_by, caller
    )
    return await _as_left(known, external_id, done)


@SUBJECTS.put("/{external_id:path}/legal-hold", response_model=SubjectOut, **ERASE)
async def hold_subject(
    external_id: str, body: ReasonIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Until it is released, the person cannot be erased."""
    done = await privacy(known).hold(external_id, body.reason, caller)
    return await _as_left(known, external_id, done)


@SUBJECTS.delete("/{external_id:path}/legal-hold", response_model=SubjectOut, **ERASE)
async def release_subject(
    external_id: str,
    known: ServicesDep,
    caller: CallerDep,
    body: ReasonIn | None = None,
) -> Response:
    """The person can be erased again."""
    reason = body.reason if body else None
    done = await privacy(known).release(external_id, reason, caller)
    return await _as_left(known, external_id, done)


@SUBJECTS.post("/{external_id:path}/reveal", response_model=SubjectOut, **REVEAL)
async def reveal_subject(
    external_id: str, body: ReasonIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Name and contacts of the person in the clear, for a reason that is recorded."""
    service = privacy(known)
    await service.subject(external_id)  # raises, where there is none
    done = await service.reveal(external_id, None, body.reason, caller)
    reveal()
    return await _as_left(known, external_id, done)


@TICKETS.post("/{ticket_id}/reveal", response_model=RevealedTicketOut, **REVEAL)
async def reveal_ticket(
    ticket_id: str, body: ReasonIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """A ticket with its messages in the clear, for a reason that is recorded."""
    ticket = await known.desk.get(await ticket_id_of(known, ticket_id))
    customer = ticket.customer.external_id
    done = await privacy(known).reveal(customer, ticket.id, body.reason, caller)
    reveal()
    config = await known.registry.config()
    shown = RevealedTicketOut.of(
        ticket=ticket_json(ticket, known.now(), config),
        messages=await conversation(known, ticket.id),
    )
    return answer(shown, headers=written(done.appended))


async def _as_left(known: Services, external_id: str, done: Result) -> Response:
    headers = written(done.appended)
    return answer(await _subject(known, external_id), headers=headers)


async def _subject(
    known: Services, external_id: str, limit: int = 100, cursor: str = ""
) -> Json:
    subject = await privacy(known).subject(external_id)
    keys = await known.people.keys(external_id)
    ids = await known.people.tickets(external_id, cursor, limit + 1)
    tickets = await known.store.tickets(ids[:limit])
    found = [as_seen(tickets[i]) for i in ids[:limit] if i in tickets]
    name, contacts = _newest(external_id, found)
    return SubjectOut.of(
        external_id=external_id,
        name=name,
        contacts=contacts,
        legal_hold=HoldOut.of(subject.hold) if subject.hold else None,
        erased_at=subject.erased_at,
        live_keys=keys.live,
        tickets=OccurrenceOut.each(found),
        next_cursor=ids[limit - 1] if len(ids) > limit else None,
    )


def _newest(
    external_id: str, tickets: list[Ticket]
) -> tuple[str | None, dict[str, str]]:
    """Of their own tickets; in others they only wrote something."""
    own = [t.customer for t in tickets if t.customer.external_id == external_id]
    return (own[-1].name, own[-1].contacts) if own else (None, {})


def privacy(known: Services) -> PrivacyService:
    return PrivacyService(
        store=known.store, people=known.people, registry=known.registry, now=known.now
    )
