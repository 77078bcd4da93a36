"""What people can ask of a ticket, and what comes of it.

`decide` first enforces what is already due, so that the log never shows an answer
before the breach that preceded it, then applies the command, then lets the promises
follow. It returns a draft and mutates nothing else.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from domain.approving import (
    ApprovalCommand,
    Approving,
    AskApproval,
    DecideApproval,
)
from domain.duration import LONGEST
from domain.enforcement import EPOCH, enforce
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.escalating import Escalating
from domain.event import Json
from domain.notification.unreached import StepUnreached
from domain.offering import (
    AcceptOffer,
    DeclineOffer,
    OfferCommand,
    Offering,
    OfferNext,
    Withdraw,
)
from domain.promises import follow, restate_edited
from domain.rematch import Edited
from domain.sla.facts import SlaExcused
from domain.ticket.draft import Draft
from domain.ticket.facts import (
    Author,
    AuthorKind,
    Channel,
    Customer,
    FeedbackCaptured,
    Priority,
    SplitFrom,
    TicketAcknowledged,
    TicketAssigned,
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketTierChanged,
    TicketUpdated,
    Visibility,
)
from domain.ticket.state import Ticket
from domain.world import World


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
class AddMessage:
    author: Author
    body: str
    visibility: Visibility
    channel: Channel | None = None
    expects_reply: bool = True
    automatic: bool = False


@dataclass(frozen=True, kw_only=True)
class Assign:
    team: str | None = None
    agent: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Acknowledge:
    by: str


@dataclass(frozen=True, kw_only=True)
class PauseTicket:
    reason: str
    status: Literal["pending", "on_hold"] = "pending"
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Resume:
    reason: str = "resumed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """`fields`: the new values of subject, type, product_area, tags, attributes."""

    priority: Priority | None = None
    tier: str | None = None
    fields: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Resolve:
    code: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Close:
    pass


@dataclass(frozen=True, kw_only=True)
class Reopen:
    reason: str


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
    ladders: bool = False
    name: str | None = None


Command = (
    AddMessage
    | Assign
    | Acknowledge
    | PauseTicket
    | Resume
    | Change
    | Resolve
    | Close
    | Reopen
    | CaptureFeedback
    | Escalate
    | StepUnreached
    | ExcuseBreach
    | RestatePromises
    | OfferCommand
    | ApprovalCommand
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
        ),
        since,
    )
    follow(draft, start, since, world)
    enforce(draft, at, world)
    return draft


def decide(ticket: Ticket, command: Command, at: datetime, world: World) -> Draft:
    """Raises RuleError for what cannot be done in the ticket's state, InvalidError for
    a command that names what is not there.
    """
    draft = Draft(ticket.id, ticket)
    # The clocks of two machines differ; what happened after is not before.
    at = max(at, ticket.updated_at)
    world = enforce(draft, at, world)
    start, holder = draft.mark(), draft.ticket.assignee
    _apply(draft, command, at, world)
    if holder is not None and draft.ticket.assignee is None:
        # Whoever gave it back is not full of it.
        world = world.moved(None, holder)
    Offering(draft, at, world).settle()
    follow(draft, start, at, world)
    enforce(draft, at, world)
    return draft


def _apply(  # noqa: C901, PLR0912, PLR0915 - one case a command
    draft: Draft, command: Command, at: datetime, world: World
) -> None:
    match command:
        case AddMessage():
            _message(draft, command, at)
        case Assign():
            _assign(draft, command, at, world)
        case Acknowledge():
            _acknowledge(draft, command, at, world)
        case StepUnreached():
            Escalating(draft=draft, at=at, world=world).unreached(command)
        case Escalate():
            _refuse_finished(draft.ticket)
            by = Escalating(draft=draft, at=at, world=world)
            by.force(command.to_step, command.by, command.reason)
        case PauseTicket():
            _pause(draft, command, at)
        case Resume():
            if draft.ticket.pause is None:
                raise RuleError("the ticket is not paused")
            draft.record(TicketResumed(reason=command.reason), at)
        case Change():
            _change(draft, command, at)
        case Resolve():
            _resolve(draft, command, at)
        case Close():
            _close(draft, at)
        case Reopen():
            _reopen(draft, command.reason, at)
        case ExcuseBreach():
            _excuse(draft, command, at)
        case RestatePromises():
            edited = Edited(
                policies=command.policies,
                calendars=command.calendars,
                reason=command.reason,
                forced=command.forced,
                name=command.name,
            )
            restate_edited(draft, at, world, edited)
            if command.ladders:
                by = Escalating(draft=draft, at=at, world=world)
                by.migrate(command.reason, command.name)
        case AcceptOffer() | DeclineOffer() | OfferNext() | Withdraw():
            Offering(draft, at, world).do(command)
        case AskApproval() | DecideApproval():
            Approving(draft=draft, at=at, world=world).do(command)
        case CaptureFeedback():
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


def _message(draft: Draft, command: AddMessage, at: datetime) -> None:
    draft.record(
        TicketMessageAdded(
            author=command.author,
            body=command.body,
            visibility=command.visibility,
            channel=command.channel,
            expects_reply=command.expects_reply,
            automatic=command.automatic,
        ),
        at,
    )
    heard = command.visibility == "public" and not command.automatic
    if not heard or command.author.kind != "customer":
        return
    if draft.ticket.finished and command.expects_reply:
        _reopen(draft, "the customer wrote again", at)
    elif draft.ticket.status == "pending":
        draft.record(TicketResumed(reason="the customer answered"), at, by_rule=True)


def _assign(draft: Draft, command: Assign, at: datetime, world: World) -> None:
    directory, ticket = world.directory, draft.ticket
    if command.team is None and command.agent is None:
        raise InvalidError.at("", "name a team, an agent, or both")
    if command.team is not None and command.team not in directory.teams:
        raise InvalidError.at("/team", f"there is no team {command.team!r}")
    if command.agent is not None:
        agent = directory.agents.get(command.agent)
        if agent is None:
            raise InvalidError.at("/agent", f"there is no agent {command.agent!r}")
        if not agent.active:
            raise InvalidError.at("/agent", f"{command.agent!r} is not active")
    _refuse_finished(ticket)
    draft.record(
        TicketAssigned(
            team=command.team or ticket.team,
            agent=command.agent,
            reason=command.reason,
        ),
        at,
    )


def _acknowledge(
    draft: Draft, command: Acknowledge, at: datetime, world: World
) -> None:
    _refuse_finished(draft.ticket)
    draft.record(TicketAcknowledged(by=command.by), at)
    Escalating(draft=draft, at=at, world=world).acknowledge(command.by)


def _pause(draft: Draft, command: PauseTicket, at: datetime) -> None:
    _refuse_finished(draft.ticket)
    if draft.ticket.pause is not None:
        raise RuleError("the ticket is paused already")
    if command.until is not None and not at < command.until <= at + LONGEST:
        raise InvalidError.at("/until", "must lie in the future, within five years")
    draft.record(
        TicketPaused(status=command.status, reason=command.reason, until=command.until),
        at,
    )


def _change(draft: Draft, command: Change, at: datetime) -> None:
    ticket = draft.ticket
    if ticket.status == "closed":
        raise RuleError("the ticket is closed: reopen it first")
    priority = command.priority or ticket.priority
    old_tier, tier = ticket.customer.tier, command.tier or ticket.customer.tier
    new = {k: v for k, v in command.fields.items() if _differs(getattr(ticket, k), v)}
    if new:
        draft.record(
            TicketUpdated(old={k: getattr(ticket, k) for k in new}, new=new), at
        )
    if tier != old_tier:
        draft.record(TicketTierChanged(old=old_tier, new=tier), at)
    if priority != ticket.priority:
        changed = TicketPriorityChanged(
            old=ticket.priority, new=priority, reason="changed by hand"
        )
        draft.record(changed, at)


def _differs(old: object, new: object) -> bool:
    """As JSON, because to Python `true`, `1` and `1.0` are equal."""
    return json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True)


def _resolve(draft: Draft, command: Resolve, at: datetime) -> None:
    _refuse_finished(draft.ticket)
    draft.record(TicketResolved(code=command.code, note=command.note), at)


def _close(draft: Draft, at: datetime) -> None:
    if draft.ticket.status == "closed":
        raise RuleError("the ticket is closed already")
    draft.record(TicketClosed(), at)


def _reopen(draft: Draft, reason: str, at: datetime) -> None:
    ticket = draft.ticket
    if not ticket.finished:
        raise RuleError(f"the ticket is {ticket.status}, there is nothing to reopen")
    if ticket.merged_into is not None:
        raise RuleError(f"the ticket went into {ticket.merged_into}: go on there")
    draft.record(TicketReopened(reason=reason), at)


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
        raise RuleError(f"{clock.key} is not broken: there is nothing to excuse")
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


def _refuse_finished(ticket: Ticket) -> None:
    if ticket.finished:
        raise RuleError(f"the ticket is {ticket.status}: reopen it first")
