"""One step of a ladder: who is told, who takes over, what rises, and what comes next.

Everything that a step does is recorded, also what it tried in vain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.assignment.availability import ResolutionContext
from domain.escalation.commands import StepUndelivered
from domain.escalation.facts import (
    EscalationCatchAllFired,
    EscalationExhausted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationWaiting,
)
from domain.escalation.recipients import Resolution
from domain.escalation.run import Run
from domain.event import Fact
from domain.people.candidate import Candidate
from domain.sla.moment import state_fields
from domain.sla.reply import Replies
from domain.ticket.draft import Draft
from domain.ticket.escalation_actions import StepActions
from domain.ticket.escalation_runs import first_due, later
from domain.ticket.escalation_waiting import may_change
from domain.ticket.world import World

CATCH_ALL = "catch-all, as the step reaches nobody"
NO_MESSAGE = "catch-all, as no message came through"
STALE = timedelta(minutes=5)
"""A step that is later than this is passed over if one that is due after it, and by now
as well, tells somebody: after an outage people hear of where it stands, not of
everything that was missed."""


def retry_waiting(draft: Draft, at: datetime, world: World) -> None:
    """Steps that are held for want of anybody: due now if they would do something now,
    or earlier than planned if somebody comes earlier.
    """
    for run in draft.ticket.runs:
        if (
            run.state != "waiting"
            or run.waiting_since is None
            or run.next_due_at is None
        ):
            continue
        step = StepExecution(draft, run, at, world)
        look = step.look()
        until = at if step.acts(look) else step.held_until(look, run.waiting_since)
        if until < run.next_due_at:
            step.hold(look, run.waiting_since, until)


class Look(NamedTuple):
    """Whom a step would tell now, and for whom it would be."""

    found: Resolution
    moves: tuple[Candidate, ...]


def catch(draft: Draft, lost: StepUndelivered, at: datetime, world: World) -> None:
    """The last step came through to nobody, and none follows: the catch-all hears."""
    for run in draft.ticket.runs:
        last = len(draft.ticket.escalation_policy(run.policy).steps) - 1
        at_end = (run.clock, last, run.repetition) == (
            lost.clock,
            lost.step,
            lost.repetition,
        )
        if at_end and run.state == "exhausted":
            step = replace(run, step=last)
            StepExecution(draft, step, at, world).catch(lost.people)


class StepExecution:
    """One step being taken. `due_at` is its exact instant; where a pause held it up,
    what it does carries the time at which it could.
    """

    def __init__(self, draft: Draft, run: Run, due_at: datetime, world: World) -> None:
        self.draft, self.run, self.due_at, self.world = draft, run, due_at, world
        self.at = max(due_at, draft.ticket.updated_at)
        self.escalation_policy = draft.ticket.escalation_policy(run.policy)
        self.step = self.escalation_policy.steps[run.step]
        self.cause = run.started_version
        self.around = ResolutionContext(
            at=self.at,
            assignee=draft.ticket.assignee,
            customer=draft.ticket.customer.external_id,
            directory=world.directory,
            oncall=world.oncall,
            asked=draft.ticket.queue.asked if draft.ticket.queue else {},
            log_notifies=self.escalation_policy.no_channel == "tell",
        )
        self.actions = StepActions(
            draft=draft,
            run=run,
            step=self.step,
            policy=self.escalation_policy.ref,
            at=self.at,
            around=self.around,
            world=world,
        )

    def refused(self, as_of: datetime) -> str | None:
        """Why the step is not taken at all."""
        field = self.refusing_field()
        if field is not None:
            return f"its condition does not hold: {field}"
        if as_of - self.due_at > STALE and self._overtaken(as_of):
            return "stale: a later step is due as well"
        return None

    def refusing_field(self) -> str | None:
        if self.step.condition is None:
            return None
        fields = state_fields(self.draft.ticket, Replies())
        return self.step.condition.refused_on(fields)

    def _overtaken(self, as_of: datetime) -> bool:
        """Whether a later step that is due by now tells people in this one's place.
        What tells nobody disturbs nobody: it is taken, for what it changes.
        """
        return self.tells() and any(
            step.due_at > self.due_at and step.refusing_field() is None and step.tells()
            for step in self._ahead(as_of)
        )

    def tells(self) -> bool:
        return bool(self._resolve().people())

    def _ahead(self, as_of: datetime) -> Iterator["StepExecution"]:
        """What is due after this step and by now; one round at the most, because then
        everything comes again.
        """
        step = self.next_step()
        for _ in self.escalation_policy.steps:
            if step is None or step.due_at > as_of:
                return
            yield step
            step = step.next_step()

    def next_step(self) -> "StepExecution | None":
        """The step after this one, if nothing happens to the ticket."""
        number, repetition, due = self.following(at_once=False)
        run = replace(self.run, step=number, repetition=repetition, waiting_since=None)
        if due is None and self.run.breach_at is None:
            run, due = self._next_by_the_clock()
        return None if due is None else StepExecution(self.draft, run, due, self.world)

    def _next_by_the_clock(self) -> tuple[Run, datetime | None]:
        """Of a promise that is not broken yet: the next step before the breach, or the
        first from the breach on.
        """
        ticket, key = self.draft.ticket, self.run.clock
        clock = next(c for c in ticket.clocks if c.key == key)
        here, left = self.run.step, clock.early_left
        early = [(e.at, e.step) for e in left if e.step > here and e.at >= self.due_at]
        if early:
            at, number = min(early)
            return replace(self.run, step=number), at
        if (breach := clock.breaks_at) is None:
            return self.run, None
        due = first_due(ticket, clock, self.escalation_policy, breach, self.world)
        first = self.escalation_policy.first_late
        return replace(self.run, step=first, breach_at=breach), due

    def following(self, *, at_once: bool) -> tuple[int, int, datetime | None]:
        """The step that comes next, its round, and when; None: not by itself."""
        number, repetition = self.run.step + 1, self.run.repetition
        if number < len(self.escalation_policy.steps):
            waits = self.run.breach_at is None  # for the clock, or for the breach
            if waits and (
                self.step.early or self.escalation_policy.steps[number].early
            ):
                return number, repetition, None
        elif self.run.breach_at is None:
            return number, repetition, None
        elif (
            repetition >= self.escalation_policy.last_lap
        ):  # a migrated run may be beyond it
            return self.run.step, repetition, None
        else:
            number, repetition = self.escalation_policy.first_late, repetition + 1
        if (
            at_once and repetition == self.run.repetition
        ):  # a ladder in vain must not spin
            return number, repetition, self.at
        gap, step = (
            self.escalation_policy.gap_after(self.run.step),
            self.escalation_policy.steps[number],
        )
        ticket, key = self.draft.ticket, self.run.clock
        return (
            number,
            repetition,
            later(ticket, key, step, self.due_at, gap, self.world),
        )

    def take(self) -> None:
        look = self.look()
        found, moves = look
        acts = self.acts(look)
        if not acts and self._hold(look):
            return
        self.cause = self._fire(found, at_once=not acts)
        self.actions.do(moves, self.cause)
        if not acts:
            why = "it reaches nobody and changes nothing"
            self.skip(why, *self.following(at_once=True))

    def catch(self, undelivered: Iterable[str]) -> None:
        """Whoever was not tried is told, with this step."""
        found, catch_all = (
            Resolution(self.around),
            self.escalation_policy.nobody.catch_all,
        )
        if catch_all is not None:
            place = f"{self.escalation_policy.ref.name}/catch_all"
            found.add(catch_all, place, NO_MESSAGE)
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
        number, repetition, due = self.following(at_once=at_once)
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

    def _resolve(self) -> Resolution:
        """The catch-all is asked where the step alone reaches nobody, or at the end of
        a round in which nobody was reached.
        """
        found, escalation_policy = Resolution(self.around), self.escalation_policy
        for number, target in enumerate(self.step.targets):
            found.add(target, f"{escalation_policy.ref.name}/{self.run.step}/{number}")
        catch_all = escalation_policy.nobody.catch_all
        if catch_all is not None and self.step.targets and not found.people():
            found.add(catch_all, f"{escalation_policy.ref.name}/catch_all", CATCH_ALL)
        return found

    def _hold(self, look: Look) -> bool:
        """Wait for somebody to be there, if the policy says so; True = waiting."""
        nobody, since = self.escalation_policy.nobody, self.run.waiting_since or self.at
        if nobody.kind != "hold" or self.at >= since + nobody.hold:
            return False
        self.hold(look, since, self.held_until(look, since))
        return True

    def held_until(self, look: Look, since: datetime) -> datetime:
        return min(
            [since + self.escalation_policy.nobody.hold, *self._may_change(look)]
        )

    def hold(self, look: Look, since: datetime, until: datetime) -> None:
        self._record(
            EscalationWaiting(
                clock=self.run.clock,
                step=self.run.step,
                since=since,
                until=until,
                excluded=look.found.others(),
                candidates=look.moves,
            )
        )

    def look(self) -> Look:
        return Look(self._resolve(), self.actions.candidates())

    def acts(self, look: Look) -> bool:
        """Whether somebody hears of it, or something is done to the ticket."""
        return bool(look.found.people()) or self.actions.change_anything(look.moves)

    def _may_change(self, look: Look) -> Iterator[datetime]:
        people = (*look.found.excluded, *(c.agent for c in look.moves))
        return may_change(self.step, people, self.at, self.world.oncall)

    def skip(
        self, reason: str, number: int, repetition: int, due: datetime | None
    ) -> None:
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
        """After the last step of the last round nothing is left."""
        last = self.run.step + 1 == len(self.escalation_policy.steps)
        done = last and self.run.repetition >= self.escalation_policy.last_lap
        if done and self.run.breach_at is not None and self._waits():
            self._record(EscalationExhausted(clock=self.run.clock))

    def _waits(self) -> bool:
        """The priority that this step raised may have cancelled its promise."""
        return any(
            r.clock == self.run.clock and r.state == "running" and r.next_due_at is None
            for r in self.draft.ticket.runs
        )

    def _record(self, fact: Fact) -> int:
        return self.draft.record(
            fact,
            self.at,
            cause=self.cause,
            policy=self.escalation_policy.ref,
            by_rule=True,
        )
