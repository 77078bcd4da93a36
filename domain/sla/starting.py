"""Clocks that start, at one moment: the first cycle, the next, or one that
continues.
"""

from datetime import datetime, timedelta

from domain.calendar.span import Span, ended
from domain.conditions.condition import holds
from domain.conditions.fields import TicketFields
from domain.copies import replace
from domain.lifecycle.facts import TicketOpened, TicketReopened
from domain.lifecycle.pause import PastPause
from domain.lifecycle.reply_author import ReplyAuthor
from domain.sla import clock as clocks
from domain.sla.clock import Clock
from domain.sla.decision import Promise
from domain.sla.facts import SlaAttached
from domain.sla.forecast import forecast, used
from domain.sla.hours import promised_hours
from domain.sla.judging import align
from domain.sla.matching import take_terms
from domain.sla.metric import Definition
from domain.sla.policy import SlaPolicy
from domain.sla.situation import Situation
from domain.sla.transition import starts, starts_again


def start_clocks(situation: Situation) -> None:
    for promise in situation.draft.ticket.promises:
        if _is_waited_for(situation, promise):
            continue
        cycles = _cycles(situation, promise.metric)
        if not any(clock.live for clock in cycles):
            _start(situation, promise, cycles)


def _is_waited_for(situation: Situation, promise: Promise) -> bool:
    """The customer of a ticket that was merged into this one waits for a first answer
    by a separate clock already.
    """
    return promise.metric == "next_response" and any(
        c.live and c.taken_from is not None and c.metric == "first_response"
        for c in situation.draft.ticket.clocks
    )


def _cycles(situation: Situation, metric: str) -> list[Clock]:
    return [c for c in situation.draft.ticket.clocks if c.metric == metric]


def _start(situation: Situation, promise: Promise, cycles: list[Clock]) -> None:
    policy = situation.world.sla_policy(promise.policy)
    definition = policy.definitions[promise.metric]
    if not _may_start(situation, definition, policy, cycles):
        return
    last = cycles[-1] if cycles else None
    carried = _carried(situation, last, definition, policy) if last else None
    _attach(situation, _attached(situation, promise, policy, len(cycles) + 1, carried))


def _may_start(
    situation: Situation,
    definition: Definition,
    policy: SlaPolicy,
    cycles: list[Clock],
) -> bool:
    if definition.once and any(c.state != "cancelled" for c in cycles):
        return False
    fresh = not cycles or cycles[-1].cancelled_by == "unpromised"
    if fresh or cycles[-1].metric in situation.reset:
        return starts(definition, situation.now(policy))
    return starts_again(definition, situation.before(policy), situation.now(policy))


def _carried(
    situation: Situation, last: Clock, definition: Definition, policy: SlaPolicy
) -> Clock | None:
    """The clock that the new one continues, if any: one without a target for a while,
    or that of a reopened ticket by the policy's rule. A missed clock is never
    continued: its verdict is final, and a second breach at once would add nothing.
    """
    if last.cancelled_by == "unpromised":
        return _promised_again(situation, last, definition, policy)
    reopened = situation.moment.happened(TicketReopened) and definition.reopens
    if not reopened or last.stopped_at is None or last.cancelled_by is not None:
        return None
    rules = policy.on_change
    within = rules.reopen_within
    late = within is not None and situation.at - last.stopped_at > within
    if last.state == "missed" or late or rules.reopen == "new_cycle":
        return None
    if rules.reopen == "count":
        return last
    return replace(last, pauses=(*last.pauses, Span(last.stopped_at, situation.at)))


def _promised_again(
    situation: Situation, last: Clock, definition: Definition, policy: SlaPolicy
) -> Clock:
    """As if there had been a target all the time: what would have paused the clock
    since does not count either.
    """
    stopped, ticket = last.stopped_at or situation.at, situation.draft.ticket
    fields = situation.now(policy)
    spans = [
        Span(max(pause.since, stopped), pause.end)
        for pause in ticket.past_pauses
        if pause.end > stopped and holds(definition.pause, _paused(fields, pause))
    ]
    if ticket.pause is not None and holds(definition.pause, fields):
        spans.append(Span(max(ticket.pause.since, stopped)))
    return replace(last, pauses=(*ended(last.pauses, stopped), *spans))


