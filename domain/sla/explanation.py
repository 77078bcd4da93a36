"""Why a clock is in its state: where its time went, which rule promised what, and how
the deadline moved. Everything is read from the ticket's own events; the calendars are
the versions that its clocks name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import NotFoundError
from domain.event import Event, PolicyRef
from domain.sla.clock import Clock
from domain.sla.consumption import ZERO, Consumption, Interval, consumption
from domain.sla.facts import SlaAttached, SlaBreached, SlaRestated, SlaResumed
from domain.sla.ports import SlaTicket
from domain.sla.timesheet import CalendarOf, TimeSheet


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A new deadline of the clock, by the event that set it. `old_due_at`: the one
    before. `rule_of_change`: only of a restatement.
    """

    at: datetime
    version: int
    type: str
    target: timedelta
    policy: PolicyRef
    calendar: PolicyRef | None
    rule_of_change: str | None
    reason: str | None
    old_due_at: datetime | None
    due_at: datetime | None
    breach_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Breach:
    at: datetime
    version: int
    target: timedelta
    due_at: datetime
    inherited: bool
    assignee: str | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`intervals` adjoin, and their `counted` sums to `elapsed`, as does each part of
    the `consumption`. `end`: the stop of the clock, or the requested instant.
    """

    clock: Clock
    end: datetime
    elapsed: timedelta
    intervals: tuple[Interval, ...]
    consumption: Consumption
    deadlines: tuple[Deadline, ...]
    breach: Breach | None
    verdict: str


def explain(
    events: Sequence[Event],
    tickets: Sequence[SlaTicket],
    key: str,
    calendar_of: CalendarOf,
    at: datetime,
) -> Explanation:
    """The clock `metric/cycle` as of `at`; `metric` alone means its last cycle.
    `events`: up to then; `tickets`: the ticket after each of them. Raises NotFoundError
    if it had no such clock.
    """
    clock = _find(tickets[-1].clocks if tickets else (), key)
    end = clock.stopped_at or at
    sheet = TimeSheet(events, tickets, clock.metric, calendar_of)
    intervals = sheet.intervals(clock, end)
    elapsed = sum((interval.counted for interval in intervals), ZERO)
    return Explanation(
        clock=clock,
        end=end,
        elapsed=elapsed,
        intervals=intervals,
        consumption=consumption(intervals),
        deadlines=tuple(_deadlines(events, clock)),
        breach=_breach(events, clock),
        verdict=_verdict(clock, elapsed),
    )


def _find(clocks: Sequence[Clock], key: str) -> Clock:
    for clock in reversed(clocks):
        if key in (clock.key, clock.metric):
            return clock
    raise NotFoundError("clock", key)


def _deadlines(events: Sequence[Event], clock: Clock) -> Iterator[Deadline]:
    target, policy, calendar = clock.target, clock.policy, clock.calendar
    old: datetime | None = None
    for event in events:
        fact, rule, reason = event.fact, None, None
        if not isinstance(fact, SlaAttached | SlaRestated | SlaResumed):
            continue
        if (fact.metric, fact.cycle) != (clock.metric, clock.cycle):
            continue
        if isinstance(fact, SlaAttached):
            target, policy, calendar = fact.target, fact.policy, fact.calendar
            due_at, breach_at = fact.due_at, fact.breach_at
        elif isinstance(fact, SlaResumed):
            due_at, breach_at, reason = fact.due_at, fact.breach_at, fact.reason
        else:
            target, policy, calendar = fact.new_target, fact.policy, fact.calendar
            due_at, breach_at = fact.new_due_at, fact.new_breach_at
            rule, reason = fact.rule_of_change, fact.reason
        yield Deadline(
            at=event.timestamp,
            version=event.originator_version,
            type=fact.topic,
            target=target,
            policy=policy,
            calendar=calendar,
            rule_of_change=rule,
            reason=reason,
            old_due_at=old,
            due_at=due_at,
            breach_at=breach_at,
        )
        old = due_at or old


def _breach(events: Sequence[Event], clock: Clock) -> Breach | None:
    for event in events:
        fact = event.fact
        if (
            isinstance(fact, SlaBreached)
            and event.originator_version == clock.breached_version
        ):
            return Breach(
                at=fact.breach_at,
                version=event.originator_version,
                target=fact.target,
                due_at=fact.due_at,
                inherited=fact.inherited,
                assignee=fact.assignee,
            )
    return None


def _verdict(clock: Clock, elapsed: timedelta) -> str:
    """The formula in words."""
    formula = f"elapsed {_words(elapsed)} of {_words(clock.target)}"
    standing = str(clock.state)
    if clock.live and elapsed > clock.target:
        standing = f"breached, {clock.state}"
    if elapsed > clock.target:
        standing += f", {_words(elapsed - clock.target)} over"
    if clock.excuse is not None:
        standing += f", excused by {clock.excuse.approved_by}"
    return f"{formula}: {standing}"


def _words(length: timedelta) -> str:
    """In hours also above a day, because a day of business time is not 24 hours."""
    minutes, rest = divmod(length, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    fraction = f".{rest.microseconds:06d}".rstrip("0") if rest.microseconds else ""
    seconds = f"{rest.seconds}{fraction}"
    parts = ((hours, "h"), (minutes, "min"))
    said = [f"{number} {unit}" for number, unit in parts if number]
    if seconds != "0" or not said:
        said.append(f"{seconds} s")
    return " ".join(said)
