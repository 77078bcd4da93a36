"""Every recorded decision of a ticket made again, from what was recorded before it, and
compared with what was recorded of it.

Each is made by the functions of the live server, on the ticket as it was and in a world
as it was known then. One wrong decision does not make those after it differ, because
each begins from the record. `MADE_AGAIN` lists the kinds; what is not in it depends on
something that is not in the log (see ADR 0030).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.audit.again import Case, Mismatch, Remake
from domain.audit.again_escalation import ESCALATION
from domain.audit.again_people import PEOPLE
from domain.audit.again_sla import SLA
from domain.copies import replace
from domain.errors import DomainError
from domain.event import Event, Fact
from domain.simulation.recollection import Recollection
from domain.ticket.evolve import evolve
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

WorldsAt = Callable[[int], Sequence[World]]
"""What may have been known when the event at this position was decided: mostly one
world; several where something was published at that moment."""
MADE_AGAIN: Mapping[type[Fact], Remake] = {**SLA, **ESCALATION, **PEOPLE}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`what`: the part of the decision; then what is recorded, and what comes out."""

    event: Event
    position: int
    what: str
    recorded: object
    made: object


@dataclass(frozen=True, kw_only=True)
class Checked:
    decisions: int
    differences: tuple[Difference, ...]


def check(history: Sequence[tuple[Event, int]], worlds_at: WorldsAt) -> Checked:
    """`history`: of one ticket, with the positions."""
    decisions, differences = 0, list[Difference]()
    ticket: Ticket | None = None
    loads = dict[str, int]()
    for event, position in history:
        remake = MADE_AGAIN.get(type(event.fact))
        if remake is not None and ticket is not None:
            decisions += 1
            worlds = [_recalled(world, event, loads) for world in worlds_at(position)]
            found = _made_again(remake, event, ticket, worlds)
            differences += (
                Difference(
                    event=event,
                    position=position,
                    what=mismatch.what,
                    recorded=mismatch.recorded,
                    made=mismatch.made,
                )
                for mismatch in found
            )
        loads |= {c.agent: c.load for c in getattr(event.fact, "candidates", ())}
        ticket = evolve(ticket, event.fact, event.timestamp, event.originator_id)
    return Checked(decisions=decisions, differences=tuple(differences))


def _recalled(world: World, event: Event, loads: Mapping[str, int]) -> World:
    """With the loads as this ticket's history knows them, and with what was chosen
    where other tickets had a say in it.
    """
    known = {**world.directory.loads, **loads}
    world = world.having(replace(world.directory, loads=known))
    return Recollection([event], frozenset()).recalled(world, event.timestamp)


def _made_again(
    remake: Remake, event: Event, ticket: Ticket, worlds: Sequence[World]
) -> list[Mismatch]:
    """None if it comes out as recorded in one of the worlds."""
    found: list[Mismatch] = []
    for world in worlds:
        found = [*_tried(remake, Case(event=event, ticket=ticket, world=world))]
        if not found:
            break
    return found


def _tried(remake: Remake, case: Case) -> Iterator[Mismatch]:
    """A decision that cannot be made any more differs, and says why."""
    try:
        yield from remake(case)
    except DomainError as error:
        yield Mismatch("decision", case.event.fact.topic, str(error))
