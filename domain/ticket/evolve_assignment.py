"""The ticket after something happened to its assignment or its place in a queue."""

from datetime import datetime

from domain.assignment import queue as queues
from domain.assignment.facts import (
    AssignmentFact,
    AssignmentOffered,
    AssignmentOverflowed,
    AssignmentQueued,
)
from domain.copies import replace
from domain.people.directory import Turn
from domain.ticket.ticket import Ticket


def evolve_assignment(ticket: Ticket, fact: AssignmentFact, at: datetime) -> Ticket:
    if isinstance(fact, AssignmentQueued):
        queue = queues.queued(fact, ticket.version)
        return replace(ticket, queue=queue, queued_at=fact.queued_at)
    if isinstance(fact, AssignmentOverflowed):
        return replace(ticket, overflowed=(*ticket.overflowed, fact.from_team))
    if isinstance(fact, AssignmentOffered):
        ticket = turned(ticket, fact.turn, fact.agent, at)
    if ticket.queue is None:
        return ticket
    return replace(ticket, queue=queues.evolve(ticket.queue, fact, ticket.version))


def handed_over(
    ticket: Ticket, team: str | None, agent: str | None, at: datetime
) -> Ticket:
    """Into a queue it comes by an event of its own."""
    moved = replace(ticket, team=team, assignee=agent, queue=None)
    if ticket.assignee not in (None, agent):
        moved = replace(moved, last_owner=ticket.assignee)
    if agent is None:
        return moved
    return replace(moved, assigned_at=at, overflowed=())


def turned(
    ticket: Ticket, place: str | None, person: str | None, at: datetime
) -> Ticket:
    if place is None or person is None:
        return ticket
    turns = {**ticket.turns, place: Turn(person=person, at=at)}
    return replace(ticket, turns=turns)
