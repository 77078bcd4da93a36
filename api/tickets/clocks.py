"""Explain a clock, excuse a breach, and report attainment."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.tickets import as_known
from api.http.auth import CallerDep, ServicesDep, guarded, listed
from api.http.fields import Cleaned, Instant
from api.http.responses import answer
from api.ports import Attained, Grouping
from api.tickets.clock_schemas import (
    AttainedOut,
    AttainmentOut,
    BreachOut,
    ConsumptionOut,
    DeadlineOut,
    ExcludedOut,
    ExcuseIn,
    ExplanationOut,
    IntervalOut,
    PercentilesOut,
)
from api.tickets.references import AsOf, KnownAt, past, ticket_id_of
from api.tickets.routes import READ, outcome_json
from api.tickets.schemas import TicketOut
from domain.configuration.configuration import Configuration
from domain.duration import format_duration
from domain.errors import InvalidError
from domain.event import Event, Json
from domain.sla.excuse import ExcuseBreach
from domain.ticket.clock_explanation import explain
from domain.ticket.world import World

TICKETS = APIRouter(prefix="/v1/tickets", tags=["tickets"])
REPORTS = APIRouter(prefix="/v1/reports", tags=["reports"])
ROUTERS = (TICKETS, REPORTS)
EXCUSE = guarded("breaches:excuse", 400, 404, 409, 412, 413, 415, 422)
REPORT = guarded("metrics:read", 422)
DEFINITION_VERSION = 1
PERIOD = timedelta(days=30)
Metric = Annotated[str, Cleaned]


@TICKETS.get(
    "/{ticket_id}/clocks/{metric}/explain", response_model=ExplanationOut, **READ
)
async def explain_clock(
    ticket_id: str,
    metric: Metric,
    known: ServicesDep,
    cycle: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="If left out, the last")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Response:
    """Where the time of a clock went, interval by interval; which rule promised what
    and why; how the deadline moved; the verdict.
    """
    by = past(known, known_at, "?known_at")
    at = past(known, as_of) or by or known.now()
    history = await known.desk.history(await ticket_id_of(known, ticket_id))
    events = [recorded.event for recorded in as_known(history, at, by)]
    config = await known.registry.config()
    key = metric if cycle is None else f"{metric}/{cycle}"
    # A clock of ten years has ten thousand intervals: others need not wait for that.
    body = await asyncio.to_thread(_explained, events, key, config, at)
    return answer(body)


@TICKETS.post("/{ticket_id}/clocks/{metric}/excuse", response_model=TicketOut, **EXCUSE)
async def excuse_breach(
    ticket_id: str,
    metric: Metric,
    body: ExcuseIn,
    known: ServicesDep,
    caller: CallerDep,
) -> Response:
    """Excuse a breach, so that it does not count; the caller approves this. It stays in
    the log, and reports show both figures.
    """
    command = ExcuseBreach(
        metric=metric,
        cycle=body.cycle,
        reason=body.reason,
        approved_by=caller.actor.person,
    )
    done = await known.desk.apply(await ticket_id_of(known, ticket_id), command, caller)
    return await outcome_json(known, done)


@REPORTS.get("/attainment", response_model=AttainmentOut, **REPORT)
async def report_attainment(
    known: ServicesDep,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    to: Annotated[Instant | None, Query()] = None,
    group_by: Annotated[Grouping, Query()] = "metric",
    wait_for: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """The share of promises that were met, with and without excused breaches. By
    default of the last 30 days.
    """
    await listed(known, wait_for)
    until = to or known.now()
    begin = since or until - PERIOD
    if begin >= until:
        raise InvalidError.at("?from", "must lie before the end of the period, `to`")
    *lines, total = await known.attainment.shares(begin, until, group_by)
    report = AttainmentOut.of(
        begin=begin,
        end=until,
        group_by=group_by,
        definition_version=DEFINITION_VERSION,
        total=_attained(total),
        items=[_attained(line) for line in lines],
    )
    return answer(report)


def _explained(
    events: list[Event], key: str, config: Configuration, at: datetime
) -> Json:
    found = explain(events, key, World(config=config).calendar, at)
    return ExplanationOut.of(
        found.clock,
        as_of=found.end,
        elapsed=format_duration(found.elapsed),
        verdict=found.verdict,
        intervals=IntervalOut.each(found.intervals),
        consumption=ConsumptionOut.of(found.consumption),
        deadlines=DeadlineOut.each(found.deadlines),
        breach=BreachOut.of(found.breach) if found.breach else None,
    )


def _attained(line: Attained) -> Json:
    return AttainedOut.of(
        line,
        raw=_share(line.met, line.missed),
        adjusted=_share(line.met, line.missed - line.excused),
        elapsed=PercentilesOut.of(line),
        n_excluded=ExcludedOut.of(line),
    )


def _share(met: int, missed: int) -> float | None:
    return met / (met + missed) if met + missed else None
