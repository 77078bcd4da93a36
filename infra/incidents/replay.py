"""An imported history under a policy: the promise it would have had, and the verdict.

Each event that a person or the import made becomes the command it stands for, and
`domain.commands` decides it anew at the event's own time: matching, restating,
pausing, judging and reopening are those of the live server. What a rule added to the
real history is left out, because the policy under trial adds its own.

Judged is `resolution` only. The log has no messages, so nobody knows when a customer
was answered first, and to take the first assignment for it would be to invent it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from domain.commands import (
    AddMessage,
    Change,
    Close,
    Command,
    OpenTicket,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
    decide,
    open_ticket,
)
from domain.errors import RuleError
from domain.event import SYSTEM, Event, Fact
from domain.promises import World
from domain.sla.clock import Clock
from domain.sla.facts import SlaMet, SlaMissed
from domain.sla.policy import FIELDS
from domain.ticket.draft import Draft
from domain.ticket.facts import (
    Priority,
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
)
from domain.ticket.state import Ticket

METRIC = "resolution"
Outcome = Literal["met", "missed", "open", "unpromised"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`priority` when it was judged (when it is still open: now); `target` and
    `elapsed` of the clock that decided: the first that was missed, or the last.
    """

    ticket_id: str
    incident: str
    priority: Priority
    outcome: Outcome
    target: timedelta | None = None
    elapsed: timedelta | None = None


@dataclass(frozen=True)
class _Judged:
    fact: SlaMet | SlaMissed
    priority: Priority


def judge(events: Sequence[Event], world: World) -> Verdict:
    """`events` start with the opening."""
    first = events[0]
    assert isinstance(first.fact, TicketOpened), "a history starts with its opening"
    command = _opening(first.fact)
    ticket = open_ticket(first.originator_id, command, first.timestamp, world).ticket
    judged: list[_Judged] = []
    for event in events[1:]:
        draft = _again(ticket, event, world)
        if draft is not None:
            ticket = draft.ticket
            judged += _verdicts(draft)
    return _verdict(ticket, judged)


def _again(ticket: Ticket, event: Event, world: World) -> Draft | None:
    command = None if event.meta.actor == SYSTEM else command_of(event.fact)
    if command is None:
        return None
    try:
        return decide(ticket, command, event.timestamp, world)
    except RuleError:
        # The other platform allows it (a new priority after the end): no promise moves.
        return None


def _verdicts(draft: Draft) -> list[_Judged]:
    return [
        _Judged(step.fact, draft.ticket.priority)
        for step in draft.steps
        if isinstance(step.fact, SlaMet | SlaMissed) and step.fact.metric == METRIC
    ]


def _verdict(ticket: Ticket, judged: Sequence[_Judged]) -> Verdict:
    name = str(ticket.attributes.get("number", ticket.number))
    missed = next((j for j in judged if isinstance(j.fact, SlaMissed)), None)
    clocks = [clock for clock in ticket.clocks if clock.metric == METRIC]
    if missed is None and clocks and clocks[-1].live:
        return _running(ticket, name, clocks[-1])
    decided = missed or (judged[-1] if judged else None)
    if decided is None:
        return Verdict(
            ticket_id=ticket.id,
            incident=name,
            priority=ticket.priority,
            outcome="unpromised",
        )
    return Verdict(
        ticket_id=ticket.id,
        incident=name,
        priority=decided.priority,
        outcome="missed" if missed else "met",
        target=decided.fact.target,
        elapsed=decided.fact.elapsed,
    )


def _running(ticket: Ticket, name: str, clock: Clock) -> Verdict:
    return Verdict(
        ticket_id=ticket.id,
        incident=name,
        priority=ticket.priority,
        outcome="open",
        target=clock.target,
    )


def _opening(fact: TicketOpened) -> OpenTicket:
    return OpenTicket(
        number=fact.number,
        subject=fact.subject,
        body=fact.body,
        channel=fact.channel,
        type=fact.type,
        customer=fact.customer,
        priority=fact.priority,
        product_area=fact.product_area,
        tags=fact.tags,
        attributes=fact.attributes,
    )


def command_of(fact: Fact) -> Command | None:  # noqa: C901, PLR0911 - one fact, one line
    """The command that makes this fact; None if no promise depends on it."""
    match fact:
        case TicketMessageAdded():
            return AddMessage(
                author=fact.author, body=fact.body, visibility=fact.visibility
            )
        case TicketPriorityChanged():
            return Change(priority=fact.new)
        case TicketTierChanged():
            return Change(tier=fact.new)
        case TicketUpdated() if asked := {
            k: fact.new[k] for k in fact.new if k in FIELDS
        }:
            return Change(fields=asked)
        case TicketPaused():
            return PauseTicket(reason=fact.reason, status=fact.status, until=fact.until)
        case TicketResumed():
            return Resume(reason=fact.reason)
        case TicketResolved():
            return Resolve(code=fact.code, note=fact.note)
        case TicketClosed():
            return Close()
        case TicketReopened():
            return Reopen(reason=fact.reason)
        case _:
            return None
