"""Refunds and compensations of a ticket: requested, granted, rejected.

What lies within the requester's own limit is granted at once. Anything else waits for
somebody whose limit, own or delegated, is high enough at the instant of the decision.
Where the approver does not answer or is away, the next manager above is asked. Where no
approver is available, it is tried again: when somebody returns or gets a delegation,
and after every change of who may approve what.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.authority.approval import Approval
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.authority.limits import SpendKind
from domain.authority.money import parse_amount, parse_currency
from domain.authority.ports import Draft, TicketView, World
from domain.authority.power import Authorization, AuthorizationRules, Chain, Spend
from domain.errors import (
    FieldError,
    InvalidError,
    NotFoundError,
    RuleError,
    UnknownNameError,
)
from domain.people.directory import may_act


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


def handle_approval(
    draft: Draft, command: ApprovalCommand, at: datetime, world: World
) -> None:
    """Raises RuleError, InvalidError, NotFoundError."""
    if draft.ticket.status == "closed":
        raise RuleError("the ticket is closed: reopen it first")
    match command:
        case AskApproval():
            _ask(draft, command, at, world)
        case DecideApproval():
            _decide(draft, command, at, world)


def approval_unanswered(draft: Draft, number: int, at: datetime, world: World) -> None:
    """The approver did not answer in time, or somebody may be available by now."""
    approval, rules = _open(draft.ticket, number), AuthorizationRules(at, world)
    if approval.approver is None:
        _reroute(draft, approval, rules)
    else:
        _escalate(draft, approval, rules, "did not answer in time")


def approver_away(draft: Draft, person: str, at: datetime, world: World) -> None:
    """Approvals that wait for this person go to the next manager above, if they are
    away.
    """
    rules, ticket = AuthorizationRules(at, world), draft.ticket
    why = may_act(world.directory, person) or rules.away(person)
    if why is None or ticket.status == "closed":
        return
    for approval in ticket.approvals:
        if approval.open and approval.approver == person:
            _escalate(draft, approval, rules, why, away=True)


def reroute_approvals(draft: Draft, at: datetime, world: World) -> None:
    """Assigns an approver to those without, if there is one now; or updates when there
    may be one.
    """
    rules, ticket = AuthorizationRules(at, world), draft.ticket
    for approval in ticket.approvals if ticket.status != "closed" else ():
        if approval.state != "unresolved":
            continue
        silent, spend = approval.no_response, _spend(ticket, approval)
        approver = _chain_above(spend, approval, rules, silent).approver
        chance = _escalates_at(approver, spend, rules, silent)
        known = approval.escalates_at
        if approver or (chance and (known is None or chance < known)):
            _reroute(draft, approval, rules)


def _ask(draft: Draft, command: AskApproval, at: datetime, world: World) -> None:
    _refuse_invalid(command, world)
    ticket, rules = draft.ticket, AuthorizationRules(at, world)
    number, spend = len(ticket.approvals) + 1, _spend(ticket, command)
    own = rules.own(command.requested_by, spend)
    if isinstance(own, Authorization):
        by = command.requested_by
        draft.record(_granted(number, command, own, command.reason, by), at)
        return
    chain = rules.chain(spend)
    draft.record(
        ApprovalRequested(
            number=number,
            kind=command.kind,
            amount=command.amount,
            currency=command.currency,
            reason=command.reason,
            requested_by=command.requested_by,
            approver=chain.approver,
            excluded=chain.excluded,
            escalates_at=_escalates_at(chain.approver, spend, rules),
            team_lead=None if chain.approver else _lead(ticket, command, world),
        ),
        at,
    )


def _refuse_invalid(command: AskApproval, world: World) -> None:
    """Raises InvalidError."""
    errors: list[FieldError] = []
    parse_amount(command.amount, "/amount", errors)
    parse_currency(command.currency, "/currency", errors)
    asking, known = command.requested_by, world.directory.agents
    if asking not in known:
        errors.append(UnknownNameError.of("/requested_by", "agent", asking, known))
    if errors:
        raise InvalidError(errors)


def _decide(draft: Draft, command: DecideApproval, at: datetime, world: World) -> None:
    approval, known = _open(draft.ticket, command.number), world.directory.agents
    if command.by not in known:
        unknown = UnknownNameError.of("/by", "agent", command.by, known)
        raise InvalidError([unknown])
    spend = _spend(draft.ticket, approval)
    mandate = AuthorizationRules(at, world).mandate(command.by, spend)
    if isinstance(mandate, str):
        wanted = f"{approval.amount} {approval.currency}"
        raise RuleError(f"{command.by} cannot decide on {wanted}: {mandate}")
    if command.grant:
        number, by = approval.number, command.by
        fact = _granted(number, approval, mandate, command.reason, by)
        draft.record(fact, at)
        return
    draft.record(
        ApprovalRejected(
            number=approval.number,
            reason=command.reason,
            principal=mandate.principal,
            actor=command.by,
            limit=mandate.limit,
        ),
        at,
    )


def _granted(
    number: int,
    wanted: AskApproval | Approval,
    mandate: Authorization,
    reason: str,
    actor: str,
) -> ApprovalGranted:
    return ApprovalGranted(
        number=number,
        kind=wanted.kind,
        amount=wanted.amount,
        currency=wanted.currency,
        reason=reason,
        requested_by=wanted.requested_by,
        principal=mandate.principal,
        actor=actor,
        limit=mandate.limit,
    )


def _reroute(draft: Draft, approval: Approval, rules: AuthorizationRules) -> None:
    spend, silent = _spend(draft.ticket, approval), approval.no_response
    found = _chain_above(spend, approval, rules, silent).approver
    reason = "can decide it now" if found else "no approver is available yet"
    _escalate(draft, approval, rules, reason)


def _escalate(
    draft: Draft,
    approval: Approval,
    rules: AuthorizationRules,
    reason: str,
    *,
    away: bool = False,
) -> None:
    """`away`: the approver is away, and may be asked again after that."""
    ticket, before = draft.ticket, approval.approver
    silent = approval.no_response
    if before is not None and not away:
        silent = (*silent, before)
    spend = _spend(ticket, approval)
    chain = _chain_above(spend, approval, rules, silent)
    lost = before is not None and chain.approver is None
    draft.record(
        ApprovalEscalated(
            number=approval.number,
            from_approver=before,
            approver=chain.approver,
            reason=reason,
            excluded=chain.excluded,
            escalates_at=_escalates_at(chain.approver, spend, rules, silent),
            away=away,
            team_lead=_lead(ticket, approval, rules.world) if lost else None,
        ),
        rules.at,
        by_rule=True,
    )


def _chain_above(
    spend: Spend,
    approval: Approval,
    rules: AuthorizationRules,
    silent: Collection[str],
) -> Chain:
    """Above the last approver. If nobody is available there, also somebody who was
    excluded before and is available now, but never somebody who did not answer
    (`silent`).
    """
    above = rules.chain(spend, above=approval.approver, besides=silent)
    if above.approver is not None:
        return above
    anybody = rules.chain(spend, besides=silent)
    return anybody if anybody.approver else above


def _escalates_at(
    approver: str | None,
    spend: Spend,
    rules: AuthorizationRules,
    silent: Collection[str] = (),
) -> datetime | None:
    if approver is None:
        return rules.next_chance(spend, besides=silent)
    within = rules.answer_within(approver)
    return rules.at + within if within else None


def _lead(
    ticket: TicketView, wanted: AskApproval | Approval, world: World
) -> str | None:
    """The lead of the ticket's team, unless they are the requester."""
    team = world.directory.teams.get(ticket.team or "")
    lead = team.lead if team else None
    return None if lead == wanted.requested_by else lead


def _open(ticket: TicketView, number: int) -> Approval:
    """Raises NotFoundError, RuleError."""
    found = next((a for a in ticket.approvals if a.number == number), None)
    if found is None:
        raise NotFoundError("approval", str(number))
    if not found.open:
        raise RuleError(f"approval {number} is {found.state} already")
    return found


def _spend(ticket: TicketView, wanted: AskApproval | Approval) -> Spend:
    return Spend(
        kind=wanted.kind,
        currency=wanted.currency,
        amount=Decimal(wanted.amount),
        requested_by=wanted.requested_by,
        team=ticket.team,
    )
