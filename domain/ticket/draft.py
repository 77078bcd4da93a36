"""The facts that a decision is about to add. Each is folded in at once, so that the
next step of the same decision sees the ticket as it will be.
"""

from datetime import datetime
from typing import NamedTuple

from domain.copies import replace
from domain.event import SYSTEM, Event, Fact, Meta, PolicyRef, event_id
from domain.ticket.evolve import evolve
from domain.ticket.ticket import Ticket


class Dated(NamedTuple):
    """`cause`: version of the event of this ticket that led here; None = the command.
    `by_rule`: Pledge decided, not the sender of the command.
    """

    fact: Fact
    at: datetime
    cause: int | None
    policy: PolicyRef | None
    by_rule: bool


class Mark(NamedTuple):
    """A position in a draft, to see later what happened since."""

    ticket: Ticket | None
    steps: int


class Draft:
    """Grows by `record`; nothing else is mutable. Timestamps never decrease. `moves`:
    the steps that changed the assignee or the turns of a round robin.
    """

    def __init__(self, ticket_id: str, ticket: Ticket | None) -> None:
        self.ticket_id = ticket_id
        self.base = ticket
        self._ticket = ticket
        self.steps: list[Dated] = []
        self.moves: list[tuple[Ticket | None, Ticket]] = []

    @property
    def ticket(self) -> Ticket:
        assert self._ticket is not None, "a draft starts with an opened ticket"
        return self._ticket

    def mark(self) -> Mark:
        return Mark(ticket=self._ticket, steps=len(self.steps))

    def grew(self, mark: Mark) -> bool:
        return len(self.steps) > mark.steps

    def since(self, mark: Mark) -> tuple[Fact, ...]:
        return tuple(step.fact for step in self.steps[mark.steps :])

    def record(
        self,
        fact: Fact,
        at: datetime,
        *,
        cause: int | None = None,
        policy: PolicyRef | None = None,
        by_rule: bool = False,
    ) -> int:
        """Returns the version of the event, to name as the cause of the next."""
        if self._ticket is not None:
            at = max(at, self._ticket.updated_at)
        before = self._ticket
        self._ticket = evolve(before, fact, at, self.ticket_id)
        self.steps.append(
            Dated(fact=fact, at=at, cause=cause, policy=policy, by_rule=by_rule)
        )
        if _hands(before) != _hands(self._ticket):
            self.moves.append((before, self._ticket))
        return self._ticket.version


def _hands(ticket: Ticket | None) -> object:
    return ticket and (ticket.owner, ticket.team, ticket.turns)


def seal(draft: Draft, meta: Meta) -> tuple[Event, ...]:
    """The draft as events: numbered from its base on, each with actor and reason."""
    first = draft.base.version + 1 if draft.base else 1
    return tuple(
        Event(
            originator_id=draft.ticket_id,
            originator_version=first + i,
            timestamp=step.at,
            meta=_meta(draft.ticket_id, meta, step),
            fact=step.fact,
        )
        for i, step in enumerate(draft.steps)
    )


def _meta(ticket_id: str, meta: Meta, step: Dated) -> Meta:
    return replace(
        meta,
        causation_id=(
            event_id(ticket_id, step.cause) if step.cause else meta.causation_id
        ),
        actor=SYSTEM if step.by_rule else meta.actor,
        occurred_at=None if step.by_rule else meta.occurred_at,
        policy=step.policy,
    )
