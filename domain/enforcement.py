"""What is due, and what happens then: warnings, breaches, steps, the end of a pause.

`plan` says when the next thing is due; `enforce` does everything due at an instant.
Both are pure: calling `enforce` twice for the same instant adds nothing the second
time, and calling it late records the exact instants all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from domain.climb import climb
from domain.escalation.facts import EscalationStarted
from domain.promises import World
from domain.sla.clock import Clock, warnings_left
from domain.sla.facts import SlaBreached, SlaWarned
from domain.ticket.draft import Draft
from domain.ticket.facts import TicketResumed
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
    """`at` is the exact instant it speaks of, `due_from` when it may be acted on."""

    at: datetime
    due_from: datetime
    kind: Literal["warning", "breach", "step", "resume"]
    key: str
    detail: str = ""


def alarms(ticket: Ticket) -> Iterator[Alarm]:
    """Everything that will be due, unless the ticket changes before."""
    for clock in ticket.clocks:
        yield from _clock_alarms(clock)
    if ticket.pause is not None and (until := ticket.pause.until) is not None:
        yield Alarm(at=until, due_from=until, kind="resume", key="pause")
    for run in ticket.runs:
        due = run.due_at(ticket.ladder(run.policy)) if run.state == "climbing" else None
        if due is not None:
            yield Alarm(at=due, due_from=due, kind="step", key=run.clock)


def _clock_alarms(clock: Clock) -> Iterator[Alarm]:
    for at, threshold in warnings_left(clock):
        yield Alarm(at=at, due_from=at, kind="warning", key=clock.key, detail=threshold)
    breaks_at = clock.breaks_at
    if clock.live and clock.breached_at is None and breaks_at is not None:
        # At its last instant the promise still holds.
        due_from = breaks_at if clock.inherited else breaks_at + MICROSECOND
        yield Alarm(at=breaks_at, due_from=due_from, kind="breach", key=clock.key)


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
                run = next(r for r in draft.ticket.runs if r.clock == alarm.key)
                world = climb(draft, run, alarm.at, world)
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
    assert clock.due_at is not None, "a clock that can break has a due instant"
    breach = draft.record(
        SlaBreached(
            metric=clock.metric,
            cycle=clock.cycle,
            target=clock.target,
            due_at=clock.due_at,
            breach_at=alarm.at,
            inherited=clock.inherited,
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
