"""Exceptions to a schedule: overrides, and swaps between agents."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.exceptions import HTTPException

from activities.acting import acting_agent
from activities.oncall import OnCallService
from activities.ports import Caller
from api.configuration.routes import Name
from api.configuration.schedule_schemas import (
    NewOverrideOut,
    OverrideIn,
    OverrideOut,
    SwapIn,
    SwapOut,
    TakeIn,
    TakenSwapOut,
)
from api.http.answers import Answer, page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier
from api.http.paging import PageDep
from api.http.responses import answer, made_at, written
from api.http.warning import WarningOut
from api.ports import Services
from domain.event import Json
from domain.oncall.changes import find_override, find_swap
from domain.oncall.facts import ScheduleOverrideAdded, ScheduleSwapTaken
from domain.oncall.override import Override, Swap

ROUTER = APIRouter(prefix="/v1/schedules", tags=["on call"])
READ = reads("config:read", 404, 422)
WRITE = guarded("config:write", 400, 404, 409, 413, 415, 422)
SWAP = guarded("shifts:swap", 400, 404, 409, 413, 415, 422)
Past = Annotated[bool, Query(description="Include past and cancelled ones")]


@ROUTER.post(
    "/{name}/overrides", status_code=201, response_model=NewOverrideOut, **WRITE
)
async def add_override(
    name: Name, body: OverrideIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Put somebody on call, take somebody off call, or replace somebody. A conflict
    with another override or swap is refused.
    """
    wanted = Override(
        id=known.new_id(),
        kind=body.kind,
        person=body.person,
        begin=body.from_,
        end=body.to,
        by="",
        replaces=body.replaces,
        reason=body.reason,
        priority=body.priority,
    )
    done = await _desk(known).add_override(name, wanted, caller)
    fact = done.fact
    assert isinstance(fact, ScheduleOverrideAdded)
    made = find_override(done.changes, fact.override_id)
    shown = NewOverrideOut.of(made, warnings=WarningOut.each(fact.warnings))
    where = made_at("schedules", name, "overrides", made.id)
    return answer(shown, status=201, headers=where | written(done.appended))


@ROUTER.get("/{name}/overrides", response_model=page_of(OverrideOut), **READ)
async def list_overrides(
    name: Name, known: ServicesDep, asked: PageDep, past: Past = False
) -> Response:
    """Sorted by creation."""
    plan, now = (await known.registry.oncall()).plan(name), known.now()
    found = [
        c
        for c in plan.changes
        if isinstance(c, Override)
        and (past or (c.cancelled_at is None and c.end > now))
    ]
    found.sort(key=lambda c: c.id)
    return answer(asked.of(found, lambda c: c.id, OverrideOut.of))


@ROUTER.delete("/{name}/overrides/{override_id}", status_code=204, **WRITE)
async def cancel_override(
    name: Name, override_id: Identifier, known: ServicesDep, caller: CallerDep
) -> Response:
    """End the override at once, or cancel it if it had not begun."""
    done = await _desk(known).cancel_override(name, override_id, caller)
    return Response(status_code=204, headers=written(done.appended))


@ROUTER.post("/{name}/swaps", status_code=201, response_model=SwapOut, **SWAP)
async def offer_swap(
    name: Name, body: SwapIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Offer shift time to others. It stays with its owner until somebody takes it."""
    by = await acting_agent(known.registry, caller, body.person, "/person")
    wanted = Swap(
        id=known.new_id(),
        asker=by.actor.person,
        begin=body.from_,
        end=body.to,
        back=None if body.back is None else (body.back.from_, body.back.to),
        offered_to=body.with_,
        reason=body.reason or "",
    )
    done = await _desk(known).offer_swap(name, wanted, by)
    [*_, made] = done.changes
    assert isinstance(made, Swap)
    where = made_at("schedules", name, "swaps", made.id)
    return answer(_shown(made), status=201, headers=where | written(done.appended))


@ROUTER.get("/{name}/swaps", response_model=page_of(SwapOut), **READ)
async def list_swaps(
    name: Name, known: ServicesDep, asked: PageDep, past: Past = False
) -> Response:
    """Sorted by creation."""
    plan, now = (await known.registry.oncall()).plan(name), known.now()
    found = [
        c
        for c in plan.changes
        if isinstance(c, Swap) and (past or (c.cancelled_at is None and c.ends > now))
    ]
    found.sort(key=lambda c: c.id)
    return answer(asked.of(found, lambda c: c.id, _shown))


@ROUTER.post("/{name}/swaps/{swap_id}/take", response_model=TakenSwapOut, **SWAP)
async def take_swap(
    name: Name, swap_id: Identifier, body: TakeIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Take the offered time; both halves take effect together."""
    by = await acting_agent(known.registry, caller, body.person, "/person")
    done = await _desk(known).take_swap(name, swap_id, by.actor.person, by)
    fact = done.fact
    assert isinstance(fact, ScheduleSwapTaken)
    made = find_swap(done.changes, fact.swap_id)
    shown = _shown(made, TakenSwapOut, warnings=WarningOut.each(fact.warnings))
    return answer(shown, headers=written(done.appended))


@ROUTER.delete("/{name}/swaps/{swap_id}", status_code=204, **SWAP)
async def cancel_swap(
    name: Name, swap_id: Identifier, known: ServicesDep, caller: CallerDep
) -> Response:
    """Withdraw the offer, or end a swap that was taken from now on. For the agents
    involved, and for those who configure schedules.
    """
    await _refuse_stranger(known, name, swap_id, caller)
    done = await _desk(known).cancel_swap(name, swap_id, caller)
    return Response(status_code=204, headers=written(done.appended))


async def _refuse_stranger(
    known: Services, name: str, swap_id: str, caller: Caller
) -> None:
    assert caller.holder is not None, "every request has a holder"
    if caller.holder.may("config:write"):
        return
    swap = find_swap((await known.registry.oncall()).plan(name).changes, swap_id)
    if caller.actor.kind != "agent" or caller.actor.id not in (swap.asker, swap.taker):
        raise HTTPException(403, f"it is between {swap.asker!r} and who takes it")


def _desk(known: Services) -> OnCallService:
    return OnCallService(known.store, known.registry, known.now)


def _shown(swap: Swap, form: type[Answer] = SwapOut, **made: object) -> Json:
    back = swap.back and {"from": swap.back[0], "to": swap.back[1]}
    return form.of(swap, back=back, **made)
