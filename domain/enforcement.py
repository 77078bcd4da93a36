"""What is due, and what happens then: warnings, breaches, steps, the end of a pause.

`plan` says when the next thing is due; `enforce` does everything due at an instant.
Both are pure: calling `enforce` twice for the same instant adds nothing the second
time, and calling it late records the exact instants all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from domain.assignment import Directory, least_loaded
from domain.escalation.facts import (
    EscalationExhausted,
    EscalationNotified,
    EscalationReassigned,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.escalation.policy import EscalationPolicy, Step
from domain.escalation.run import Run, people
from domain.promises import World, restate
from domain.sla.clock import Clock, warnings_left
from domain.sla.facts import SlaBreached, SlaWarned
from domain.ticket.draft import Draft
from domain.ticket.facts import PRIORITIES, TicketPriorityChanged, TicketResumed
from domain.ticket.state import Ticket

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the durable clock needs to know of a ticket, and all it ever learns.

    `next_due_ms`: Unix milliseconds, rounded up so that a timer is never early; None =
    nothing to wait for now. `done`: nothing will be due unless the ticket changes.
    """

    ticket_id: str
    version: int
    next_due_ms: int | None
    done: bool


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """`at` is the exact instant it speaks of; a breach is due only after it."""

    at: datetime
    kind: Literal["warning", "breach", "step", "resume"]
    key: str
    detail: str = ""

    @property
    def due_from(self) -> datetime:
        return self.at + MICROSECOND if self.kind == "breach" else self.at


def alarms(ticket: Ticket) -> Iterator[Alarm]:
    """Everything that will be due, unless the ticket changes before."""
    for clock in ticket.clocks:
        yield from _clock_alarms(clock)
    if ticket.pause is not None:
        if ticket.pause.until is not None:
            yield Alarm(at=ticket.pause.until, kind="resume", key="pause")
        return
    if ticket.finished or ticket.acknowledged_by:
        return
    for run in ticket.runs:
        if run.state == "climbing":
            due = run.due_at(ticket.ladder(run.policy))
            yield Alarm(at=due, kind="step", key=run.clock)


def _clock_alarms(clock: Clock) -> Iterator[Alarm]:
    for at, threshold in warnings_left(clock):
        yield Alarm(at=at, kind="warning", key=clock.key, detail=threshold)
    breach_at = clock.breach_at if clock.state == "running" else None
    if breach_at is not None and clock.breached_at is None:
        at = max(breach_at, clock.restated_at or breach_at)
        yield Alarm(at=at, kind="breach", key=clock.key)


def next_alarm(ticket: Ticket) -> Alarm | None:
    return min(alarms(ticket), key=lambda a: (a.due_from, a.kind, a.key), default=None)


