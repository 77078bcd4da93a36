"""Decisions about promises made again: which rules matched, and the arithmetic of every
clock.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from domain.audit.again import Case, Mismatch, Remake, compared, differ
from domain.calendar.calendar import ALWAYS
from domain.conditions.condition import Value
from domain.copies import replace
from domain.event import Fact, Json
from domain.personal import ERASED
from domain.sla import clock as clocks
from domain.sla.clock import Clock
from domain.sla.decision import Decision, RuleAsked
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaMatched,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaRestated,
    SlaResumed,
    SlaWarned,
    Warned,
)
from domain.sla.forecast import forecast, used
from domain.sla.hours import promised_hours
from domain.sla.judging import resumed
from domain.sla.moment import ticket_fields
from domain.ticket.draft import Draft

Promised = tuple[str, int, int, timedelta, str | None]
"""Policy, version, rule, target and the name of the calendar."""


class _Inputs:
    """The fields as the decision recorded them."""

    def __init__(self, inputs: Json) -> None:
        self._inputs = inputs

    def get(self, name: str, /) -> Value:
        return _value(self._inputs.get(name))


def _value(value: object) -> Value:
    found: object = tuple(value) if isinstance(value, list) else value
    return found  # type: ignore[return-value] # as it was written


def _matched(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, SlaMatched | SlaNotMatched)
    promises = fact.promises if isinstance(fact, SlaMatched) else ()
    recorded: dict[str, Promised] = {
        p.metric: (
            p.policy.name,
            p.policy.version,
            p.rule,
            p.target,
            p.calendar.name if p.calendar else None,
        )
        for p in promises
    }
    made = dict[str, Promised]()
    for asked in fact.decision.asked:
        yield from _asked_again(case, fact.decision, asked, made)
    yield from differ("promises", recorded, made)
    yield from _all_asked(case, fact.decision)
    yield from _read_again(case, fact.decision)


def _asked_again(
    case: Case, decision: Decision, asked: RuleAsked, made: dict[str, Promised]
) -> Iterator[Mismatch]:
    policy = case.world.config.sla_policy(asked.policy, asked.version)
    where = f"rule {asked.rule} of {asked.policy}@{asked.version}"
    if asked.rule >= len(policy.rules):
        yield Mismatch(where, asked.rule, None)
        return
    rule = policy.rules[asked.rule]
    failed_field = asked.failed_field
    if not any(decision.inputs.get(t.field) == ERASED for t in rule.when.tests):
        failed_field = rule.when.failed_field(_Inputs(decision.inputs))
    yield from differ(where, asked.failed_field, failed_field)
    if failed_field is None:
        name = rule.calendar or policy.calendar
        calendar = None if name == ALWAYS else name
        ref = policy.ref
        for metric, target in rule.targets:
            one = (ref.name, ref.version, asked.rule, target, calendar)
            made.setdefault(metric, one)


def _all_asked(case: Case, decision: Decision) -> Iterator[Mismatch]:
    """Every rule of every policy in force, in the order of the policies."""
    world = case.world
    names = dict.fromkeys((a.policy, a.version) for a in decision.asked)
    in_force = {policy.ref.name for policy in world.sla_policies}
    if left_out := in_force - {name for name, _ in names}:
        yield Mismatch("policies that were not asked", [], sorted(left_out))
    policies = [world.config.sla_policy(*one) for one in names]
    order = sorted(policies, key=lambda p: (p.order, p.ref.name))
    every = [(p.ref.name, i) for p in order for i in range(len(p.rules))]
    asked = [(a.policy, a.rule) for a in decision.asked]
    yield from differ("rules asked", asked, every)


def _read_again(case: Case, decision: Decision) -> Iterator[Mismatch]:
    """What was read of the ticket. What was erased since says nothing."""
    known = ticket_fields(case.ticket)
    for name, recorded in decision.inputs.items():
        value = known.get(name)
        if value != ERASED:
            yield from differ(f"inputs/{name}", _value(recorded), value)


def _attached(case: Case) -> Iterator[Mismatch]:
    fact, at = case.event.fact, case.event.timestamp
    assert isinstance(fact, SlaAttached)
    policy = case.world.sla_policy(fact.policy)
    clock = clocks.attached(fact, at, 0, None)
    hours = promised_hours(case.ticket, clock, policy, case.world)
    timed = forecast(clock, policy.warn_at, at, hours)
    yield from _deadlines(fact, timed)
    if fact.counted_from == at and not fact.carried and not fact.pauses:
        # One that continues another does not repeat what that one gave.
        yield from differ("warnings", fact.warnings, timed.warnings)
        yield from differ("early", fact.early, timed.early)


def _restated(case: Case) -> Iterator[Mismatch]:
    fact, at = case.event.fact, case.event.timestamp
    assert isinstance(fact, SlaRestated)
    before = case.ticket.clock(f"{fact.metric}/{fact.cycle}")
    yield from differ("old_due_at", fact.old_due_at, before.due_at)
    yield from differ("old_target", fact.old_target, before.target)
    clock = replace(
        before,
        target=fact.new_target,
        policy=fact.policy,
        rule=fact.rule,
        calendar=fact.calendar,
        counted_from=fact.counted_from,
        carried=fact.carried,
        pauses=fact.pauses,
    )
    policy = case.world.sla_policy(fact.policy)
    hours = promised_hours(case.ticket, clock, policy, case.world)
    timed = forecast(clock, policy.warn_at, at, hours)
    yield from differ("new_due_at", fact.new_due_at, timed.due_at)
    yield from differ("new_breach_at", fact.new_breach_at, timed.breach_at)


def _resumed(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, SlaResumed)
    draft = Draft(case.ticket.id, case.ticket)
    clock = case.ticket.clock(f"{fact.metric}/{fact.cycle}")
    made = resumed(
        draft,
        clock,
        case.event.timestamp,
        case.world,
        fact.reason,
        outlived=fact.outlived,
    )
    yield from compared(fact, made)


def _warned(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, SlaWarned)
    clock = _clock(case, fact.metric, fact.cycle)
    planned = Warned(threshold=fact.threshold, at=fact.warn_at)
    if planned not in clock.warnings:
        yield Mismatch("warn_at", planned, clock.warnings)
    yield from differ("due_at", fact.due_at, clock.due_at)


def _breached(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, SlaBreached)
    clock = _clock(case, fact.metric, fact.cycle)
    made = SlaBreached(
        metric=clock.metric,
        cycle=clock.cycle,
        target=clock.target,
        due_at=clock.due_at or fact.due_at,
        breach_at=clock.breaks_at or fact.breach_at,
        inherited=clock.inherited,
        assignee=case.ticket.assignee,
    )
    yield from compared(fact, made)
    yield from differ("timestamp", case.event.timestamp, fact.breach_at)


def _judged(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, SlaMet | SlaMissed)
    clock = _clock(case, fact.metric, fact.cycle)
    calendar = case.world.calendar(clock.calendar)
    elapsed = used(clock, case.event.timestamp, calendar)
    kept = elapsed <= clock.target
    verdict = SlaMet.topic if kept else SlaMissed.topic
    yield from differ("verdict", fact.topic, verdict)
    yield from differ("target", fact.target, clock.target)
    yield from differ("elapsed", fact.elapsed, elapsed)
    if isinstance(fact, SlaMissed):
        yield from differ("overrun", fact.overrun, elapsed - clock.target)


def _cancelled(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, SlaCancelled)
    clock = _clock(case, fact.metric, fact.cycle)
    calendar = case.world.calendar(clock.calendar)
    elapsed = used(clock, case.event.timestamp, calendar)
    yield from differ("elapsed", fact.elapsed, elapsed)


def _deadlines(fact: SlaAttached, timed: Clock) -> Iterator[Mismatch]:
    yield from differ("due_at", fact.due_at, timed.due_at)
    yield from differ("breach_at", fact.breach_at, timed.breach_at)


def _clock(case: Case, metric: str, cycle: int) -> Clock:
    """Raises NotFoundError."""
    return case.ticket.clock(f"{metric}/{cycle}")


SLA: Mapping[type[Fact], Remake] = {
    SlaMatched: _matched,
    SlaNotMatched: _matched,
    SlaAttached: _attached,
    SlaRestated: _restated,
    SlaResumed: _resumed,
    SlaWarned: _warned,
    SlaBreached: _breached,
    SlaMet: _judged,
    SlaMissed: _judged,
    SlaCancelled: _cancelled,
}
