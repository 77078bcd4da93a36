"""Who may grant what at an instant: by their role, or by a delegation."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.authority.delegation import Delegation
from domain.authority.facts import Ineligible, LimitUsed
from domain.authority.limits import ANSWER_WITHIN, Authority, Limit, SpendKind
from domain.authority.ports import World
from domain.oncall.book import on_leave, why_on_leave
from domain.people.directory import managers_above, may_act


@dataclass(frozen=True, kw_only=True)
class Spend:
    """The requested refund or compensation. `team`: that of the ticket."""

    kind: SpendKind
    currency: str
    amount: Decimal
    requested_by: str
    team: str | None


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """The right to grant it, and where it comes from."""

    principal: str
    limit: LimitUsed


@dataclass(frozen=True, kw_only=True)
class Chain:
    """`approver` None: nobody above the requester could decide it now."""

    approver: str | None
    excluded: tuple[Ineligible, ...]


@dataclass(frozen=True)
class AuthorizationRules:
    at: datetime
    world: World

    def answer_within(self, person: str) -> timedelta | None:
        """By their role; None = without limit."""
        authority = self._authority(person)
        return authority.answer_within if authority else ANSWER_WITHIN

    def own(self, person: str, spend: Spend) -> Authorization | str:
        """By their role alone; else the reason why not."""
        agent = self.world.directory.agents.get(person)
        role = agent.role if agent else None
        limit = self._limit(person, spend.kind)
        unfit = may_act(self.world.directory, person)
        if unfit is not None:
            return unfit
        if limit is None or role is None:
            return f"has no authority over a {spend.kind}"
        if limit.currency != spend.currency:
            return f"has a limit in {limit.currency}, not in {spend.currency}"
        if limit.amount < spend.amount:
            return f"has a limit of {limit.amount} {limit.currency}"
        used = LimitUsed(role=role, currency=limit.currency, amount=f"{limit.amount}")
        return Authorization(principal=person, limit=used)

    def mandate(self, person: str, spend: Spend) -> Authorization | str:
        """By their own authority or by one that was delegated to them. Nobody decides
        on their own request, neither directly nor by a delegate. A delegation reaches
        no further than the principal's own limit.
        """
        if person == spend.requested_by:
            return "requested it"
        own = self.own(person, spend)
        if isinstance(own, Authorization) or may_act(self.world.directory, person):
            return own
        for delegation in self._delegations(person, spend):
            behind = self.own(delegation.principal, spend)
            if isinstance(behind, Authorization):
                limit = LimitUsed(
                    role=behind.limit.role,
                    currency=delegation.currency,
                    amount=f"{min(delegation.amount, Decimal(behind.limit.amount))}",
                    delegation=delegation.id,
                )
                return Authorization(principal=delegation.principal, limit=limit)
        return self._with_delegations(own, person, spend)

    def chain(
        self, spend: Spend, *, above: str | None = None, besides: Collection[str] = ()
    ) -> Chain:
        """The next manager of the requester with enough authority who is available:
        `above` this one, and not one of `besides`.
        """
        passed: list[Ineligible] = []
        managers = [*managers_above(self.world.directory.agents, spend.requested_by)]
        if above in managers:
            managers = managers[managers.index(above) + 1 :]
        for manager in managers:
            if manager in besides:
                continue
            found = self.away(manager) or self.mandate(manager, spend)
            if isinstance(found, Authorization):
                return Chain(approver=manager, excluded=tuple(passed))
            passed.append(Ineligible(person=manager, reason=found))
        return Chain(approver=None, excluded=tuple(passed))

    def next_chance(
        self, spend: Spend, *, besides: Collection[str] = ()
    ) -> datetime | None:
        """When somebody who could decide it returns, or gets a delegation for it."""
        above = [*managers_above(self.world.directory.agents, spend.requested_by)]
        ends = {end for m in above if (end := on_leave(self.world.oncall, m, self.at))}
        begins = {d.begin for d in self.world.delegations if d.revoked_at is None}
        for instant in sorted(ends | begins):
            then = replace(self, at=instant)
            if instant > self.at and then.chain(spend, besides=besides).approver:
                return instant
        return None

    def _limit(self, person: str, kind: SpendKind) -> Limit | None:
        authority = self._authority(person)
        return authority.limits.get(kind) if authority else None

    def _authority(self, person: str) -> Authority | None:
        agent = self.world.directory.agents.get(person)
        return self.world.authorities.get(agent.role or "") if agent else None

    def _delegations(self, person: str, spend: Spend) -> Iterator[Delegation]:
        for delegation in self.world.delegations:
            if (
                delegation.delegate == person
                and delegation.principal != spend.requested_by
                and delegation.holds(self.at)
                and spend.kind in delegation.kinds
                and delegation.team in (None, spend.team)
                and delegation.currency == spend.currency
                and delegation.amount >= spend.amount
            ):
                yield delegation

    def _with_delegations(self, own: str, person: str, spend: Spend) -> str:
        """The reason, and which delegations for this are not enough."""
        short = [
            f"{d.amount} {d.currency} delegated by {d.principal} are not enough"
            for d in self.world.delegations
            if d.delegate == person and d.holds(self.at) and spend.kind in d.kinds
            if d.currency == spend.currency and d.team in (None, spend.team)
            if d.principal != spend.requested_by and d.amount < spend.amount
        ]
        return "; ".join([own, *short])

    def away(self, person: str) -> str | None:
        return why_on_leave(self.world.oncall, person, self.at)
