"""What people can ask of a ticket, and what comes of it.

`decide` first enforces what is already due, so that the log never shows an answer
before the breach that preceded it, then applies the command, then lets the promises
follow. It returns a draft and mutates nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import InvalidError, NotFoundError, RuleError
from domain.escalation.commands import PersonNotified, StepUndelivered
from domain.escalation.facts import EscalationNotified
from domain.event import Json
from domain.lifecycle.facts import (
    AuthorKind,
    Channel,
    Customer,
    FeedbackCaptured,
    Priority,
    SplitFrom,
    TicketAcknowledged,
    TicketOpened,
)
from domain.sla.facts import SlaExcused
from domain.ticket.approvals import (
    ApprovalCommand,
    Approvals,
    AskApproval,
    DecideApproval,
)
from domain.ticket.assignment_offers import (
    AcceptOffer,
    DeclineOffer,
    OfferCommand,
    OfferNext,
    Offers,
    RevokeOffer,
)
from domain.ticket.draft import Draft
from domain.ticket.enforce import EPOCH, enforce
from domain.ticket.escalation_migration import migrate
from domain.ticket.escalation_runs import Escalating
from domain.ticket.escalation_steps import catch
from domain.ticket.lifecycle import (
    AddMessage,
    Assign,
    Change,
    Close,
    Handling,
    HandlingCommand,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
    refuse_finished,
)
from domain.ticket.macro_run import RunMacro, run_by_hand
from domain.ticket.reactions import react
from domain.ticket.sla_matching import Edited
from domain.ticket.sla_tracking import restate_edited
from domain.ticket.ticket import Ticket
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class OpenTicket:
    """`occurred_at`: when the customer wrote, if that was before now; the promises
    count from then.
    """

    number: int
    subject: str
    body: str
    channel: Channel
    type: str
    customer: Customer
    priority: Priority = "normal"
    product_area: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Json = field(default_factory=dict)
    occurred_at: datetime | None = None
    opened_by: AuthorKind = "customer"
    split_from: SplitFrom | None = None


@dataclass(frozen=True, kw_only=True)
class Acknowledge:
    by: str


@dataclass(frozen=True, kw_only=True)
class CaptureFeedback:
    feedback_id: str
    text: str
    kind: str
    product_area: str | None = None
    severity: str | None = None


@dataclass(frozen=True, kw_only=True)
class Escalate:
    """`to_step` counts from 0; None = the next one, now."""

    by: str
    reason: str
    to_step: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExcuseBreach:
    """`cycle` None: the last one of the metric."""

    metric: str
    cycle: int | None
    reason: str
    approved_by: str


@dataclass(frozen=True, kw_only=True)
class RestatePromises:
    """Take the newest versions of the policies, of the calendars, of the ladders. Not
    `forced`: only where the policy itself says so; of ladders always by order. `name`:
    only of this one; None = of all.
    """

    policies: bool
    calendars: bool
    reason: str
    forced: bool = True
    escalation_policies: bool = False
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class RetryWaiting:
    """Somebody may be there now for whom a held step of a climb waits, or a refund."""


Command = (
    HandlingCommand
    | Acknowledge
    | CaptureFeedback
    | Escalate
    | StepUndelivered
    | PersonNotified
    | ExcuseBreach
    | RestatePromises
    | OfferCommand
    | ApprovalCommand
    | RunMacro
    | RetryWaiting
)


def open_ticket(
    ticket_id: str, command: OpenTicket, at: datetime, world: World
) -> Draft:
    draft = Draft(ticket_id, None)
    since = command.occurred_at or at
    if since > at:
        raise InvalidError.at("/occurred_at", "lies in the future")
    if since < EPOCH:
        raise InvalidError.at("/occurred_at", "lies before 1970")
    start = draft.mark()
    draft.record(
        TicketOpened(
            number=command.number,
            subject=command.subject,
            body=command.body,
            channel=command.channel,
            type=command.type,
            priority=command.priority,
            customer=command.customer,
            product_area=command.product_area,
            tags=command.tags,
            attributes=command.attributes,
            opened_by=command.opened_by,
            split_from=command.split_from,
            received_at=at if since < at else None,
        ),
        since,
    )
    react(draft, start, since, world)
    enforce(draft, at, world)
    return draft


def decide(ticket: Ticket, command: Command, at: datetime, world: World) -> Draft:
    """Raises RuleError for what cannot be done in the ticket's state, InvalidError for
    a command that names what is not there.
    """
    draft = Draft(ticket.id, ticket)
    # The clocks of two machines differ; what happened after is not before.
    at = max(at, ticket.updated_at)
    now = enforce(draft, at, world)
    start = draft.mark()
    _apply(draft, command, at, now)
    react(draft, start, at, world)
    enforce(draft, at, world)
    return draft


def _apply(  # noqa: C901 - one case a command
    draft: Draft, command: Command, at: datetime, world: World
) -> None:
    match command:
        case (
            AddMessage()
            | Assign()
            | PauseTicket()
            | Resume()
            | Change()
            | Resolve()
            | Close()
            | Reopen()
        ):
            Handling(draft=draft, at=at, directory=world.directory).do(command)
        case Acknowledge():
            _acknowledge(draft, command, at, world)
        case StepUndelivered() | PersonNotified():
            _report(draft, command, at, world)
        case Escalate():
            refuse_finished(draft.ticket)
            by = Escalating(draft=draft, at=at, world=world)
            by.force(command.to_step, command.by, command.reason)
        case ExcuseBreach():
            _excuse(draft, command, at)
        case RestatePromises():
            _restate(draft, command, at, world)
        case AcceptOffer() | DeclineOffer() | OfferNext() | RevokeOffer():
            _offer(draft, command, at, world)
        case RetryWaiting():
            pass  # `react` does it after every command
        case RunMacro():
            _run_macro(draft, command, at, world)
        case AskApproval() | DecideApproval():
            Approvals(draft=draft, at=at, world=world).do(command)
        case CaptureFeedback():
            _feedback(draft, command, at)


def _report(
    draft: Draft, command: StepUndelivered | PersonNotified, at: datetime, world: World
) -> None:
    if isinstance(command, PersonNotified):
        _notified(draft, command, at)
        return
    Escalating(draft=draft, at=at, world=world).undelivered(command)
    catch(draft, command, at, world)


def _notified(draft: Draft, command: PersonNotified, at: datetime) -> None:
    runs = draft.ticket.runs
    policy = next((r.policy for r in runs if r.clock == command.clock), None)
    draft.record(
        EscalationNotified(
            clock=command.clock,
            step=command.step,
            repetition=command.repetition,
            target=command.chosen.target,
            person=command.chosen.person,
            reason="; ".join(command.chosen.reasons),
            channel=command.channel,
            notification=command.notification,
            sent_at=command.sent_at,
        ),
        at,
        cause=command.about,
        policy=policy,
        by_rule=True,
    )


def _acknowledge(
    draft: Draft, command: Acknowledge, at: datetime, world: World
) -> None:
    refuse_finished(draft.ticket)
    draft.record(TicketAcknowledged(by=command.by), at)
    Escalating(draft=draft, at=at, world=world).acknowledge(command.by)


def _offer(draft: Draft, command: OfferCommand, at: datetime, world: World) -> None:
    Offers(draft, at, world).do(command)
    if isinstance(command, RevokeOffer):
        Approvals(draft=draft, at=at, world=world).approver_away(command.agent)


def _restate(
    draft: Draft, command: RestatePromises, at: datetime, world: World
) -> None:
    edited = Edited(
        policies=command.policies,
        calendars=command.calendars,
        reason=command.reason,
        forced=command.forced,
        name=command.name,
    )
    restate_edited(draft, at, world, edited)
    if command.escalation_policies:
        migrate(draft, at, world, command.reason, command.name)


def _run_macro(draft: Draft, command: RunMacro, at: datetime, world: World) -> None:
    current = world.config.entry("macros", command.name).current
    if current is None:
        raise NotFoundError("macro", command.name)
    run_by_hand(draft, current.macro, command.by, at, world.directory)


def _feedback(draft: Draft, command: CaptureFeedback, at: datetime) -> None:
    draft.record(
        FeedbackCaptured(
            feedback_id=command.feedback_id,
            text=command.text,
            kind=command.kind,
            product_area=command.product_area or draft.ticket.product_area,
            severity=command.severity,
        ),
        at,
    )


def _excuse(draft: Draft, command: ExcuseBreach, at: datetime) -> None:
    clock = next(
        (
            c
            for c in reversed(draft.ticket.clocks)
            if c.metric == command.metric and command.cycle in (None, c.cycle)
        ),
        None,
    )
    if clock is None:
        raise NotFoundError("clock", command.metric)
    if clock.breached_at is None and clock.state != "missed":
        raise RuleError(f"{clock.key} is not breached: there is nothing to excuse")
    if clock.excuse is not None:
        raise RuleError(f"{clock.key} was excused by {clock.excuse.approved_by}")
    draft.record(
        SlaExcused(
            metric=clock.metric,
            cycle=clock.cycle,
            reason=command.reason,
            approved_by=command.approved_by,
        ),
        at,
    )
