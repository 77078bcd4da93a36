"""Refunds and compensations of a ticket: asked for, granted, rejected.

What lies within the requester's own limit is granted at once. Anything else waits for
somebody whose limit, own or lent, suffices at the instant of the decision.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.authority.approval import Approval
from domain.authority.delegation import Delegation
from domain.authority.facts import (
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.authority.limits import SpendKind
from domain.authority.money import parse_amount, parse_currency
from domain.authority.power import Mandate, Power, Spend
from domain.errors import FieldError, InvalidError, NotFoundError, RuleError
from domain.ticket.draft import Draft
from domain.world import World


@dataclass(frozen=True, kw_only=True)
class AskApproval:
    kind: SpendKind
    amount: str
    currency: str
    reason: str
    requested_by: str
    delegations: tuple[Delegation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DecideApproval:
    number: int
    grant: bool
    by: str
    reason: str
    delegations: tuple[Delegation, ...] = ()


ApprovalCommand = AskApproval | DecideApproval


@dataclass(frozen=True, kw_only=True)
class Approving:
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
        if command.requested_by not in self.world.directory.agents:
            message = f"there is no agent {command.requested_by!r}"
            errors.append(FieldError("/requested_by", message))
        if errors:
            raise InvalidError(errors)
        number = len(self.draft.ticket.approvals) + 1
        power = self._power(command.delegations)
        spend = Spend(
            kind=command.kind,
            currency=command.currency,
            amount=amount,
            requested_by=command.requested_by,
            team=self.draft.ticket.team,
        )
        own = power.own(command.requested_by, spend)
        if isinstance(own, Mandate):
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
                passed_over=chain.passed_over,
            ),
            self.at,
        )

    def _grant_at_once(self, number: int, command: AskApproval, own: Mandate) -> None:
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
        if command.by not in self.world.directory.agents:
            raise InvalidError.at("/by", f"there is no agent {command.by!r}")
        mandate = self._power(command.delegations).mandate(
            command.by,
            Spend(
                kind=approval.kind,
                currency=approval.currency,
                amount=Decimal(approval.amount),
                requested_by=approval.requested_by,
                team=self.draft.ticket.team,
            ),
        )
        if isinstance(mandate, str):
            wanted = f"{approval.amount} {approval.currency}"
            raise RuleError(f"{command.by} cannot decide on {wanted}: {mandate}")
        self.draft.record(_decided(approval, command, mandate), self.at)

    def _open(self, number: int) -> Approval:
        found = [a for a in self.draft.ticket.approvals if a.number == number]
        if not found:
            raise NotFoundError("approval", str(number))
        if not found[0].open:
            raise RuleError(f"approval {number} is {found[0].state} already")
        return found[0]

    def _power(self, delegations: tuple[Delegation, ...]) -> Power:
        return Power(
            at=self.at,
            directory=self.world.directory,
            authorities=self.world.config.authorities,
            delegations=delegations,
            oncall=self.world.oncall,
        )


def _decided(
    approval: Approval, command: DecideApproval, mandate: Mandate
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
