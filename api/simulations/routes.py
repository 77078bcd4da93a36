"""Simulations, which show what a draft would have done to past tickets; and warnings
about what is published.
"""

import asyncio
from dataclasses import replace

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from activities.ports import BusyError
from activities.simulation import Job, Selection
from api.configuration.bundles import documents_of
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier
from api.http.paging import PageDep
from api.http.responses import answer
from api.simulations.schemas import (
    ConfigWarningOut,
    ResultOut,
    SimulationIn,
    SimulationOut,
)
from domain.configuration.warnings import config_warnings
from domain.errors import FieldError, InvalidError
from domain.event import Json

ROUTER = APIRouter(prefix="/v1", tags=["trying out"])
TRY = guarded("config:read", 400, 409, 413, 415, 422, 429)
STOP = guarded("config:read", 404, 409, 422)
READ = reads("config:read", 404, 422)
WARNINGS = reads("config:read", 422)


@ROUTER.post("/simulations", status_code=202, response_model=SimulationOut, **TRY)
async def start_simulation(
    body: SimulationIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Start a job that simulates a draft on past tickets; poll for the result. The same
    `Idempotency-Key` is answered with the same job as long as the job is kept.
    """
    if (job := await known.simulating.started(caller)) is not None:
        return _started(job, replayed=True)
    wanted = _selection(body)
    await known.tickets.wait_for(await known.feed.head())  # as they are now
    try:
        wanted_draft = documents_of(body.draft)
        job = await known.simulating.start(wanted_draft, wanted, caller)
    except BusyError as error:
        raise HTTPException(429, str(error), {"Retry-After": "5"}) from error
    return _started(job)


def _started(job: Job, *, replayed: bool = False) -> Response:
    headers = {"Location": f"/v1/simulations/{job.id}"}
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return answer(_shown(job.as_started()), status=202, headers=headers)


@ROUTER.get("/simulations/{simulation_id}", response_model=SimulationOut, **READ)
async def get_simulation(simulation_id: Identifier, known: ServicesDep) -> Response:
    """The progress of the job, and its result when it is done. The latest 50 finished
    jobs are kept for seven days.
    """
    return answer(_shown(await known.simulating.find(simulation_id)))


@ROUTER.delete("/simulations/{simulation_id}", status_code=204, **STOP)
async def stop_simulation(
    simulation_id: Identifier, known: ServicesDep, _: CallerDep
) -> Response:
    """Stop the job if it is not done, and delete its draft and its result."""
    await known.simulating.forget(simulation_id)
    return Response(status_code=204)


@ROUTER.get(
    "/config/warnings",
    response_model=page_of(ConfigWarningOut, "ConfigWarnings"),
    **WARNINGS,
)
async def list_config_warnings(known: ServicesDep, asked: PageDep) -> Response:
    """What is probably unintended in everything that is published now."""
    registry = known.registry
    config, book = await registry.config_to_check(), await registry.oncall()
    config = replace(config, unpromised=await known.tickets.unpromised())
    found = await asyncio.to_thread(
        lambda: [*config_warnings(config, book, known.now())]
    )
    return answer(asked.numbered(found, ConfigWarningOut.of))


def _selection(body: SimulationIn) -> Selection:
    if body.tickets is not None:
        if body.from_ is not None or body.to is not None:
            message = "name tickets, or a time by from and to, not both"
            raise InvalidError.at("/tickets", message)
        return Selection(tickets=tuple(body.tickets))
    if body.from_ is None and body.to is None:
        raise InvalidError.at("/tickets", "name tickets, or a time by from and to")
    if body.from_ is None or body.to is None:
        missing = "/from" if body.from_ is None else "/to"
        raise InvalidError([FieldError(missing, "from and to belong together")])
    if body.to <= body.from_:
        raise InvalidError.at("/to", "must lie after from")
    return Selection(opened=(body.from_, body.to))


def _shown(job: Job) -> Json:
    # As large as what differs: who only asks how far it is does not pay for it.
    result = ResultOut.of(job) if job.state == "done" else None
    return SimulationOut.of(job, warnings=job.warnings, result=result)
