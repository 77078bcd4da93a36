"""The facts that a decision is about to add. Each is folded in at once, so that the
next step of the same decision sees the ticket as it will be.
"""

from datetime import datetime
from typing import NamedTuple

from domain.copies import replace
from domain.event import SYSTEM, Event, Fact, Meta, PolicyRef, event_id
from domain.lifecycle.facts import TicketMessageAdded
from domain.personal import is_personal
from domain.sla.facts import SlaMatched, SlaNotMatched
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

    ticket: Ticket
    """As it is after all that was recorded so far; there is none before the opening."""

    def __init__(self, ticket_id: str, ticket: Ticket | None) -> None:
        self.ticket_id = ticket_id
        self.base = ticket
        if ticket is not None:
            self.ticket = ticket
        self.steps: list[Dated] = []
        self.moves: list[tuple[Ticket | None, Ticket]] = []

    def mark(self) -> Mark:
        return Mark(self._before(), len(self.steps))

    def _before(self) -> Ticket | None:
        return self.ticket if self.steps else self.base

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
        before = self._before()
        if before is not None:
            at = max(at, before.updated_at)
        after = self.ticket = evolve(before, fact, at, self.ticket_id)
        self.steps.append(Dated(fact, at, cause, policy, by_rule))
        if _moved(before, after):
            self.moves.append((before, after))
        return after.version


def _moved(before: Ticket | None, after: Ticket) -> bool:
    if before is None:
        return True
    if (
        before.queue is after.queue
        and before.assignee == after.assignee
        and before.status == after.status
        and before.team == after.team
        and before.turns is after.turns
    ):
        return False  # most facts change none of them
    return (before.owner, before.team, before.turns) != (
        after.owner,
        after.team,
        after.turns,
    )


def seal(draft: Draft, meta: Meta) -> tuple[Event, ...]:
    """The draft as events: numbered from its base on, each with actor and reason."""
    first = draft.base.version + 1 if draft.base else 1
    return tuple(
        Event(
            originator_id=draft.ticket_id,
            originator_version=first + i,
            timestamp=step.at,
            meta=_meta(draft.ticket, meta, step),
            fact=step.fact,
        )
        for i, step in enumerate(draft.steps)
    )


def _meta(ticket: Ticket, meta: Meta, step: Dated) -> Meta:
    return replace(
        meta,
        causation_id=(
            event_id(ticket.id, step.cause) if step.cause else meta.causation_id
        ),
        actor=SYSTEM if step.by_rule else meta.actor,
        occurred_at=None if step.by_rule else meta.occurred_at,
        policy=step.policy,
        data_subject=_subject(ticket, step.fact),
    )


def _subject(ticket: Ticket, fact: Fact) -> str | None:
    """Whose personal data the fact holds: what another customer wrote is theirs, and
    everything else the ticket's customer's.
    """
    if not is_personal(type(fact)):
        return None
    if isinstance(fact, SlaMatched | SlaNotMatched) and not fact.decision.personal:
        return None
    if isinstance(fact, TicketMessageAdded) and fact.author.kind == "customer":
        return fact.author.id
    return ticket.customer.external_id
