"""Authority delegated for a time. (The limits of roles are configuration.)"""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.authority import DelegationService, delegations_of
from api.configuration.authority_schemas import (
    DelegationIn,
    DelegationOut,
    ScopeOut,
)
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier
from api.http.paging import PageDep
from api.http.responses import answer, made_at, written
from api.ports import Services
from domain.authority.delegation import Delegation
from domain.authority.facts import AuthorityDelegated
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/delegations", tags=["authority"])
READ = reads("config:read", 422)
WRITE = guarded("config:write", 400, 404, 409, 413, 415, 422)


@ROUTER.post("", status_code=201, response_model=DelegationOut, **WRITE)
async def delegate_authority(
    body: DelegationIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Let one agent approve refunds or compensations in the name of another for a time.
    A delegated authority cannot be delegated further.
    """
    wanted = AuthorityDelegated(
        delegation_id=known.new_id(),
        principal=body.principal,
        delegate=body.delegate,
        kinds=tuple(body.scope.types),
        currency=body.scope.currency,
        amount=body.scope.amount,
        team=body.scope.team,
        begin=body.from_,
        end=body.until,
        reason=body.reason,
    )
    lent = await _desk(known).delegate(wanted, caller)
    made = lent.delegations[-1]
    headers = made_at("delegations", made.id) | written(lent.appended)
    return answer(_shown(made), status=201, headers=headers)


@ROUTER.get("", response_model=page_of(DelegationOut), **READ)
async def list_delegations(
    known: ServicesDep,
    asked: PageDep,
    past: Annotated[
        bool, Query(description=("Include expired and revoked ones"))
    ] = False,
) -> Response:
    """Sorted by creation."""
    now = known.now()
    found = [
        lent
        for lent in await delegations_of(known.store)
        if past or (lent.revoked_at is None and now < lent.end)
    ]
    return answer(asked.of(sorted(found, key=lambda d: d.id), lambda d: d.id, _shown))


@ROUTER.delete("/{delegation_id}", status_code=204, **WRITE)
async def revoke_delegation(
    delegation_id: Identifier, known: ServicesDep, caller: CallerDep
) -> Response:
    """Revoke it at once. What was approved with it stays approved."""
    lent = await _desk(known).revoke(delegation_id, caller)
    return Response(status_code=204, headers=written(lent.appended))


def _desk(known: Services) -> DelegationService:
    return DelegationService(known.store, known.registry, known.now)


def _shown(lent: Delegation) -> Json:
    return DelegationOut.of(lent, scope=ScopeOut.of(lent))
