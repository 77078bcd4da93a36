"""What comes due in an escalation: its next step, steps before the breach, and the end
of an acknowledgement or a pause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from domain.alarm import Alarm
from domain.escalation.run import Run
from domain.sla.clock import Clock


@dataclass(frozen=True, kw_only=True)
class StepDue(Alarm):
    pass


@dataclass(frozen=True, kw_only=True)
class EarlyStepDue(Alarm):
    """A step before the breach that no run of the clock has taken yet."""

    step: int


@dataclass(frozen=True, kw_only=True)
class WaitOver(Alarm):
    """Of an acknowledgement without progress, or of the longest pause."""


EscalationAlarm: TypeAlias = StepDue | EarlyStepDue | WaitOver


def run_alarms(run: Run) -> Iterator[EscalationAlarm]:
    if run.state in ("running", "waiting") and (due := run.next_due_at) is not None:
        yield StepDue(at=due, key=run.clock)
    if run.state in ("acknowledged", "paused") and (until := run.until) is not None:
        yield WaitOver(at=until, key=run.clock)


def early_alarms(clock: Clock, runs: Sequence[Run]) -> Iterator[EscalationAlarm]:
    """Of a live clock; `runs`: all of the ticket."""
    if not clock.early_left:
        return
    own = [run for run in runs if run.clock == clock.key]
    if any(run.state != "running" for run in own):
        return
    taken = max((run.step for run in own), default=0)
    for early in clock.early_left:
        if early.step >= taken:
            yield EarlyStepDue(at=early.at, key=clock.key, step=early.step)
