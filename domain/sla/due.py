"""Records what comes due of a clock: a warning, the breach, the end of its longest
pause.
"""

from domain.event import Fact
from domain.sla.alarms import BreachDue, LongestPauseOver, WarningDue
from domain.sla.clock import Clock
from domain.sla.facts import SlaBreached, SlaWarned
from domain.sla.judging import resumed
from domain.sla.ports import SlaDraft, SlaWorld


def warn(draft: SlaDraft, alarm: WarningDue) -> None:
    clock = draft.ticket.clock(alarm.key)
    assert clock.due_at is not None, "a running clock has a due instant"
    fact = SlaWarned(
        metric=clock.metric,
        cycle=clock.cycle,
        threshold=alarm.threshold,
        warn_at=alarm.at,
        due_at=clock.due_at,
    )
    _record(draft, clock, fact, alarm)


def breach(draft: SlaDraft, alarm: BreachDue) -> int:
    """The version of the event."""
    clock = draft.ticket.clock(alarm.key)
    assert clock.due_at is not None, "a clock that can be breached has a due instant"
    fact = SlaBreached(
        metric=clock.metric,
        cycle=clock.cycle,
        target=clock.target,
        due_at=clock.due_at,
        breach_at=alarm.at,
        inherited=clock.inherited,
        assignee=draft.ticket.assignee,
    )
    return _record(draft, clock, fact, alarm)


def end_longest_pause(
    draft: SlaDraft, alarm: LongestPauseOver, world: SlaWorld
) -> None:
    """The longest pause that the policy allows is over; the ticket stays paused."""
    clock, reason = draft.ticket.clock(alarm.key), "the longest pause is over"
    fact = resumed(draft, clock, alarm.at, world, reason, outlived=True)
    _record(draft, clock, fact, alarm)


def _record(
    draft: SlaDraft,
    clock: Clock,
    fact: Fact,
    alarm: WarningDue | BreachDue | LongestPauseOver,
) -> int:
    cause, policy = clock.attached_version, clock.policy
    return draft.record(fact, alarm.at, cause=cause, policy=policy, by_rule=True)