def _paused(fields: TicketFields, pause: PastPause) -> TicketFields:
    """The fields as they were while the ticket was paused."""
    return fields.but(
        paused=True, finished=False, status=pause.status, pause_reason=pause.reason
    )


def _attached(
    situation: Situation,
    promise: Promise,
    policy: SlaPolicy,
    cycle: int,
    carried: Clock | None,
) -> SlaAttached:
    ticket, at, world = situation.draft.ticket, situation.at, situation.world
    start = _start_of(situation, policy)
    fact = SlaAttached(
        metric=promise.metric,
        cycle=cycle,
        target=promise.target,
        policy=promise.policy,
        rule=promise.rule,
        calendar=promise.calendar,
        escalation_policy=policy.escalation_policy,
        team=ticket.team,
        started_at=carried.started_at if carried else start,
        counted_from=carried.counted_from if carried else start,
        carried=carried.carried if carried else timedelta(0),
        pauses=carried.pauses if carried else (),
        due_at=None,
        breach_at=None,
        warnings=(),
    )
    clock = clocks.attached(fact, at, 0, None)
    if carried is not None:  # warnings due in earlier time are not repeated
        clock = replace(clock, warned=policy.warn_at)
    hours = promised_hours(ticket, clock, policy, world)
    timed = forecast(clock, policy.warn_at, at, hours)
    early = timed.early
    return replace(
        fact,
        due_at=timed.due_at,
        breach_at=timed.breach_at,
        warnings=timed.warnings,
        early=early if carried is None else tuple(e for e in early if e.at > at),
    )


def _start_of(situation: Situation, policy: SlaPolicy) -> datetime:
    """A ticket that was split off counts from its message, or from the start of the
    original, by the policy's rule.
    """
    for fact in situation.moment.facts:
        if isinstance(fact, TicketOpened) and fact.split_from is not None:
            original = policy.on_change.split == "original"
            return fact.split_from.opened_at if original else situation.at
    return situation.at


def take_over(situation: Situation, theirs: Clock, taken_from: str) -> None:
    """A running clock of a ticket that was merged into this one: the stricter of the
    two continues, with its start and its pauses. Where none runs here, theirs
    continues, also for a metric that runs once: another customer waits, or for
    something else.
    """
    cycles = _cycles(situation, theirs.metric)
    mine = next((clock for clock in cycles if clock.live), None)
    if mine is None:
        fact = _going_on(situation, theirs, len(cycles) + 1, theirs)
        _attach(situation, replace(fact, taken_from=taken_from))
    elif _strictness(situation, theirs) < _strictness(situation, mine):
        take_terms(situation, mine, theirs, taken_from)
        now = next(c for c in situation.draft.ticket.clocks if c.key == mine.key)
        align(situation, now)


def restore(
    situation: Situation, mine: Clock, replies: tuple[ReplyAuthor, ...]
) -> None:
    """A clock that a merge ended continues as if it had run all the time, unless
    `replies`, given in the other ticket since, stopped it.
    """
    policy = situation.world.sla_policy(mine.policy)
    definition, fields = policy.definitions[mine.metric], situation.now(policy)
    answered = any(policy.replies.count(reply_author) for reply_author in replies)
    if answered and holds(definition.stop, fields.but(reply=True)):
        return
    carried = _promised_again(situation, mine, definition, policy)
    cycle = len(_cycles(situation, mine.metric)) + 1
    _attach(situation, _going_on(situation, mine, cycle, carried))


def _going_on(
    situation: Situation, clock: Clock, cycle: int, carried: Clock
) -> SlaAttached:
    policy = situation.world.sla_policy(clock.policy)
    promise = Promise(
        metric=clock.metric,
        policy=clock.policy,
        rule=clock.rule,
        target=clock.target,
        calendar=clock.calendar,
    )
    return _attached(situation, promise, policy, cycle, carried)


def _attach(situation: Situation, fact: SlaAttached) -> None:
    situation.record(fact, fact.policy)
    align(situation, situation.draft.ticket.clocks[-1])


def _strictness(situation: Situation, clock: Clock) -> datetime:
    """When it is breached; if it is paused, as if it ran round the clock."""
    calendar = situation.world.calendar(clock.calendar)
    left = clock.target - used(clock, situation.at, calendar)
    return clock.breach_at or situation.at + left
