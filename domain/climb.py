"""One step of a broken promise up its ladder: who is told, who takes over, what rises.

Everything that a step does is recorded, also what it tried in vain.
"""

from dataclasses import replace
from datetime import datetime

from domain.assignment import Directory, least_loaded
from domain.escalation.facts import (
    EscalationExhausted,
    EscalationNotified,
    EscalationNotReassigned,
    EscalationReassigned,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.escalation.policy import Reassign
from domain.escalation.run import Run, people
from domain.event import Fact
from domain.promises import World, restate
from domain.ticket.draft import Draft
from domain.ticket.facts import PRIORITIES, TicketPriorityChanged


def climb(draft: Draft, run: Run, due_at: datetime, world: World) -> World:
    """Take the run's next step. Returns the world with the loads as they are then."""
    step = Climb(draft, run, due_at)
    step.fire()
    step.notify(world.directory)
    directory = step.reassign(world.directory)
    step.raise_priority(world)
    step.finish()
    return replace(world, directory=directory)


class Climb:
    """One step being taken. `due_at` is its exact instant; where a pause held it up,
    what it does carries the time at which it could.
    """

    def __init__(self, draft: Draft, run: Run, due_at: datetime) -> None:
        self.draft, self.run, self.due_at = draft, run, due_at
        self.at = max(due_at, draft.ticket.updated_at)
        self.ladder = draft.ticket.ladder(run.policy)
        self.step = self.ladder.steps[run.step]
        self.cause = run.started_version
        self.effects = 0

    def _record(self, fact: Fact) -> int:
        return self.draft.record(
            fact, self.at, cause=self.cause, policy=self.ladder.ref, by_rule=True
        )

    def fire(self) -> None:
        self.cause = self._record(
            EscalationStepFired(
                clock=self.run.clock,
                step=self.run.step,
                lap=self.run.lap,
                due_at=self.due_at,
            )
        )

    def notify(self, directory: Directory) -> None:
        """Each person once, whatever number of targets mean them."""
        assignee = self.draft.ticket.assignee
        told: set[str] = set()
        for target in self.step.targets:
            for person, reason in people(target, directory, assignee):
                if person in told:
                    continue
                told.add(person)
                self._record(
                    EscalationNotified(
                        clock=self.run.clock,
                        step=self.run.step,
                        lap=self.run.lap,
                        target=target.kind,
                        person=person,
                        reason=reason,
                    )
                )
        self.effects += len(told)

    def reassign(self, directory: Directory) -> Directory:
        if self.step.reassign is None:
            return directory
        return self._hand_over(self.step.reassign, directory)

    def _hand_over(self, wanted: Reassign, directory: Directory) -> Directory:
        holder = self.draft.ticket.assignee
        team = wanted.team or self.draft.ticket.team
        candidates = least_loaded(directory, team or "", holder=holder)
        chosen = next((c.agent for c in candidates if c.chosen), None)
        if team is None or chosen is None:
            self._record(
                EscalationNotReassigned(
                    clock=self.run.clock,
                    step=self.run.step,
                    lap=self.run.lap,
                    strategy=wanted.strategy,
                    team=team,
                    candidates=candidates,
                )
            )
            return directory
        self.effects += 1
        self._record(
            EscalationReassigned(
                clock=self.run.clock,
                step=self.run.step,
                lap=self.run.lap,
                strategy=wanted.strategy,
                team=team,
                from_agent=holder,
                to_agent=chosen,
                candidates=candidates,
            )
        )
        return directory.moved(chosen, holder)

    def raise_priority(self, world: World) -> None:
        old = self.draft.ticket.priority
        rank = PRIORITIES.index(old) + self.step.raise_priority
        new = PRIORITIES[min(rank, len(PRIORITIES) - 1)]
        if new == old:
            return
        self.effects += 1
        reason = f"escalation step {self.run.step + 1}"
        raised = self._record(TicketPriorityChanged(old=old, new=new, reason=reason))
        restate(self.draft, self.at, world, cause=raised)

    def finish(self) -> None:
        if not self.effects:
            self._record(
                EscalationStepSkipped(
                    clock=self.run.clock,
                    step=self.run.step,
                    lap=self.run.lap,
                    reason="it reaches nobody and changes nothing",
                )
            )
        last = self.run.step + 1 == len(self.ladder.steps)
        if last and self.run.lap == self.ladder.repeat and self._climbing():
            self._record(EscalationExhausted(clock=self.run.clock))

    def _climbing(self) -> bool:
        """The priority that this step raised may have cancelled its promise."""
        runs = self.draft.ticket.runs
        return any(r.clock == self.run.clock and r.state == "climbing" for r in runs)
