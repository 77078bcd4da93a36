"""Leaves of one agent: deciding them, and folding them. They may overlap."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from domain.errors import FieldError, NotFoundError
from domain.event import Event
from domain.oncall.facts import AgentLeaveAdded, AgentLeaveCancelled
from domain.oncall.override import Leave
from domain.oncall.plan import Plan
from domain.oncall.schedule_lint import opened_gaps
from domain.oncall.windows import refuse_any, refuse_past, window_faults

LEAVE = "leave"


def leave_stream(agent: str) -> str:
    return f"leaves/{agent}"


def add_leave(
    wanted: AgentLeaveAdded, plans: Mapping[str, Plan], at: datetime
) -> AgentLeaveAdded:
    """`plans`: of all schedules, with their leaves. Raises InvalidError."""
    refuse_any(window_faults(wanted.begin, wanted.end, at))
    leave = _leave(wanted, at)
    return replace(wanted, warnings=tuple(_uncovered(leave, plans, at)))


def _uncovered(
    leave: Leave, plans: Mapping[str, Plan], at: datetime
) -> Iterator[FieldError]:
    for name, plan in sorted(plans.items()):
        if leave.person in plan.people:
            after = replace(plan, leaves=(*plan.leaves, leave))
            yield from opened_gaps(after, leave, at, name)


def cancel_leave(
    leaves: Iterable[Leave], leave_id: str, at: datetime
) -> AgentLeaveCancelled:
    """Ends the leave now, or cancels it before it begins. Raises NotFoundError,
    RuleError.
    """
    leave = find_leave(leaves, leave_id)
    refuse_past(LEAVE, leave, at)
    return AgentLeaveCancelled(agent=leave.person, leave_id=leave_id)


def find_leave(leaves: Iterable[Leave], leave_id: str) -> Leave:
    """Raises NotFoundError."""
    for leave in leaves:
        if leave.id == leave_id:
            return leave
    raise NotFoundError(LEAVE, leave_id)


def fold_leaves(
    events: Iterable[Event], start: tuple[Leave, ...] = ()
) -> tuple[Leave, ...]:
    leaves = {leave.id: leave for leave in start}
    for event in events:
        match event.fact:
            case AgentLeaveAdded() as made:
                leaves[made.leave_id] = _leave(made, event.timestamp)
            case AgentLeaveCancelled(leave_id=found):
                leave = leaves[found]
                leaves[found] = replace(leave, cancelled_at=event.timestamp)
            case _:
                pass
    return tuple(leaves.values())


def _leave(made: AgentLeaveAdded, at: datetime) -> Leave:
    return Leave(
        id=made.leave_id,
        person=made.agent,
        begin=made.begin,
        end=made.end,
        reason=made.reason,
        made_at=at,
    )
