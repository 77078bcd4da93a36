"""Running clocks at one moment: stopped and judged, cancelled, paused, resumed.

The verdict is given here, at the stop event, by the time used (design invariant 6).
"""

from datetime import datetime, timedelta

from domain.calendar.span import ended
from domain.copies import replace
from domain.sla.clock import Clock
from domain.sla.facts import SlaMet, SlaMissed, SlaPaused, SlaResumed
from domain.sla.forecast import forecast, used
from domain.sla.hours import hours_of
from domain.sla.matching import cancel
from domain.sla.policy import SlaPolicy
from domain.sla.ports import SlaDraft, SlaWorld
from domain.sla.situation import Situation
from domain.sla.transition import standing, transition


def judge(situation: Situation) -> None:
    for clock in situation.draft.ticket.clocks:
        if clock.live:
            _judge(situation, clock)


def _judge(situation: Situation, clock: Clock) -> None:
    policy = situation.world.sla_policy(clock.policy)
    definition = policy.definitions[clock.metric]
    match transition(definition, clock, situation.now(policy)):
        case "stop":
            _stop(situation, clock)
        case "cancel":
            cancel(situation, clock, "its cancel condition holds", "condition")
        case "reset":
            _reset(situation, clock)
        case "pause":
            _pause(situation, clock, policy)
        case "resume":
            _resume(situation, clock)
        case None:
            pass


def _stop(situation: Situation, clock: Clock) -> None:
    elapsed = used(clock, situation.at, situation.world.calendar(clock.calendar))
    situation.record(_verdict(clock, elapsed), clock.policy)


def _verdict(clock: Clock, elapsed: timedelta) -> SlaMet | SlaMissed:
    if elapsed <= clock.target:
        return SlaMet(
            metric=clock.metric,
            cycle=clock.cycle,
            target=clock.target,
            elapsed=elapsed,
        )
    return SlaMissed(
        metric=clock.metric,
        cycle=clock.cycle,
        target=clock.target,
        elapsed=elapsed,
        overrun=elapsed - clock.target,
    )


def _reset(situation: Situation, clock: Clock) -> None:
    """A breached clock is judged, because a reset must not hide the breach."""
    if clock.breached_at is not None:
        _stop(situation, clock)
    else:
        cancel(situation, clock, "its reset condition holds", "reset")
    situation.reset.add(clock.metric)


def _pause(situation: Situation, clock: Clock, policy: SlaPolicy) -> None:
    pause, longest = situation.draft.ticket.pause, policy.longest_pause
    fact = SlaPaused(
        metric=clock.metric,
        cycle=clock.cycle,
        reason=pause.reason if pause else "its pause condition holds",
        resumes_at=None if longest is None else situation.at + longest,
    )
    situation.record(fact, clock.policy)


def _resume(situation: Situation, clock: Clock) -> None:
    draft, at, world = situation.draft, situation.at, situation.world
    fact = resumed(draft, clock, at, world, "its pause ended")
    situation.record(fact, clock.policy)


def realign(situation: Situation) -> None:
    """After the promises were matched again."""
    for clock in situation.draft.ticket.clocks:
        if clock.live and clock.stated_at == situation.at:
            align(situation, clock)


def align(situation: Situation, clock: Clock) -> None:
    """A promise with other terms may also have other pause conditions."""
    policy = situation.world.sla_policy(clock.policy)
    definition = policy.definitions[clock.metric]
    match standing(definition, clock, situation.now(policy)):
        case "pause":
            _pause(situation, clock, policy)
        case "resume":
            _resume(situation, clock)
        case None:
            pass


def resumed(
    draft: SlaDraft,
    clock: Clock,
    at: datetime,
    world: SlaWorld,
    reason: str,
    *,
    outlived: bool = False,
) -> SlaResumed:
    policy = world.sla_policy(clock.policy)
    going = replace(clock, state="running", pauses=ended(clock.pauses, at))
    hours = hours_of(draft.ticket, clock, policy, world)
    timed = forecast(going, policy.warn_at, at, hours)
    return SlaResumed(
        metric=clock.metric,
        cycle=clock.cycle,
        reason=reason,
        outlived=outlived,
        due_at=timed.due_at,
        breach_at=timed.breach_at,
        warnings=timed.warnings,
        early=timed.early,
    )
