"""Leaves of agents: vacation, illness. An absent agent is skipped on every schedule."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.oncall import OnCallService
from api.configuration.routes import Name
from api.configuration.schedule_schemas import LeaveIn, LeaveOut, NewLeaveOut
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier
from api.http.paging import PageDep
from api.http.responses import answer, made_at, written
from api.http.warning import WarningOut
from api.ports import Services
from domain.errors import NotFoundError
from domain.oncall.facts import AgentLeaveAdded
from domain.oncall.leaves import find_leave

ROUTER = APIRouter(prefix="/v1/agents", tags=["on call"])
READ = reads("config:read", 404, 422)
WRITE = guarded("config:write", 400, 404, 409, 413, 415, 422)


@ROUTER.post("/{name}/leaves", status_code=201, response_model=NewLeaveOut, **WRITE)
async def add_leave(
    name: Name, body: LeaveIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Record an absence. The next available person in the rotation takes over.
    `warnings`: uncovered hours of each schedule of the agent.
    """
    wanted = AgentLeaveAdded(
        agent=name,
        leave_id=known.new_id(),
        begin=body.from_,
        end=body.to,
        reason=body.reason or "",
    )
    done = await _desk(known).add_leave(wanted, caller)
    fact = done.fact
    assert isinstance(fact, AgentLeaveAdded)
    made = find_leave(done.leaves, fact.leave_id)
    shown = NewLeaveOut.of(made, warnings=WarningOut.each(fact.warnings))
    headers = made_at("agents", name, "leaves", made.id) | written(done.appended)
    return answer(shown, status=201, headers=headers)


@ROUTER.get("/{name}/leaves", response_model=page_of(LeaveOut), **READ)
async def list_leaves(
    name: Name,
    known: ServicesDep,
    asked: PageDep,
    past: Annotated[bool, Query(description="Include past and cancelled ones")] = False,
) -> Response:
    """Sorted by creation."""
    if not (await known.registry.config()).entry("agents", name).versions:
        raise NotFoundError("agent", name)
    now, book = known.now(), await known.registry.oncall()
    found = [
        leave
        for leave in book.leaves.get(name, ())
        if past or (leave.cancelled_at is None and leave.end > now)
    ]
    found.sort(key=lambda leave: leave.id)
    return answer(asked.of(found, lambda leave: leave.id, LeaveOut.of))


@ROUTER.delete("/{name}/leaves/{leave_id}", status_code=204, **WRITE)
async def cancel_leave(
    name: Name, leave_id: Identifier, known: ServicesDep, caller: CallerDep
) -> Response:
    """End the leave at once, or cancel it if it had not begun."""
    done = await _desk(known).cancel_leave(name, leave_id, caller)
    return Response(status_code=204, headers=written(done.appended))


def _desk(known: Services) -> OnCallService:
    return OnCallService(known.store, known.registry, known.now)
