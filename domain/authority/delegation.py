"""Delegations of authority for a time: deciding them, and folding them.

A delegation reaches as far as both its own amount and the principal's own limit at the
instant of use; a delegate cannot delegate it further.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.authority.facts import AuthorityDelegated, AuthorityRevoked
from domain.authority.limits import SpendKind
from domain.authority.money import parse_amount, parse_currency
from domain.errors import (
    FieldError,
    InvalidError,
    NotFoundError,
    RuleError,
    UnknownNameError,
)
from domain.event import Event
from domain.people.directory import Directory

DELEGATIONS = "delegations/all"
"""One stream: granting needs all of them, and there are few."""
DELEGATION = "delegation"


@dataclass(frozen=True, kw_only=True)
class Delegation:
    id: str
    principal: str
    delegate: str
    kinds: tuple[SpendKind, ...]
    currency: str
    amount: Decimal
    team: str | None
    begin: datetime
    end: datetime
    reason: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.revoked_at is None and self.begin <= at < self.end


def fold_delegations(
    events: Iterable[Event], start: tuple[Delegation, ...] = ()
) -> tuple[Delegation, ...]:
    """In the order in which they were created."""
    found = {delegation.id: delegation for delegation in start}
    for event in events:
        match event.fact:
            case AuthorityDelegated() as made:
                found[made.delegation_id] = _made(made, event)
            case AuthorityRevoked(delegation_id=key):
                found[key] = replace(found[key], revoked_at=event.timestamp)
            case _:
                pass
    return tuple(found.values())


def _made(fact: AuthorityDelegated, event: Event) -> Delegation:
    return Delegation(
        id=fact.delegation_id,
        principal=fact.principal,
        delegate=fact.delegate,
        kinds=fact.kinds,
        currency=fact.currency,
        amount=Decimal(fact.amount),
        team=fact.team,
        begin=fact.begin,
        end=fact.end,
        reason=fact.reason,
        made_at=event.timestamp,
        made_by=event.meta.actor.id,
    )


def delegate(
    wanted: AuthorityDelegated, directory: Directory, at: datetime
) -> AuthorityDelegated:
    """Raises InvalidError."""
    errors: list[FieldError] = []
    parse_amount(wanted.amount, "/scope/amount", errors)
    parse_currency(wanted.currency, "/scope/currency", errors)
    agents = {"/principal": wanted.principal, "/delegate": wanted.delegate}
    errors += _unknown(agents, directory.agents, "agent")
    if wanted.team is not None:
        errors += _unknown({"/scope/team": wanted.team}, directory.teams, "team")
    if wanted.principal == wanted.delegate:
        errors.append(FieldError("/delegate", "must be somebody else"))
    if not wanted.kinds:
        errors.append(FieldError("/scope/types", "at least one is needed"))
    if wanted.end <= max(wanted.begin, at):
        errors.append(FieldError("/until", "must be after its start and in the future"))
    if errors:
        raise InvalidError(errors)
    return wanted


def _unknown(
    names: Mapping[str, str], known: Mapping[str, object], what: str
) -> list[FieldError]:
    return [
        UnknownNameError.of(pointer, what, name, known)
        for pointer, name in names.items()
        if name not in known
    ]


def revoke(
    delegations: Iterable[Delegation], key: str, at: datetime
) -> AuthorityRevoked:
    """Raises NotFoundError, RuleError."""
    found = next((d for d in delegations if d.id == key), None)
    if found is None:
        raise NotFoundError(DELEGATION, key)
    if found.revoked_at is not None or found.end <= at:
        raise RuleError(f"the delegation {key} is over")
    return AuthorityRevoked(delegation_id=key)
