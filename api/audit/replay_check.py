"""Every recorded decision made again, and what comes out otherwise."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from activities.cloudevents import plain
from activities.replay_check import NOTHING_CHECKED, ReplayChecked, Unread
from api.http.answers import Answer, Made
from api.http.auth import ServicesDep, reads
from api.http.fields import Cleaned
from api.http.responses import answer
from api.ports import AuditFilter, Services
from api.tickets.references import ticket_id_of
from domain.audit.replay_check import Difference
from domain.event import Json
from domain.lifecycle.facts import TicketOpened

ROUTER = APIRouter(prefix="/v1/audit", tags=["audit"])
READ = reads("audit:read", 404, 422)
LONGEST_S = 20.0
"""An answer takes about this long at most; the next page goes on."""
PAGE = 100
OPENINGS = frozenset({TicketOpened.topic})


class DecisionDifferenceOut(Answer):
    """A decision that comes out otherwise than it was recorded. `what` is the part of
    it that differs.
    """

    position: int
    ticket_id: Made[str]
    version: Made[int] = Field(description="The version of the event")
    type: Made[str]
    at: Made[datetime] = Field(description="When the event took effect")
    what: str = Field(description="The part of the decision that differs")
    recorded: Made[object] = Field(description="What the event says")
    made: Made[object] = Field(description="What comes out now")


class UnreadTicketOut(Answer):
    ticket_id: str
    error: str


class ReplayCheckOut(Answer):
    """Decisions of rules are made again from what was recorded before each of them:
    which rule matched, every deadline and verdict, escalation steps and whom they
    chose, offers and assignments, approvals. `next_cursor`: where to go on, if there
    are more tickets than can be checked in one answer.
    """

    tickets: int = Field(description="How many tickets were checked")
    decisions: int = Field(description="How many decisions were made again")
    differences: Made[list[DecisionDifferenceOut]] = Field(
        description="Decisions that come out otherwise; empty: none does"
    )
    unread: Made[list[UnreadTicketOut]] = Field(
        description="Tickets whose history this release cannot read"
    )
    next_cursor: Made[str | None]


@ROUTER.get("/replay-check", response_model=ReplayCheckOut, **READ)
async def check_replay(
    known: ServicesDep,
    ticket: Annotated[
        str | None,
        Cleaned,
        Query(max_length=100, description="A ticket's id or number; else all tickets"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 100_000,
    cursor: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """Make every recorded decision again, with its recorded inputs and versions, of one
    ticket or of all, the oldest first; and name what differs.
    """
    if ticket is not None:
        found = await known.replay_check.of(await ticket_id_of(known, ticket))
        return answer(_shown(found, None))
    return answer(_shown(*await _all(known, limit, cursor)))


async def _all(
    known: Services, limit: int, cursor: int | None
) -> tuple[ReplayChecked, int | None]:
    openings = AuditFilter(topics=OPENINGS, newest_first=False)
    clock = asyncio.get_running_loop().time
    began, found = clock(), NOTHING_CHECKED
    while True:
        size = min(PAGE, limit - found.tickets)
        page, following = await known.audit.page(openings, size, cursor)
        for entry in page:
            found = found.plus(await known.replay_check.of(entry.stream_id))
            cursor = entry.position
            if clock() - began > LONGEST_S:
                return found, cursor
        if following is None or found.tickets >= limit:
            return found, following


def _shown(found: ReplayChecked, following: int | None) -> Json:
    return ReplayCheckOut.of(
        found,
        differences=[_difference(one) for one in found.differences],
        unread=[_unread(one) for one in found.unread],
        next_cursor=None if following is None else str(following),
    )


def _difference(found: Difference) -> Json:
    event = found.event
    return DecisionDifferenceOut.of(
        found,
        ticket_id=event.originator_id,
        version=event.originator_version,
        type=event.fact.topic,
        at=event.timestamp,
        recorded=plain(found.recorded),
        made=plain(found.made),
    )


def _unread(one: Unread) -> Json:
    return UnreadTicketOut.of(one)
