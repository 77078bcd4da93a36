"""What happens to a schedule besides its versions: overrides, swaps, leaves.

`warnings` were shown when it was recorded: allowed, but probably unintended.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias

from domain.errors import FieldError
from domain.event import Fact
from domain.oncall.override import OverrideKind


@dataclass(frozen=True, kw_only=True)
class ScheduleOverrideAdded(Fact):
    topic: ClassVar[str] = "schedule.override_added"
    schedule: str
    override_id: str
    kind: OverrideKind
    person: str
    begin: datetime
    end: datetime
    replaces: str | None = None
    reason: str = ""
    priority: int = 0
    warnings: tuple[FieldError, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ScheduleOverrideCancelled(Fact):
    topic: ClassVar[str] = "schedule.override_cancelled"
    schedule: str
    override_id: str


@dataclass(frozen=True, kw_only=True)
class ScheduleSwapOffered(Fact):
    """`offered_to` None: whoever takes it first. `back`: what the asker wants in
    return.
    """

    topic: ClassVar[str] = "schedule.swap_offered"
    schedule: str
    swap_id: str
    asker: str
    begin: datetime
    end: datetime
    back: tuple[datetime, datetime] | None = None
    offered_to: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ScheduleSwapTaken(Fact):
    topic: ClassVar[str] = "schedule.swap_taken"
    schedule: str
    swap_id: str
    taker: str
    warnings: tuple[FieldError, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ScheduleSwapCancelled(Fact):
    """Cancelled, whether somebody had taken it or not."""

    topic: ClassVar[str] = "schedule.swap_cancelled"
    schedule: str
    swap_id: str


@dataclass(frozen=True, kw_only=True)
class AgentLeaveAdded(Fact):
    topic: ClassVar[str] = "agent.leave_added"
    agent: str
    leave_id: str
    begin: datetime
    end: datetime
    reason: str = ""
    warnings: tuple[FieldError, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AgentLeaveCancelled(Fact):
    topic: ClassVar[str] = "agent.leave_cancelled"
    agent: str
    leave_id: str


OnCallFact: TypeAlias = (
    ScheduleOverrideAdded
    | ScheduleOverrideCancelled
    | ScheduleSwapOffered
    | ScheduleSwapTaken
    | ScheduleSwapCancelled
    | AgentLeaveAdded
    | AgentLeaveCancelled
)
