"""What is due, and what happens then: warnings, breaches, steps, the end of a pause.

`plan` says when the next thing is due; `enforce` does everything due at an instant.
Both are pure: calling `enforce` twice for the same instant adds nothing the second
time, and calling it late records the exact instants all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from domain.assignment.queue import Queue
from domain.authority.approval import Approval
from domain.escalation.run import Run
from domain.lifecycle.facts import TicketResumed
from domain.sla.clock import Clock
from domain.sla.facts import SlaBreached, SlaWarned
from domain.ticket.approvals import Approving
from domain.ticket.assignment_offers import Offering
from domain.ticket.draft import Draft
from domain.ticket.escalation_runs import Escalating
from domain.ticket.escalation_steps import Climb
from domain.ticket.reactions import react
from domain.ticket.sla_judging import resumed
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

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


class Alarm(NamedTuple):
    """`at` is the exact instant it speaks of, `due_from` when it may be acted on."""

    at: datetime
    due_from: datetime
    kind: Literal[
        "warning", "breach", "step", "resume", "outlive", "early", "run_out",
        "offer", "ask_again", "overflow", "relax", "approval",
    ]  # fmt: skip
    key: str
    detail: str = ""


def alarms(ticket: Ticket) -> Iterator[Alarm]:
    """Everything that will be due, unless the ticket changes before."""
    for clock in ticket.clocks:
        if clock.live:
            yield from _clock_alarms(clock)
            yield from _early_alarms(ticket, clock)
    if ticket.pause is not None and (until := ticket.pause.until) is not None:
        yield Alarm(at=until, due_from=until, kind="resume", key="pause")
    for run in ticket.runs:
        yield from _run_alarms(run)
    if ticket.queue is not None:
        yield from _queue_alarms(ticket.queue)
    if ticket.status != "closed":
        yield from _approval_alarms(ticket.approvals)


def _queue_alarms(queue: Queue) -> Iterator[Alarm]:
    """While somebody is asked, nobody else is, and it goes to no other team."""
    if queue.offer is not None:
        until = queue.offer.expires_at
        yield Alarm(at=until, due_from=until, kind="offer", key=queue.team)
    elif (again := queue.again_at) is not None:
        yield Alarm(at=again, due_from=again, kind="ask_again", key=queue.team)
    if queue.offer is None and (at := queue.overflow_at) is not None:
        yield Alarm(at=at, due_from=at, kind="overflow", key=queue.team)
    if (at := queue.relax_at) is not None:
        yield Alarm(at=at, due_from=at, kind="relax", key=queue.team)


def _approval_alarms(approvals: Iterable[Approval]) -> Iterator[Alarm]:
    for approval in approvals:
        if approval.open and (at := approval.climbs_at) is not None:
            key = f"approval/{approval.number}"
            detail = str(approval.number)
            yield Alarm(at=at, due_from=at, kind="approval", key=key, detail=detail)


def _run_alarms(run: Run) -> Iterator[Alarm]:
    if run.state in ("climbing", "held") and (due := run.next_due_at) is not None:
        yield Alarm(at=due, due_from=due, kind="step", key=run.clock)
    if run.state in ("acknowledged", "paused") and (until := run.until) is not None:
        yield Alarm(at=until, due_from=until, kind="run_out", key=run.clock)


def _clock_alarms(clock: Clock) -> Iterator[Alarm]:
    for warning in clock.warnings_left:
        yield Alarm(
            at=warning.at,
            due_from=warning.at,
            kind="warning",
            key=clock.key,
            detail=warning.threshold,
        )
    if (until := clock.resumes_at) is not None:
        yield Alarm(at=until, due_from=until, kind="outlive", key=clock.key)
    breaks_at = clock.breaks_at
    if clock.breached_at is None and breaks_at is not None:
        # At its last instant the promise still holds.
        due_from = breaks_at if clock.inherited else breaks_at + MICROSECOND
        yield Alarm(at=breaks_at, due_from=due_from, kind="breach", key=clock.key)


def _early_alarms(ticket: Ticket, clock: Clock) -> Iterator[Alarm]:
    """Steps before the breach that no run of this clock has taken yet."""
    if not clock.early_left:
        return
    runs = [run for run in ticket.runs if run.clock == clock.key]
    if any(run.state != "climbing" for run in runs):
        return
    taken = max((run.step for run in runs), default=0)
    for early in clock.early_left:
        if early.step >= taken:
            yield Alarm(
                at=early.at,
                due_from=early.at,
                kind="early",
                key=clock.key,
                detail=str(early.step),
            )


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
        _come_due(draft, alarm, world, as_of)
    return world.now(draft)


def enforce_punctually(draft: Draft, until: datetime, world: World) -> World:
    """As it would have been with nobody ever late: each thing at its own instant."""
    as_of = None
    while (alarm := next_alarm(draft.ticket)) and alarm.due_from <= until:
        as_of = max(as_of or alarm.due_from, alarm.due_from)
        _come_due(draft, alarm, world, as_of)
    return world.now(draft)


def _come_due(  # noqa: C901 - one case a kind of alarm
    draft: Draft, alarm: Alarm, before: World, as_of: datetime
) -> None:
    """`before`: the world as it was before the draft."""
    start, world = draft.mark(), before.now(draft)
    match alarm.kind:
        case "warning":
            _warn(draft, alarm)
        case "breach":
            _breach(draft, alarm, world)
        case "resume":
            resumed_by_time = TicketResumed(reason="the pause ran out")
            draft.record(resumed_by_time, alarm.at, by_rule=True)
            react(draft, start, alarm.at, before)
        case "outlive":
            _outlive(draft, alarm, world)
        case "step":
            _take_step(draft, alarm, _run(draft, alarm), before, as_of)
        case "early":
            _take_step(draft, alarm, _early(draft, alarm, world), before, as_of)
        case "run_out":
            by = Escalating(draft=draft, at=alarm.at, world=world)
            by.run_out(_run(draft, alarm))
        case "approval":
            Approving(draft=draft, at=alarm.at, world=world).run_out(int(alarm.detail))
        case "offer" | "ask_again" | "overflow" | "relax" as due:
            Offering(draft, alarm.at, world, as_of).come_due(due)
            react(draft, start, alarm.at, before)


def _take_step(
    draft: Draft, alarm: Alarm, run: Run, before: World, as_of: datetime
) -> None:
    start, step = draft.mark(), Climb(draft, run, alarm.at, before.now(draft))
    refused = step.refused(as_of)
    if refused is not None:
        step.skip(refused, *step.following(at_once=False))
        return
    step.take()
    react(draft, start, step.at, before)
    step.finish()


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


def _outlive(draft: Draft, alarm: Alarm, world: World) -> None:
    """The longest pause that the policy allows is over; the ticket stays paused."""
    clock = _clock(draft.ticket, alarm.key)
    reason = "the longest pause is over"
    draft.record(
        resumed(draft, clock, alarm.at, world, reason, outlived=True),
        alarm.at,
        cause=clock.attached_version,
        policy=clock.policy,
        by_rule=True,
    )


def _breach(draft: Draft, alarm: Alarm, world: World) -> None:
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
    Escalating(draft=draft, at=alarm.at, world=world).broken(clock, breach)


def _early(draft: Draft, alarm: Alarm, world: World) -> Run:
    clock, step = _clock(draft.ticket, alarm.key), int(alarm.detail)
    by = Escalating(draft=draft, at=alarm.at, world=world)
    run = by.early(clock, step)
    assert run is not None, "only a clock with a ladder has early steps"
    return replace(run, step=step)


def _run(draft: Draft, alarm: Alarm) -> Run:
    return next(
        r for r in draft.ticket.runs if r.clock == alarm.key and r.state != "ended"
    )
