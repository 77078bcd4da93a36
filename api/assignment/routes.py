"""Assignment: answering offers, and the tickets waiting in a team's queue."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from activities.acting import acting_agent
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, listed
from api.http.fields import Line, Word
from api.http.paging import PageDep
from api.http.reader import mask_subjects
from api.http.responses import answer
from api.tickets.references import ticket_id_of
from api.tickets.routes import LIST, WRITE, Limit, outcome_json
from api.tickets.schemas import AcceptIn, DeclineIn, TicketOut
from domain.assignment.commands import AcceptOffer, DeclineOffer
from domain.errors import NotFoundError
from domain.event import Json

TICKETS = APIRouter(prefix="/v1/tickets", tags=["assignment"])
QUEUES = APIRouter(prefix="/v1/queues", tags=["assignment"])
ROUTERS = (TICKETS, QUEUES)
Name = Annotated[Word, Path()]


class QueuedOut(BaseModel):
    """From the read model, which is updated shortly after the log."""

    ticket_id: str
    number: int
    subject: str
    priority: str
    tier: str
    queued_at: datetime = Field(
        description=("When it was first queued; kept when it moves to other teams")
    )
    due_at: datetime | None = Field(
        description=("Due time of the promise that is due first")
    )
    offered_to: str | None
    offer_expires_at: datetime | None
    reason: str | None = Field(description="Why it is offered to nobody now")


class QueueOut(BaseModel):
    """From the read model, which is updated shortly after the log."""

    team: str
    waiting: int = Field(description="Unassigned tickets, including those on offer")
    offered: int = Field(description="How many of these are on offer")
    oldest_queued_at: datetime | None = Field(
        description=("Since when the longest waiting ticket has been queued")
    )
    next_due_at: datetime | None = Field(description="When the first promise is due")
    breached: int = Field(description="How many of these have a breached promise")


@TICKETS.post("/{ticket_id}/accept", response_model=TicketOut, **WRITE)
async def accept_offer(
    ticket_id: str, known: ServicesDep, caller: CallerDep, body: AcceptIn | None = None
) -> Response:
    """Accept the offer: the ticket is assigned to the agent. Of two answers the first
    wins.
    """
    agent = body.agent if body else None
    by = await acting_agent(known.registry, caller, agent, "/agent")
    command = AcceptOffer(agent=by.actor.person)
    done = await known.desk.apply(await ticket_id_of(known, ticket_id), command, by)
    return await outcome_json(known, done)


@TICKETS.post("/{ticket_id}/decline", response_model=TicketOut, **WRITE)
async def decline_offer(
    ticket_id: str, body: DeclineIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Decline the offer. The ticket is offered to the next agent at once and keeps its
    place in the queue.
    """
    by = await acting_agent(known.registry, caller, body.agent, "/agent")
    command = DeclineOffer(agent=by.actor.person, reason=body.reason)
    done = await known.desk.apply(await ticket_id_of(known, ticket_id), command, by)
    return await outcome_json(known, done)


@QUEUES.get("", response_model=page_of(QueueOut, "QueueList"), **LIST)
async def list_queues(
    known: ServicesDep,
    asked: PageDep,
    wait_for: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Every team with a summary of its waiting tickets, including teams without any."""
    if wait_for is not None:
        await known.tickets.wait_for(wait_for)
    waiting = {str(queue["team"]): queue for queue in await known.queues.summary()}
    teams = {team.name for team in (await known.registry.config()).current("teams")}
    names = sorted(teams | set(waiting))
    return answer(asked.of(names, str, lambda n: waiting.get(n) or _empty(n)))


def _empty(team: str) -> Json:
    return {
        "team": team,
        "waiting": 0,
        "offered": 0,
        "oldest_queued_at": None,
        "next_due_at": None,
        "breached": 0,
    }


@QUEUES.get("/{name}", response_model=page_of(QueuedOut, "QueuePage"), **LIST)
async def get_queue(
    name: Name,
    known: ServicesDep,
    limit: Limit = 50,
    cursor: Annotated[Line | None, Query()] = None,
    wait_for: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Unassigned tickets in the team's queue, the longest waiting first. A team that
    assigns by hand has no queue. For a retired team: the tickets that were waiting.
    """
    if not (await known.registry.config()).entry("teams", name).versions:
        raise NotFoundError("team", name)
    await listed(known, wait_for)
    items, following = await known.queues.page(name, limit, cursor)
    mask_subjects(items)
    return answer({"items": items, "next_cursor": following})