def plan(ticket: Ticket) -> Plan:
    alarm = next_alarm(ticket)
    due = None if alarm is None else -((EPOCH - alarm.due_from) // MILLISECOND)
    return Plan(
        ticket_id=ticket.id,
        version=ticket.version,
        next_due_ms=due,
        done=alarm is None and ticket.finished,
    )


def enforce(draft: Draft, as_of: datetime, world: World) -> World:
    """Everything due at `as_of`, in the order in which it was due. Returns the world
    with the loads as they are afterwards, for the next ticket of the same batch.
    """
    while (alarm := next_alarm(draft.ticket)) and alarm.due_from <= as_of:
        match alarm.kind:
            case "warning":
                _warn(draft, alarm)
            case "breach":
                _breach(draft, alarm)
            case "resume":
                draft.record(
                    TicketResumed(reason="the pause ran out"), alarm.at, by_rule=True
                )
            case "step":
                world = _step(draft, alarm, world)
    return world


def _clock(ticket: Ticket, key: str) -> Clock:
    return next(c for c in ticket.clocks if c.key == key)


def _warn(draft: Draft, alarm: Alarm) -> None:
    clock = _clock(draft.ticket, alarm.key)
    assert clock.due_at is not None, "a running clock has a due instant"
    draft.record(
        SlaWarned(
            metric=clock.metric,
            cycle=clock.cycle,
            threshold=alarm.detail,
            warn_at=alarm.at,
            due_at=clock.due_at,
        ),
        alarm.at,
        cause=clock.attached_version,
        policy=clock.policy,
        by_rule=True,
    )


def _breach(draft: Draft, alarm: Alarm) -> None:
    clock = _clock(draft.ticket, alarm.key)
    assert clock.due_at is not None, "a running clock has a due instant"
    breach = draft.record(
        SlaBreached(
            metric=clock.metric,
            cycle=clock.cycle,
            target=clock.target,
            due_at=clock.due_at,
            breach_at=alarm.at,
            inherited=alarm.at != clock.breach_at,
            assignee=draft.ticket.assignee,
        ),
        alarm.at,
        cause=clock.attached_version,
        policy=clock.policy,
        by_rule=True,
    )
    ladder = next(
        (p for p in draft.ticket.ladders if p.ref.name == clock.escalation_policy), None
    )
    if ladder is not None:
        draft.record(
            EscalationStarted(clock=clock.key, policy=ladder.ref, breach_at=alarm.at),
            alarm.at,
            cause=breach,
            policy=ladder.ref,
            by_rule=True,
        )


def _step(draft: Draft, alarm: Alarm, world: World) -> World:
    run = next(r for r in draft.ticket.runs if r.clock == alarm.key)
    ladder = draft.ticket.ladder(run.policy)
    climb = Climb(draft, run, ladder, alarm.at)
    climb.fire()
    climb.notify(world.directory)
    directory = climb.reassign(world.directory)
    climb.raise_priority(world)
    climb.finish()
    return replace(world, directory=directory)


class Climb:
    """One step of one run, being taken; `at` is its exact instant."""

    def __init__(
        self, draft: Draft, run: Run, ladder: EscalationPolicy, at: datetime
    ) -> None:
        self.draft, self.run, self.ladder, self.at = draft, run, ladder, at
        self.step: Step = ladder.steps[run.step]
        self.fired = run.started_version
        self.effects = 0

    def _record(
        self,
        fact: EscalationStepFired
        | EscalationNotified
        | EscalationReassigned
        | EscalationStepSkipped
        | EscalationExhausted
        | TicketPriorityChanged,
    ) -> int:
        return self.draft.record(
            fact, self.at, cause=self.fired, policy=self.ladder.ref, by_rule=True
        )

    def fire(self) -> None:
        self.fired = self._record(
            EscalationStepFired(
                clock=self.run.clock,
                step=self.run.step,
                lap=self.run.lap,
                due_at=self.at,
            )
        )

    def notify(self, directory: Directory) -> None:
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
        ticket = self.draft.ticket
        team = self.step.reassign.team or ticket.team or ""
        candidates = least_loaded(directory, team, holder=ticket.assignee)
        chosen = next((c.agent for c in candidates if c.chosen), None)
        if chosen is None:
            return directory
        self.effects += 1
        self._record(
            EscalationReassigned(
                clock=self.run.clock,
                step=self.run.step,
                lap=self.run.lap,
                strategy=self.step.reassign.strategy,
                team=team,
                from_agent=ticket.assignee,
                to_agent=chosen,
                candidates=candidates,
            )
        )
        return directory.moved(chosen, ticket.assignee)

    def raise_priority(self, world: World) -> None:
        old = self.draft.ticket.priority
        rank = PRIORITIES.index(old) + self.step.raise_priority
        new = PRIORITIES[min(rank, len(PRIORITIES) - 1)]
        if new == old:
            return
        self.effects += 1
        reason = f"escalation step {self.run.step + 1}"
        self._record(TicketPriorityChanged(old=old, new=new, reason=reason))
        restate(self.draft, self.at, world)

    def finish(self) -> None:
        where = {
            "clock": self.run.clock,
            "step": self.run.step,
            "lap": self.run.lap,
        }
        if not self.effects:
            reason = "it reaches nobody and changes nothing"
            self._record(EscalationStepSkipped(reason=reason, **where))  # type: ignore[arg-type]
        last = self.run.step + 1 == len(self.ladder.steps)
        if last and self.run.lap == self.ladder.repeat:
            self._record(EscalationExhausted(clock=self.run.clock))
