"""How escalation follows SLA. Neither knows the other's rules; the ticket says what
each fact of a clock means for escalation, and at once, so that the log shows them side
by side.
"""

from collections.abc import Iterable
from datetime import datetime

from domain.escalation.ending import end_runs
from domain.escalation.pinning import pin
from domain.event import Fact, PolicyRef
from domain.lifecycle.facts import TicketClosed, TicketMerged, TicketResolved
from domain.sla.facts import SlaAttached, SlaCancelled, SlaMet, SlaMissed, SlaRestated
from domain.ticket.draft import Draft
from domain.ticket.ticket import Ticket
from domain.ticket.world import World


class EscalatedDraft:
    """The draft as SLA records into it. What a clock promises has its escalation policy
    pinned first, and the runs of a clock end with it. `happened`: why clocks stop.
    """

    def __init__(self, draft: Draft, world: World, happened: Iterable[Fact]) -> None:
        self._draft, self._world = draft, world
        self._stopped = _reason(happened)

    @property
    def ticket(self) -> Ticket:
        return self._draft.ticket

    def record(
        self,
        fact: Fact,
        at: datetime,
        *,
        cause: int | None = None,
        policy: PolicyRef | None = None,
        by_rule: bool = False,
    ) -> int:
        draft = self._draft
        if isinstance(fact, SlaAttached | SlaRestated):
            escalation_policy = self._world.escalation_policy(fact.escalation_policy)
            pin(draft, escalation_policy, at, cause=cause, by_rule=by_rule)
        version = draft.record(fact, at, cause=cause, policy=policy, by_rule=by_rule)
        if isinstance(fact, SlaMet | SlaMissed | SlaCancelled):
            reason = fact.reason if isinstance(fact, SlaCancelled) else self._stopped
            clock = f"{fact.metric}/{fact.cycle}"
            end_runs(draft, at, reason, clock=clock, cause=cause)
        return version


def _reason(facts: Iterable[Fact]) -> str:
    kinds = {type(fact) for fact in facts}
    ends: dict[type[Fact], str] = {
        TicketResolved: "resolved",
        TicketClosed: "closed",
        TicketMerged: "merged",
    }
    return next((ends[kind] for kind in ends if kind in kinds), "answered")
