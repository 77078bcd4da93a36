"""Refunds and compensations of a ticket: asked for, granted, rejected.

What lies within the requester's own limit is granted at once. Anything else waits for
somebody whose limit, own or lent, suffices at the instant of the decision; where who is
asked does not answer or is away, the next above is asked. Where nobody can be, it is
looked at again: when somebody comes back or is lent the authority, and after every
change of who may what.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from domain.authority.approval import Approval
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.authority.limits import SpendKind
from domain.authority.money import parse_amount, parse_currency
from domain.authority.power import Authorization, AuthorizationRules, Chain, Spend
from domain.errors import (
    FieldError,
    InvalidError,
    NotFoundError,
    RuleError,
    UnknownNameError,
)
from domain.people.directory import may_act
from domain.ticket.draft import Draft
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class AskApproval:
    kind: SpendKind
    amount: str
    currency: str
    reason: str
    requested_by: str


@dataclass(frozen=True, kw_only=True)
class DecideApproval:
    number: int
    grant: bool
    by: str
    reason: str


ApprovalCommand = AskApproval | DecideApproval


@dataclass(frozen=True, kw_only=True)
class Approvals:
    draft: Draft
    at: datetime
    world: World

    def do(self, command: ApprovalCommand) -> None:
        if self.draft.ticket.status == "closed":
            raise RuleError("the ticket is closed: reopen it first")
        match command:
            case AskApproval():
                self._ask(command)
            case DecideApproval():
                self._decide(command)

    def _ask(self, command: AskApproval) -> None:
        errors: list[FieldError] = []
        amount = parse_amount(command.amount, "/amount", errors)
        parse_currency(command.currency, "/currency", errors)
        asking, known = command.requested_by, self.world.directory.agents
        if asking not in known:
            where = "/requested_by"
            errors.append(UnknownNameError.of(where, "agent", asking, known))
        if errors:
            raise InvalidError(errors)
        number = len(self.draft.ticket.approvals) + 1
        power = self._power
        spend = self._spend(command, amount)
        own = power.own(command.requested_by, spend)
        if isinstance(own, Authorization):
            self._grant_at_once(number, command, own)
            return
        chain = power.chain(spend)
        self.draft.record(
            ApprovalRequested(
                number=number,
                kind=command.kind,
                amount=command.amount,
                currency=command.currency,
                reason=command.reason,
                requested_by=command.requested_by,
                approver=chain.approver,
                excluded=chain.excluded,
                escalates_at=self._climbs_at(chain.approver, command),
                team_lead=None if chain.approver else self._lead(command),
            ),
            self.at,
        )

    def _grant_at_once(
        self, number: int, command: AskApproval, own: Authorization
    ) -> None:
        self.draft.record(
            ApprovalGranted(
                number=number,
                kind=command.kind,
                amount=command.amount,
                currency=command.currency,
                reason=command.reason,
                requested_by=command.requested_by,
                principal=own.principal,
                actor=command.requested_by,
                limit=own.limit,
            ),
            self.at,
        )

    def _decide(self, command: DecideApproval) -> None:
        approval = self._open(command.number)
        known = self.world.directory.agents
        if command.by not in known:
            unknown = UnknownNameError.of("/by", "agent", command.by, known)
            raise InvalidError([unknown])
        spend = self._spend(approval, Decimal(approval.amount))
        mandate = self._power.mandate(command.by, spend)
        if isinstance(mandate, str):
            wanted = f"{approval.amount} {approval.currency}"
            raise RuleError(f"{command.by} cannot decide on {wanted}: {mandate}")
        self.draft.record(_decided(approval, command, mandate), self.at)

    def run_out(self, number: int) -> None:
        """Who was asked did not answer in time, or somebody may be there by now."""
        approval = self._open(number)
        if approval.approver is None:
            self._reroute(approval)
        else:
            self._climb(approval, "did not answer in time")

    def approver_away(self, person: str) -> None:
        """What waits for somebody who is away waits for the next above."""
        power, ticket = self._power, self.draft.ticket
        why = may_act(power.directory, person) or power.away(person)
        if why is None or ticket.status == "closed":
            return
        for approval in ticket.approvals:
            if approval.open and approval.approver == person:
                self._climb(approval, why, away=True)

    def reroute(self) -> None:
        """What nobody could be asked for, if that is not so any more, or not for as
        long as was known.
        """
        ticket = self.draft.ticket
        for approval in ticket.approvals if ticket.status != "closed" else ():
            if approval.state != "unresolved":
                continue
            found, known = (
                self._above(approval, approval.no_response),
                approval.escalates_at,
            )
            chance = self._climbs_at(found.approver, approval, approval.no_response)
            if found.approver or (chance and (known is None or chance < known)):
                self._reroute(approval)

    def _reroute(self, approval: Approval) -> None:
        found = self._above(approval, approval.no_response).approver
        self._climb(approval, "can decide it now" if found else "nobody is there yet")

    def _climb(self, approval: Approval, reason: str, *, away: bool = False) -> None:
        """`away`: who was asked is, and may be asked again once they are back."""
        before = approval.approver
        silent = (
            approval.no_response
            if away or not before
            else (*approval.no_response, before)
        )
        chain = self._above(approval, silent)
        lost = before is not None and chain.approver is None
        self.draft.record(
            ApprovalEscalated(
                number=approval.number,
                from_approver=before,
                approver=chain.approver,
                reason=reason,
                excluded=chain.excluded,
                escalates_at=self._climbs_at(chain.approver, approval, silent),
                away=away,
                team_lead=self._lead(approval) if lost else None,
            ),
            self.at,
            by_rule=True,
        )

    def _above(self, approval: Approval, silent: Collection[str]) -> Chain:
        """Above who is asked; where nobody is, also who was passed over and is there
        now, but never who did not answer.
        """
        power = self._power
        spend = self._spend(approval, Decimal(approval.amount))
        above = power.chain(spend, above=approval.approver, besides=silent)
        if above.approver is not None:
            return above
        anybody = power.chain(spend, besides=silent)
        return anybody if anybody.approver else above

    def _lead(self, wanted: AskApproval | Approval) -> str | None:
        """Of the ticket's team, unless it is they who ask."""
        team = self.world.directory.teams.get(self.draft.ticket.team or "")
        lead = team.lead if team else None
        return None if lead == wanted.requested_by else lead

    def _open(self, number: int) -> Approval:
        found = [a for a in self.draft.ticket.approvals if a.number == number]
        if not found:
            raise NotFoundError("approval", str(number))
        if not found[0].open:
            raise RuleError(f"approval {number} is {found[0].state} already")
        return found[0]

    @cached_property
    def _power(self) -> AuthorizationRules:
        return AuthorizationRules(
            at=self.at,
            directory=self.world.directory,
            authorities=self.world.config.authorities,
            delegations=self.world.delegations,
            oncall=self.world.oncall,
        )

    def _spend(self, wanted: AskApproval | Approval, amount: Decimal) -> Spend:
        return Spend(
            kind=wanted.kind,
            currency=wanted.currency,
            amount=amount,
            requested_by=wanted.requested_by,
            team=self.draft.ticket.team,
        )

    def _climbs_at(
        self,
        approver: str | None,
        wanted: AskApproval | Approval,
        silent: Collection[str] = (),
    ) -> datetime | None:
        if approver is None:
            spend = self._spend(wanted, Decimal(wanted.amount))
            return self._power.next_chance(spend, besides=silent)
        within = self._power.answer_within(approver)
        return self.at + within if within else None


def _decided(
    approval: Approval, command: DecideApproval, mandate: Authorization
) -> ApprovalGranted | ApprovalRejected:
    if not command.grant:
        return ApprovalRejected(
            number=approval.number,
            reason=command.reason,
            principal=mandate.principal,
            actor=command.by,
            limit=mandate.limit,
        )
    return ApprovalGranted(
        number=approval.number,
        kind=approval.kind,
        amount=approval.amount,
        currency=approval.currency,
        reason=command.reason,
        requested_by=approval.requested_by,
        principal=mandate.principal,
        actor=command.by,
        limit=mandate.limit,
    )
