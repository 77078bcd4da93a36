"""Runs around the ladder: started, held by a pause, acknowledged, forced, ended.

CapacityClaim a step is in `climb`, going over to another version of the ladder in
`migrating`. Times here are decided with the clock's calendar where the step counts
business time, and recorded, so that folding needs none of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.calendar.business_time import due_at, elapsed
from domain.calendar.calendar import Calendar
from domain.errors import InvalidError, RuleError
from domain.escalation.commands import StepUndelivered
from domain.escalation.ending import end_runs
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationBreached,
    EscalationExhausted,
    EscalationForced,
    EscalationPaused,
    EscalationResumed,
    EscalationStarted,
    EscalationStepSkipped,
    EscalationUndelivered,
)
from domain.escalation.policy import EscalationPolicy, Step
from domain.escalation.run import Run
from domain.event import Fact, PolicyRef
from domain.lifecycle.facts import (
    TicketAssigned,
    TicketMessageAdded,
    TicketPaused,
    TicketUpdated,
)
from domain.sla.clock import Clock
from domain.ticket.draft import Draft
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

ZERO = timedelta(0)
PROGRESS = (TicketAssigned, TicketPaused, TicketUpdated)


def calendar_of(ticket: Ticket, key: str, step: Step, world: World) -> Calendar | None:
    """By which the distance to this step is counted."""
    if step.time == "wall":
        return None
    clock = next((c for c in ticket.clocks if c.key == key), None)
    return world.calendar(clock.calendar) if clock else None


def later(
    ticket: Ticket, key: str, step: Step, at: datetime, by: timedelta, world: World
) -> datetime:
    due = due_at(calendar_of(ticket, key, step, world), at, by)
    # A calendar that never opens again must not hide the step.
    return due or at + by


def first_due(
    ticket: Ticket,
    clock: Clock,
    escalation_policy: EscalationPolicy,
    breach: datetime,
    world: World,
) -> datetime | None:
    """When the first step from the breach on is due; None if there is none."""
    if escalation_policy.first_late == len(escalation_policy.steps):
        return None
    step = escalation_policy.steps[escalation_policy.first_late]
    return later(ticket, clock.key, step, breach, step.after, world)


def escalation_policy_of(ticket: Ticket, clock: Clock) -> EscalationPolicy | None:
    name = clock.escalation_policy
    # The latest that was pinned: a run may have been migrated.
    return next(
        (p for p in reversed(ticket.escalation_policies) if p.ref.name == name), None
    )


def run_of(ticket: Ticket, clock: Clock) -> Run | None:
    """The run of this clock that is not over."""
    return next(
        (r for r in ticket.runs if r.clock == clock.key and r.state != "ended"), None
    )


def _is_progress(fact: Fact) -> bool:
    """Somebody who handles the ticket did something; what a customer writes is none."""
    if isinstance(fact, TicketMessageAdded):
        return fact.author.kind == "agent"
    return isinstance(fact, PROGRESS)


@dataclass(frozen=True, kw_only=True)
class Escalating:
    draft: Draft
    at: datetime
    world: World

    def broken(self, clock: Clock, breach: int) -> None:
        """The promise is broken: its ladder is climbed from here."""
        ticket = self.draft.ticket
        escalation_policy = escalation_policy_of(ticket, clock)
        if escalation_policy is None:
            return
        run, first = run_of(ticket, clock), escalation_policy.first_late
        due = first_due(ticket, clock, escalation_policy, self.at, self.world)
        if run is None:
            self._start(clock, escalation_policy, breach, first, due, broken=True)
        else:
            fact = EscalationBreached(
                clock=clock.key, breach_at=self.at, step=first, next_due_at=due
            )
            self._record(fact, run.policy, breach)
            self._pass_over(run, first, due, "the promise was broken before it")
        self._end_if_climbed(clock.key)
        self.hold_if_paused(clock.key)

    def early(self, clock: Clock, step: int) -> Run | None:
        """A step that is due before the breach; its run, started if need be. None if
        somebody looks after it already.
        """
        ticket = self.draft.ticket
        escalation_policy, run = (
            escalation_policy_of(ticket, clock),
            run_of(ticket, clock),
        )
        if escalation_policy is None:
            return None
        if run is None:
            cause = clock.attached_version
            self._start(clock, escalation_policy, cause, step, None, broken=False)
            run = run_of(self.draft.ticket, clock)
        if run is not None and run.state == "running":
            self._pass_over(run, step, None, "a later step was due before it")
        return run if run is not None and run.state == "running" else None

    def _start(
        self,
        clock: Clock,
        escalation_policy: EscalationPolicy,
        cause: int,
        step: int,
        due: datetime | None,
        *,
        broken: bool,
    ) -> None:
        fact = EscalationStarted(
            clock=clock.key,
            policy=escalation_policy.ref,
            breach_at=self.at if broken else None,
            step=step,
            next_due_at=due,
        )
        self._record(fact, escalation_policy.ref, cause)
        run = replace(self.draft.ticket.runs[-1], step=0)
        self._pass_over(run, step, due, "the climb began after it was due")

    def _pass_over(
        self, run: Run, upto: int, due: datetime | None, reason: str
    ) -> None:
        """The steps before this one that were never taken, so that none is lost."""
        for step in range(run.step, upto):
            fact = EscalationStepSkipped(
                clock=run.clock,
                step=step,
                repetition=run.repetition,
                reason=reason,
                next_step=step + 1,
                next_repetition=run.repetition,
                next_due_at=due,
            )
            self._record(fact, run.policy, self.draft.ticket.version)

    def acknowledge(self, by: str) -> None:
        """The climb waits for whoever said that they look after it, also one that a
        pause holds: the ticket may go on any moment.
        """
        cause = self.draft.ticket.version
        for run in self.draft.ticket.runs:
            if run.over:
                continue
            expires = self.draft.ticket.escalation_policy(
                run.policy
            ).acknowledge_expires
            if expires is None:
                why = f"acknowledged by {by}"
                end_runs(self.draft, self.at, why, clock=run.clock, cause=cause)
            else:
                self._acknowledge(run, by, self.at + expires, cause)

    def _acknowledge(self, run: Run, by: str, until: datetime, cause: int) -> None:
        fact = EscalationAcknowledged(clock=run.clock, by=by, until=until)
        self._record(fact, run.policy, cause)

    def follow(self, facts: Sequence[Fact]) -> None:
        """Progress keeps an acknowledgement alive; a pause of the ticket holds a climb,
        and what was left to the next step is left afterwards.
        """
        cause = self.draft.ticket.version
        if any(_is_progress(fact) for fact in facts):
            for run in self.draft.ticket.runs:
                expires = self.draft.ticket.escalation_policy(
                    run.policy
                ).acknowledge_expires
                if run.state == "acknowledged" and expires and run.acknowledged_by:
                    until = self.at + expires
                    self._acknowledge(run, run.acknowledged_by, until, cause)
        for run in self.draft.ticket.runs:
            if self.draft.ticket.pause is not None:
                # What a person asks for in the pause is not held by it.
                if not any(isinstance(fact, EscalationForced) for fact in facts):
                    self.hold_if_paused(run.clock)
            elif run.state == "paused":
                self.resume(run, "the ticket goes on")

    def hold_if_paused(self, key: str) -> None:
        ticket = self.draft.ticket
        if ticket.pause is None:
            return
        for run in ticket.runs:
            if run.clock != key or run.state not in ("running", "waiting"):
                continue
            escalation_policy = ticket.escalation_policy(run.policy)
            if run.next_due_at is None:
                continue
            step = escalation_policy.steps[run.step]
            calendar = calendar_of(ticket, key, step, self.world)
            left = max(elapsed(calendar, self.at, run.next_due_at), ZERO)
            longest = escalation_policy.longest_pause
            until = self.at + longest if longest else None
            fact = EscalationPaused(clock=key, left=left, until=until)
            self._record(fact, run.policy, ticket.version)

    def resume(self, run: Run, reason: str) -> None:
        ticket = self.draft.ticket
        step = ticket.escalation_policy(run.policy).steps[run.step]
        left = run.left or ZERO
        due = (
            later(ticket, run.clock, step, self.at, left, self.world)
            if left
            else self.at
        )
        self._go_on(run, reason, due)

    def run_out(self, run: Run) -> None:
        """An acknowledgement without progress, or the longest pause, is over: the climb
        goes on where it was, at once; never from its start. A paused ticket holds it
        still after an acknowledgement.
        """
        if run.state == "paused":
            self.resume(run, "the longest pause is over")
        else:
            steps = len(self.draft.ticket.escalation_policy(run.policy).steps)
            due = self.at if run.step < steps else None
            self._go_on(run, "the acknowledgement ran out", due)
            self._end_if_climbed(run.clock)
            self.hold_if_paused(run.clock)

    def _end_if_climbed(self, key: str) -> None:
        """A broken promise whose ladder has no step from the breach on."""
        for run in self.draft.ticket.runs:
            escalation_policy = self.draft.ticket.escalation_policy(run.policy)
            climbed = run.state == "running" and run.step == len(
                escalation_policy.steps
            )
            if run.clock == key and climbed and run.breach_at is not None:
                cause = self.draft.ticket.version
                self._record(EscalationExhausted(clock=key), run.policy, cause)

    def _go_on(self, run: Run, reason: str, due: datetime | None) -> None:
        fact = EscalationResumed(clock=run.clock, reason=reason, next_due_at=due)
        self._record(fact, run.policy, self.draft.ticket.version)

    def force(self, to_step: int | None, by: str, reason: str) -> None:
        """To this step (0 = the first), or to the next. Where nothing climbs, the
        ladder of the clock that is due first is taken, from its start.
        """
        run = next((r for r in self.draft.ticket.runs if not r.over), None)
        if run is None:
            run = self._start_by_hand()
        escalation_policy = self.draft.ticket.escalation_policy(run.policy)
        ended = run.state == "exhausted" or run.step == len(escalation_policy.steps)
        following = 0 if ended else run.step
        target = following if to_step is None else to_step
        if not 0 <= target < len(escalation_policy.steps):
            message = (
                f"the ladder has {len(escalation_policy.steps)} steps, counted from 0"
            )
            raise InvalidError.at("/to_step", message)
        fact = EscalationForced(
            clock=run.clock,
            from_step=run.step,
            to_step=target,
            by=by,
            reason=reason,
            next_due_at=self.at,
        )
        self.draft.record(fact, self.at, policy=run.policy)

    def undelivered(self, step: StepUndelivered) -> None:
        """What a step told came through to nobody: the next one is due now. It is said
        and no more where there is none, where the run has gone on meanwhile, or where
        somebody looks after it.
        """
        for run in self.draft.ticket.runs:
            if run.clock != step.clock or run.state == "ended":
                continue
            escalation_policy = self.draft.ticket.escalation_policy(run.policy)
            last = (step.repetition * len(escalation_policy.steps)) + step.step
            ahead = (run.repetition * len(escalation_policy.steps)) + run.step
            waits = run.state == "running" and run.next_due_at is not None
            fact = EscalationUndelivered(
                clock=run.clock,
                step=step.step,
                repetition=step.repetition,
                people=step.people,
                reason=step.reason,
                next_due_at=self.at if waits and ahead <= last + 1 else run.next_due_at,
            )
            self._record(fact, run.policy, run.started_version)

    def _start_by_hand(self) -> Run:
        ticket = self.draft.ticket
        live = [
            c
            for c in ticket.clocks
            if c.live and escalation_policy_of(ticket, c) is not None
        ]
        if not live:
            raise RuleError("no escalation policy applies to a promise that runs")
        clock = min(live, key=lambda c: (c.due_at is None, c.due_at or self.at, c.key))
        escalation_policy = escalation_policy_of(ticket, clock)
        assert escalation_policy is not None, "just chosen for having one"
        if (run := run_of(ticket, clock)) is not None:
            return run
        self._start(clock, escalation_policy, ticket.version, 0, None, broken=False)
        return self.draft.ticket.runs[-1]

    def _record(self, fact: Fact, policy: PolicyRef, cause: int) -> None:
        self.draft.record(fact, self.at, cause=cause, policy=policy, by_rule=True)
