"""The ticket after something happened to its clocks."""

from datetime import datetime

from domain.copies import replace
from domain.sla import clock as clocks
from domain.sla.facts import (
    ClockFact,
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaExcused,
    SlaFact,
    SlaMatched,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaPaused,
    SlaRestated,
    SlaResumed,
    SlaWarned,
)
from domain.ticket.ticket import Ticket


def evolve_sla(ticket: Ticket, fact: SlaFact, at: datetime) -> Ticket:
    match fact:
        case SlaMatched():
            return replace(ticket, promises=fact.promises, decision=fact.decision)
        case SlaNotMatched():
            return replace(ticket, promises=(), decision=fact.decision)
        case SlaAttached():
            clock = clocks.attached(fact, at, ticket.version, ticket.decision)
            return replace(ticket, clocks=(*ticket.clocks, clock))
        case (
            SlaPaused()
            | SlaResumed()
            | SlaWarned()
            | SlaBreached()
            | SlaMet()
            | SlaMissed()
            | SlaRestated()
            | SlaCancelled()
            | SlaExcused()
        ):
            return replace(
                ticket,
                clocks=tuple(
                    _clock(ticket, c, fact, at)
                    if c.cycle == fact.cycle and c.metric == fact.metric
                    else c
                    for c in ticket.clocks
                ),
            )


def _clock(
    ticket: Ticket, clock: clocks.Clock, fact: ClockFact, at: datetime
) -> clocks.Clock:
    moved = clocks.evolve(clock, fact, at, ticket.version, ticket.decision)
    judged = moved.breached_at or moved.stopped_at
    if moved.standing or not judged:
        return moved
    return replace(moved, standing=snapshot_of(ticket, moved))


def snapshot_of(ticket: Ticket, clock: clocks.Clock) -> clocks.ClockSnapshot:
    """A team's own clock is that team's, also when the next one takes over."""
    return clocks.ClockSnapshot(
        team=clock.team if clock.metric == "team" else ticket.team,
        tier=ticket.customer.tier,
        priority=ticket.priority,
        type=ticket.type,
    )
