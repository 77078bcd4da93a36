"""A history replayed under other rules: what would have been promised, and kept?

What people did is taken as recorded; what a rule added to the real history is left out,
because the simulated rules add their own. Everything is decided by the functions of the
live server (design invariant 3), so with the rules that were in force the replay gives
the recorded history.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import DomainError
from domain.event import Event
from domain.lifecycle.facts import TicketAbsorbed, TicketMerged, TicketOpened
from domain.simulation.recollection import Recollection
from domain.simulation.recorded_life import (
    Moment,
    again,
    due_before,
    moments,
)
from domain.sla.clock import Clock
from domain.ticket.draft import Draft
from domain.ticket.enforce import enforce, enforce_punctually
from domain.ticket.merge import take_over_clocks
from domain.ticket.reactions import react
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

Histories = Mapping[str, Sequence[Event]]
"""Of other tickets, by their ids."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """The context in which a history is replayed. `others`: histories of the tickets
    that were merged into this one. `changed_teams`: teams that choose again instead of
    as recorded.
    """

    world: World
    others: Histories = field(default_factory=dict)
    changed_teams: frozenset[str] = frozenset()


def replay(events: Sequence[Event], past: Past) -> Iterator[Draft]:
    """One draft for each moment of the ticket's life, the opening first: what was due
    before, what happened, and how the rules react.
    """
    ticket: Ticket | None = None
    recollection = Recollection(events, past.changed_teams)
    for moment in moments(events):
        at = moment[0].timestamp
        world = recollection.recalled(past.world, at)
        draft = Draft(moment[0].originator_id, ticket)
        if ticket is not None:
            enforce_punctually(draft, due_before(moment), world)
        _happen(draft, moment, world, past)
        ticket = draft.ticket
        yield draft


def _happen(draft: Draft, moment: Moment, world: World, past: Past) -> None:
    at, start = moment[0].timestamp, draft.mark()
    for event in moment:
        match event.fact:
            case TicketAbsorbed() as fact:
                clocks = _running(fact.absorbed, draft.ticket_id, at, past)
                before = draft.mark()
                draft.record(fact, at)
                take_over_clocks(draft, before, clocks, at, world)
            case fact:
                with suppress(DomainError):  # it does not apply here
                    again(fact, draft, at, world)
    react(draft, start, at, world)
    opening = moment[0].fact
    late = opening.received_at if isinstance(opening, TicketOpened) else None
    enforce(draft, late or at, world)


def _running(absorbed: str, into: str, at: datetime, past: Past) -> Sequence[Clock]:
    """The clocks that ran when this ticket was merged into that one."""
    before: list[Event] = []
    for event in past.others.get(absorbed, ()):
        went = isinstance(event.fact, TicketMerged) and event.fact.into == into
        if went and event.timestamp == at:
            draft = replayed(before, past, at)
            return [clock for clock in draft.ticket.clocks if clock.live]
        before.append(event)
    return ()


def replayed(events: Sequence[Event], past: Past, until: datetime) -> Draft:
    """The last draft: what became due after the last event."""
    drafts = [*replay(events, past)]
    return due_by(drafts[-1].ticket, until, past.world)


def due_by(ticket: Ticket, at: datetime, world: World) -> Draft:
    """What becomes due after the last event of a replayed history."""
    draft = Draft(ticket.id, ticket)
    enforce_punctually(draft, at, world)
    return draft


def absorbed_by(events: Iterable[Event]) -> Iterator[str]:
    """The tickets that were merged into this one."""
    for event in events:
        if isinstance(event.fact, TicketAbsorbed):
            yield event.fact.absorbed
