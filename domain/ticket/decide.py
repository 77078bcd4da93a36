"""What people can ask of a ticket, and what follows from it.

`decide` first enforces what is already due, so that the log never shows an answer
before the breach that preceded it. Then it applies the command, and then lets the rules
react. It returns a draft and mutates nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime

from domain.assignment.commands import (
    AcceptOffer,
    DeclineOffer,
    OfferCommand,
    OfferNext,
    RevokeOffer,
)
from domain.assignment.offers import handle_offer
from domain.authority.approvals import (
    ApprovalCommand,
    AskApproval,
    DecideApproval,
    approver_away,
    handle_approval,
)
from domain.copies import replace
from domain.errors import InvalidError, NotFoundError
from domain.escalation.commands import (
    Acknowledge,
    Escalate,
    PersonNotified,
    StepUndelivered,
)
from domain.escalation.delivery import notified, undelivered
from domain.escalation.migration import migrate
from domain.escalation.pausing import acknowledge
from domain.escalation.runs import force
from domain.event import Json
from domain.lifecycle.commands import (
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
from domain.lifecycle.macro_run import RunMacro, run_by_hand
from domain.sla import tracking as sla
from domain.sla.excuse import ExcuseBreach, excuse
from domain.sla.situation import Edited
from domain.ticket.draft import Draft
from domain.ticket.enforce import EPOCH, enforce
from domain.ticket.escalations import EscalatedDraft, StepChanges
from domain.ticket.reactions import react
from domain.ticket.ticket import Ticket
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class OpenTicket:
    """`occurred_at`: when the customer wrote, if that was earlier; the promises count
    from then.
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
class CaptureFeedback:
    feedback_id: str
    text: str
    kind: str
    product_area: str | None = None
    severity: str | None = None


@dataclass(frozen=True, kw_only=True)
class RestatePromises:
    """Take over the newest versions of the SLA policies, the calendars and the
    escalation policies. If not `forced`, only where the SLA policy itself says so;
    escalation policies only by command. `name`: only of this one; None = of all.
    """

    policies: bool
    calendars: bool
    reason: str
    forced: bool = True
    escalation_policies: bool = False
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class RetryWaiting:
    """People for whom an escalation step or an approval waits may be available now."""


EscalationCommand = Acknowledge | Escalate | StepUndelivered | PersonNotified
Command = (
    HandlingCommand
    | CaptureFeedback
    | EscalationCommand
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
            personal_attributes=world.config.personal_attributes,
        ),
        since,
    )
    react(draft, start, since, world)
    enforce(draft, at, world)
    return draft


def decide(ticket: Ticket, command: Command, at: datetime, world: World) -> Draft:
    """Raises RuleError for what cannot be done in the ticket's state, InvalidError for
    a command that names something that does not exist.
    """
    draft = Draft(ticket.id, _with_personal(ticket, world))
    # The clocks of two machines differ; a later event must not get an earlier time.
    at = max(at, ticket.updated_at)
    now = enforce(draft, at, world)
    start = draft.mark()
    _apply(draft, command, at, now)
    react(draft, start, at, world)
    enforce(draft, at, world)
    return draft


def _with_personal(ticket: Ticket, world: World) -> Ticket:
    """What is personal by now is treated so from now on, also on older tickets."""
    known = ticket.personal_attributes
    new = tuple(n for n in world.config.personal_attributes if n not in known)
    return replace(ticket, personal_attributes=known + new) if new else ticket


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
        case Acknowledge() | Escalate() | StepUndelivered() | PersonNotified():
            _escalation(draft, command, at, world)
        case ExcuseBreach():
            excuse(draft, command, at)
        case RestatePromises():
            _restate(draft, command, at, world)
        case AcceptOffer() | DeclineOffer() | OfferNext() | RevokeOffer():
            _offer(draft, command, at, world)
        case RetryWaiting():
            pass  # `react` does it after every command.
        case RunMacro():
            _run_macro(draft, command, at, world)
        case AskApproval() | DecideApproval():
            handle_approval(draft, command, at, world)
        case CaptureFeedback():
            _feedback(draft, command, at)


def _escalation(
    draft: Draft, command: EscalationCommand, at: datetime, world: World
) -> None:
    match command:
        case Acknowledge():
            refuse_finished(draft.ticket)
            draft.record(TicketAcknowledged(by=command.by), at)
            acknowledge(draft, command.by, at)
        case Escalate():
            refuse_finished(draft.ticket)
            force(draft, command.to_step, command.by, command.reason, at)
        case StepUndelivered():
            undelivered(draft, command, at, world, StepChanges(draft, world))
        case PersonNotified():
            notified(draft, command, at)


def _offer(draft: Draft, command: OfferCommand, at: datetime, world: World) -> None:
    handle_offer(draft, command, at, world)
    if isinstance(command, RevokeOffer):
        approver_away(draft, command.agent, at, world)


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
    sla.restate(EscalatedDraft(draft, world, ()), at, world, edited)
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
