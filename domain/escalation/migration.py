"""Runs migrated to the newest version of their policy, by command.

The next step keeps its number. The time that a run has waited for it so far counts in
the new version too. Steps before the breach are planned again for each clock that still
runs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar.business_time import elapsed
from domain.escalation.facts import EscalationMigrated, EscalationPinned
from domain.escalation.policy import EscalationPolicy
from domain.escalation.ports import EscalationDraft, EscalationWorld
from domain.escalation.run import Run
from domain.escalation.runs import run_of
from domain.escalation.timing import calendar_of, later
from domain.sla.clock import Clock
from domain.sla.facts import PreBreachStep
from domain.sla.forecast import Hours, forecast

ZERO = timedelta(0)


def migrate(
    draft: EscalationDraft,
    at: datetime,
    world: EscalationWorld,
    reason: str,
    name: str | None = None,
) -> None:
    """Migrates the clocks and runs of this ticket to the newest version of the
    escalation policy `name`; None: of each.
    """
    for old in {p.ref.name: p for p in draft.ticket.escalation_policies}.values():
        new = world.escalation_policy(old.ref.name)
        if name not in (None, old.ref.name):
            continue
        if new is not None and new.ref.version > old.ref.version:
            draft.record(EscalationPinned(policy=new), at, policy=new.ref)
            Migration(draft, at, world, old, new, reason).carry_out()


@dataclass(frozen=True)
class Migration:
    draft: EscalationDraft
    at: datetime
    world: EscalationWorld
    old: EscalationPolicy
    new: EscalationPolicy
    reason: str

    def carry_out(self) -> None:
        name = self.new.ref.name
        clocks = {c.key: c for c in self.draft.ticket.clocks}
        for clock in clocks.values():
            run = run_of(self.draft.ticket, clock)
            if run is None and clock.live and clock.escalation_policy == name:
                self._record(clock.key, None, clock)
        for run in self.draft.ticket.runs:
            if run.policy.name == name and not run.over:
                self._record(run.clock, run, clocks.get(run.clock))

    def _record(self, key: str, run: Run | None, clock: Clock | None) -> None:
        step = 0 if run is None else self._step(run)
        left = None if run is None else self._left(run, step)
        due = None
        if run is not None and run.state == "waiting":
            due = self.at  # the new version decides what happens to the step
        elif run is not None and run.state == "running" and left is not None:
            following, ticket = self.new.steps[step], self.draft.ticket
            due = later(ticket, key, following, self.at, left, self.world)
        fact = EscalationMigrated(
            clock=key,
            old=self.old.ref if run is None else run.policy,
            new=self.new.ref,
            step=step,
            reason=self.reason,
            next_due_at=due,
            left=left if run is not None and run.state == "paused" else None,
            early=self._early(clock) if clock is not None and clock.live else None,
        )
        self.draft.record(fact, self.at, policy=self.new.ref)

    def _step(self, run: Run) -> int:
        """Once the promise is breached no step before the breach is left."""
        first = 0 if run.breach_at is None else self.new.first_late
        return min(max(run.step, first), len(self.new.steps) - 1)

    def _left(self, run: Run, step: int) -> timedelta | None:
        """The time until the next step, less the time waited for it already."""
        old = self.draft.ticket.escalation_policy(run.policy)
        if run.breach_at is None:
            return None
        gap = self.new.gap_before(step, run.repetition)
        if run.next_due_at is None or run.step >= len(old.steps):
            return max(gap - (self.at - run.breach_at), ZERO)
        left = run.left
        if run.state != "paused" or left is None:
            key, ticket = run.clock, self.draft.ticket
            calendar = calendar_of(ticket, key, old.steps[run.step], self.world)
            left = elapsed(calendar, self.at, run.next_due_at)
        waited = max(old.gap_before(run.step, run.repetition) - left, ZERO)
        return max(gap - waited, ZERO)

    def _early(self, clock: Clock) -> tuple[PreBreachStep, ...]:
        policy = self.world.sla_policy(clock.policy)
        hours = Hours(
            calendar=self.world.calendar(clock.calendar),
            early=self.draft.ticket.lead_times(policy.escalation_policy) or (),
        )
        return forecast(clock, (), self.at, hours).early
