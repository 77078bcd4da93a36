"""Explain a clock, excuse a breach, and report attainment."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.cloudevents import plain
from api.http.auth import CallerDep, ServicesDep, guarded, listed
from api.http.fields import Cleaned, Instant
from api.http.responses import answer
from api.ports import Attained, Grouping
from api.tickets.clock_schemas import AttainmentOut, ExcuseIn, ExplanationOut
from api.tickets.references import AsOf, check_opened, past, ticket_id_of
from api.tickets.routes import READ, outcome_json
from api.tickets.schemas import TicketOut
from domain.configuration.configuration import Configuration
from domain.errors import InvalidError, NotFoundError
from domain.event import Event, Json
from domain.ticket.decide import ExcuseBreach
from domain.ticket.sla_explanation import Explanation, explain
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
) -> Response:
    """Where the time of a clock went, interval by interval; which rule promised what
    and why; how the deadline moved; the verdict.
    """
    events = await known.store.load(await ticket_id_of(known, ticket_id))
    if not events:
        raise NotFoundError("ticket", ticket_id)
    config = await known.registry.config()
    key = metric if cycle is None else f"{metric}/{cycle}"
    at = past(known, as_of) or known.now()
    check_opened(events[0], at)
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
    return answer(_report_json(begin, until, group_by, lines, total))


def _explained(
    events: list[Event], key: str, config: Configuration, at: datetime
) -> Json:
    return _explanation_json(explain(events, key, World(config=config).calendar, at))


def _explanation_json(found: Explanation) -> Json:
    clock = found.clock
    return {
        "metric": clock.metric,
        "cycle": clock.cycle,
        "state": clock.state,
        "as_of": found.end,
        "started_at": clock.started_at,
        "target": plain(clock.target),
        "elapsed": plain(found.elapsed),
        "verdict": found.verdict,
        "policy": plain(clock.policy),
        "rule": clock.rule,
        "decision": plain(clock.decision),
        "calendar": plain(clock.calendar),
        "intervals": [_interval_json(plain(one)) for one in found.intervals],
        "consumption": plain(found.consumption),
        "deadlines": plain(found.deadlines),
        "breach": plain(found.breach),
        "excused": plain(clock.excuse),
    }


def _interval_json(interval: object) -> Json:
    assert isinstance(interval, dict)
    begin, end = interval.pop("start"), interval.pop("end")
    return {"from": begin, "to": end, **interval}


def _report_json(
    begin: datetime,
    until: datetime,
    group_by: Grouping,
    lines: list[Attained],
    total: Attained,
) -> Json:
    return {
        "from": begin,
        "to": until,
        "group_by": group_by,
        "definition_version": DEFINITION_VERSION,
        "total": _attained_json(total),
        "items": [_attained_json(line) for line in lines],
    }


def _attained_json(line: Attained) -> Json:
    return {
        "name": line.name,
        "met": line.met,
        "missed": line.missed,
        "excused": line.excused,
        "restated": line.restated,
        "raw": _share(line.met, line.missed),
        "adjusted": _share(line.met, line.missed - line.excused),
        "elapsed": {"p50": plain(line.elapsed_p50), "p90": plain(line.elapsed_p90)},
        "n_excluded": {"open": line.open, "cancelled": line.cancelled},
    }


def _share(met: int, missed: int) -> float | None:
    return met / (met + missed) if met + missed else None
