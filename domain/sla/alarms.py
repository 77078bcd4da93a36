"""What comes due of a clock: warnings, the breach, the end of its longest pause."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from domain.alarm import Alarm
from domain.calendar.instants import MICROSECOND
from domain.sla.clock import Clock


@dataclass(frozen=True, kw_only=True)
class WarningDue(Alarm):
    threshold: str


@dataclass(frozen=True, kw_only=True)
class BreachDue(Alarm):
    """`inherited`: the clock was breached already when this ticket took it over."""

    inherited: bool

    @property
    def due_from(self) -> datetime:  # type: ignore[explicit-override]
        """At its last instant the promise still holds."""
        return self.at if self.inherited else self.at + MICROSECOND


@dataclass(frozen=True, kw_only=True)
class LongestPauseOver(Alarm):
    """The clock resumes; the ticket stays paused."""


SlaAlarm: TypeAlias = WarningDue | BreachDue | LongestPauseOver


def alarms(clock: Clock) -> Iterator[SlaAlarm]:
    """Alarms of a live clock."""
    for warning in clock.warnings_left:
        yield WarningDue(at=warning.at, key=clock.key, threshold=warning.threshold)
    if (until := clock.resumes_at) is not None:
        yield LongestPauseOver(at=until, key=clock.key)
    breaks_at = clock.breaks_at
    if clock.breached_at is None and breaks_at is not None:
        yield BreachDue(at=breaks_at, key=clock.key, inherited=clock.inherited)
