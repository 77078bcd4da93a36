"""One step of an escalation policy: whom it notifies, what it does to the ticket, and
what comes next.

Everything that a step does is recorded, also what had no effect.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.assignment.availability import ResolutionContext
from domain.escalation.actions import StepActions
from domain.escalation.facts import (
    EscalationCatchAllFired,
    EscalationExhausted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationWaiting,
)
from domain.escalation.ports import EscalationDraft, EscalationWorld, TicketActions
from domain.escalation.recipients import Resolution
from domain.escalation.run import Run
from domain.escalation.sequence import (
    Following,
    following,
    following_at_once,
    next_run,
)
from domain.escalation.waiting import may_change
from domain.event import Fact
from domain.people.candidate import Candidate
from domain.sla.moment import state_fields
from domain.sla.reply import Replies

CATCH_ALL = "catch-all, because the step reaches nobody"
NO_MESSAGE = "catch-all, because no message came through"
STALE = timedelta(minutes=5)
"""A step that is later than this is skipped if a step due after it is due by now as
well and notifies somebody: after an outage people are notified of the current state,
not of everything that was missed."""


def retry_waiting(
    draft: EscalationDraft, at: datetime, world: EscalationWorld, others: TicketActions
) -> None:
    """Steps that wait because they reach nobody: due now if they would have an effect
    now, or earlier than planned if somebody becomes available earlier.
    """
    for run in draft.ticket.runs:
        since = run.waiting_since
        if run.state != "waiting" or since is None or run.next_due_at is None:
            continue
        step = StepExecution(draft, run, at, world, others)
        outcome = step.resolve()
        until = at if step.acts(outcome) else step.waits_until(outcome, since)
        if until < run.next_due_at:
            step.wait(outcome, since, until)


class Outcome(NamedTuple):
    """Whom a step would notify now, and who could be assigned by it."""

    found: Resolution
    candidates: tuple[Candidate, ...]


class StepExecution:
    """One step being taken. `due_at` is its exact instant; if a pause delayed it, its
    effects carry the later time at which they were possible.
    """

    def __init__(
        self,
        draft: EscalationDraft,
        run: Run,
        due_at: datetime,
        world: EscalationWorld,
        others: TicketActions,
    ) -> None:
        self.draft, self.run, self.due_at = draft, run, due_at
        self.world, self.others = world, others
        self.at = max(due_at, draft.ticket.updated_at)
        self.policy = draft.ticket.escalation_policy(run.policy)
        self.step = self.policy.steps[run.step]
        self.cause = run.started_version
        queue = draft.ticket.queue
        self.context = ResolutionContext(
            at=self.at,
            assignee=draft.ticket.assignee,
            customer=draft.ticket.customer.external_id,
            directory=world.directory,
            oncall=world.oncall,
            asked=queue.asked if queue else {},
            log_notifies=self.policy.no_channel == "tell",
        )
        self.actions = StepActions(
            draft=draft,
            run=run,
            step=self.step,
            policy=self.policy.ref,
            context=self.context,
            others=others,
        )

    def refused(self, as_of: datetime) -> str | None:
        """Why the step is not taken at all; None: it is taken."""
        field = self.refusing_field()
        if field is not None:
            return f"its condition does not hold: {field}"
        if as_of - self.due_at > STALE and self._is_overtaken(as_of):
            return "stale: a later step is due as well"
        return None

    def refusing_field(self) -> str | None:
        if self.step.condition is None:
            return None
        fields = state_fields(self.draft.ticket, Replies())
        return self.step.condition.failed_field(fields)

    def _is_overtaken(self, as_of: datetime) -> bool:
        """Whether a later step that is due by now notifies people instead of this one.
        A step that notifies nobody disturbs nobody: it is taken, for its changes.
        """
        return self.notifies() and any(
            step.due_at > self.due_at
            and step.refusing_field() is None
            and step.notifies()
            for step in self._due_after(as_of)
        )

    def notifies(self) -> bool:
        return bool(self._recipients().people())

    def _due_after(self, as_of: datetime) -> Iterator["StepExecution"]:
        """What is due after this step and by now; at most one repetition, because after
        that the steps repeat.
        """
        step = self.next()
        for _ in self.policy.steps:
            if step is None or step.due_at > as_of:
                return
            yield step
            step = step.next()

    def next(self) -> "StepExecution | None":
        """The step after this one, if the ticket does not change."""
        draft, world = self.draft, self.world
        run, due = next_run(draft.ticket, self.run, self.due_at, world)
        if due is None:
            return None
        return StepExecution(draft, run, due, world, self.others)

    def take(self) -> None:
        outcome = self.resolve()
        acts = self.acts(outcome)
        if not acts and self._wait(outcome):
            return
        self.cause = self._fire(outcome.found, at_once=not acts)
        self.actions.do(outcome.candidates, self.cause)
        if not acts:
            reason = "it reaches nobody and changes nothing"
            self._skip(reason, self._following(at_once=True))

    def _following(self, *, at_once: bool) -> Following:
        ticket, due_at, world = self.draft.ticket, self.due_at, self.world
        if at_once:
            return following_at_once(ticket, self.run, due_at, world, self.at)
        return following(ticket, self.run, due_at, world)

    def fire_catch_all(self, undelivered: Iterable[str]) -> None:
        """Notifies the people of the catch-all who were not tried yet."""
        found, catch_all = Resolution(self.context), self.policy.nobody.catch_all
        if catch_all is not None:
            found.add(catch_all, f"{self.policy.ref.name}/catch_all", NO_MESSAGE)
        others = tuple(p for p in found.people() if p.person not in undelivered)
        if not others:
            return
        self.cause = self.draft.ticket.version
        self._record(
            EscalationCatchAllFired(
                clock=self.run.clock,
                step=self.run.step,
                repetition=self.run.repetition,
                chosen=others,
            )
        )

    def _fire(self, found: Resolution, *, at_once: bool) -> int:
        number, repetition, due = self._following(at_once=at_once)
        return self._record(
            EscalationStepFired(
                clock=self.run.clock,
                step=self.run.step,
                repetition=self.run.repetition,
                due_at=self.due_at,
                chosen=found.people(),
                excluded=found.others(),
                unresolved_targets=tuple(found.unresolved_targets),
                next_step=number,
                next_repetition=repetition,
                next_due_at=due,
                turns=found.turns,
                picked=found.picked,
            )
        )

    def _recipients(self) -> Resolution:
        """The catch-all is used where the step alone reaches nobody."""
        found, name = Resolution(self.context), self.policy.ref.name
        for number, target in enumerate(self.step.targets):
            found.add(target, f"{name}/{self.run.step}/{number}")
        catch_all = self.policy.nobody.catch_all
        if catch_all is not None and self.step.targets and not found.people():
            found.add(catch_all, f"{name}/catch_all", CATCH_ALL)
        return found

    def _wait(self, outcome: Outcome) -> bool:
        """Waits for somebody to be available, if the policy says so; True = waiting."""
        nobody, since = self.policy.nobody, self.run.waiting_since or self.at
        if nobody.kind != "hold" or self.at >= since + nobody.hold:
            return False
        self.wait(outcome, since, self.waits_until(outcome, since))
        return True

    def waits_until(self, outcome: Outcome, since: datetime) -> datetime:
        people = (
            *outcome.found.excluded,
            *(candidate.agent for candidate in outcome.candidates),
        )
        changes = may_change(self.step, people, self.at, self.world.oncall)
        return min([since + self.policy.nobody.hold, *changes])

    def wait(self, outcome: Outcome, since: datetime, until: datetime) -> None:
        self._record(
            EscalationWaiting(
                clock=self.run.clock,
                step=self.run.step,
                since=since,
                until=until,
                excluded=outcome.found.others(),
                candidates=outcome.candidates,
            )
        )

    def resolve(self) -> Outcome:
        return Outcome(self._recipients(), self.actions.candidates())

    def acts(self, outcome: Outcome) -> bool:
        """Whether somebody is notified, or something is done to the ticket."""
        notifies = bool(outcome.found.people())
        return notifies or self.actions.change_anything(outcome.candidates)

    def skip(self, reason: str) -> None:
        """The step is not taken; the next one is due as if it had been."""
        self._skip(reason, self._following(at_once=False))

    def _skip(self, reason: str, following: Following) -> None:
        number, repetition, due = following
        self._record(
            EscalationStepSkipped(
                clock=self.run.clock,
                step=self.run.step,
                repetition=self.run.repetition,
                reason=reason,
                next_step=number,
                next_repetition=repetition,
                next_due_at=due,
            )
        )
        self.finish()

    def finish(self) -> None:
        """After the last step of the last repetition nothing is left."""
        last = self.run.step + 1 == len(self.policy.steps)
        done = last and self.run.repetition >= self.policy.last_repetition
        if done and self.run.breach_at is not None and self._is_over():
            self._record(EscalationExhausted(clock=self.run.clock))

    def _is_over(self) -> bool:
        """Not if the priority that this step raised cancelled its promise."""
        return any(
            r.clock == self.run.clock and r.state == "running" and r.next_due_at is None
            for r in self.draft.ticket.runs
        )

    def _record(self, fact: Fact) -> int:
        return self.draft.record(
            fact, self.at, cause=self.cause, policy=self.policy.ref, by_rule=True
        )
