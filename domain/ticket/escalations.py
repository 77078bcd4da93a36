"""What connects escalation with the other concepts, none of which knows the others:
what a fact of a clock means for escalation, and what steps do by the rules of others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.assignment.workload import handed
from domain.copies import replace
from domain.escalation.ending import end_runs
from domain.escalation.pinning import pin
from domain.event import Fact, PolicyRef
from domain.lifecycle.commands import Handling, Origin
from domain.lifecycle.facts import TicketClosed, TicketMerged, TicketResolved
from domain.lifecycle.macro_run import run_by_step
from domain.lifecycle.status import StatusChange
from domain.people.directory import Directory
from domain.sla.facts import SlaAttached, SlaCancelled, SlaMet, SlaMissed, SlaRestated
from domain.ticket.draft import Draft
from domain.ticket.world import World


class EscalatedDraft:
    """The draft into which SLA records: escalation reacts to each fact at once, so that
    the log shows the two side by side. The escalation policy that a clock names is
    pinned before the clock's fact, and the runs of a clock end with it. `happened`: why
    clocks stop.
    """

    def __init__(self, draft: Draft, world: World, happened: Iterable[Fact]) -> None:
        self._draft, self._world, self.ticket = draft, world, draft.ticket
        self._stopped = _reason(happened)

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
        self.ticket = draft.ticket
        return version


@dataclass(frozen=True)
class StepChanges:
    """What escalation steps do to the ticket by the rules of others."""

    draft: Draft
    world: World

    def run_macro(self, name: str, at: datetime, cause: int) -> None:
        macro = self.world.config.macro(name)
        run_by_step(self.draft, macro, at, self.world.directory, cause)

    def change_status(
        self,
        change: StatusChange,
        at: datetime,
        reason: str,
        *,
        cause: int,
        policy: PolicyRef,
    ) -> None:
        origin = Origin(cause=cause, policy=policy, by_rule=True)
        handling = Handling(
            draft=self.draft, at=at, directory=self.world.directory, origin=origin
        )
        handling.turn(change, reason)

    def directory_without_offer(self) -> Directory:
        ticket = self.draft.ticket
        return handed(self.world.directory, (ticket, replace(ticket, queue=None)))


def _reason(facts: Iterable[Fact]) -> str:
    kinds = {type(fact) for fact in facts}
    ends: dict[type[Fact], str] = {
        TicketResolved: "resolved",
        TicketClosed: "closed",
        TicketMerged: "merged",
    }
    return next((ends[kind] for kind in ends if kind in kinds), "answered")
