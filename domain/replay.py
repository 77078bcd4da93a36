"""A history once more, under other rules: what would have been promised, and kept?

What people did is taken as it was; what a rule added to the real history is left out,
because the rules under trial add their own. Everything is decided by the functions of
the live server (design invariant 3).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from domain.enforcement import enforce_punctually
from domain.errors import InvalidError, RuleError
from domain.escalating import Escalating
from domain.escalation.facts import EscalationForced
from domain.event import SYSTEM, Event, Fact
from domain.promises import follow
from domain.ticket.draft import Draft
from domain.ticket.facts import (
    TicketAcknowledged,
    TicketMessageAdded,
    TicketPriorityChanged,
    TicketReopened,
    TicketResumed,
    TicketTierChanged,
    TicketUpdated,
)
from domain.ticket.state import Ticket
from domain.world import World

FAMILIES = ("ticket", "feedback")


COMPANIONS: dict[type[Fact], tuple[type[Fact], ...]] = {
    TicketTierChanged: (TicketUpdated,),
    TicketPriorityChanged: (TicketUpdated, TicketTierChanged),
    TicketResumed: (TicketMessageAdded,),
    TicketReopened: (TicketMessageAdded,),
}
"""What one command records together, after what: the rules see it as one moment."""


def replay(events: Iterable[Event], world: World) -> Iterator[Draft]:
    """One draft for each moment of the ticket's life, the opening first: what happened
    and what the rules make of it, and what was due before.
    """
    ticket: Ticket | None = None
    for moment in _moments(_life(events)):
        at = moment[0].timestamp
        draft = Draft(moment[0].originator_id, ticket)
        if ticket is not None:
            enforce_punctually(draft, at, world)
        start = draft.mark()
        for event in moment:
            _again(event.fact, draft, at, world)
        follow(draft, start, at, world)
        ticket = draft.ticket
        yield draft


def _moments(events: Iterable[Event]) -> Iterator[list[Event]]:
    moment: list[Event] = []
    for event in events:
        if moment and not _together(moment[-1], event):
            yield moment
            moment = []
        moment.append(event)
    if moment:
        yield moment


def _together(first: Event, second: Event) -> bool:
    return (
        isinstance(first.fact, COMPANIONS.get(type(second.fact), ()))
        and first.timestamp == second.timestamp
        and first.meta.command_id == second.meta.command_id
    )


def _again(fact: Fact, draft: Draft, at: datetime, world: World) -> None:
    """Who acknowledged or forced a climb did so to whatever climbs here."""
    by = Escalating(draft=draft, at=at, world=world)
    match fact:
        case EscalationForced():
            to = None if fact.to_step == fact.from_step else fact.to_step  # the next
            with suppress(RuleError, InvalidError):  # nothing here that it could mean
                by.force(to, fact.by, fact.reason)
        case _ if _has_happened(fact, draft):
            pass
        case _:
            draft.record(fact, at)
            if isinstance(fact, TicketAcknowledged):
                by.acknowledge(fact.by)


def _has_happened(fact: Fact, draft: Draft) -> bool:
    """The end of a pause that ran out is what `enforce` says already."""
    return isinstance(fact, TicketResumed) and draft.ticket.pause is None


def due_by(ticket: Ticket, at: datetime, world: World) -> Draft:
    """What becomes due after the last event of a replayed history."""
    draft = Draft(ticket.id, ticket)
    enforce_punctually(draft, at, world)
    return draft


def _life(events: Iterable[Event]) -> Iterator[Event]:
    """What happened to the ticket, and what people did to its climb, but for what
    followed from a step of a ladder: the rules under trial take theirs.
    """
    of_steps: set[str | None] = set()
    for event in events:
        family = event.fact.topic.partition(".")[0]
        followed = event.meta.actor == SYSTEM and event.meta.causation_id in of_steps
        if family == "escalation" or followed:
            of_steps.add(event.id)
            if isinstance(event.fact, EscalationForced):
                yield event
        elif family in FAMILIES:
            yield event
