"""Overrides and swaps of one schedule: deciding them, and folding them.

They are decided on the stream of the schedule, so that of two conflicting ones at the
same time the second is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from domain.errors import FieldError, InvalidError, NotFoundError, RuleError
from domain.event import Event
from domain.oncall.facts import (
    ScheduleOverrideAdded,
    ScheduleOverrideCancelled,
    ScheduleSwapCancelled,
    ScheduleSwapOffered,
    ScheduleSwapTaken,
)
from domain.oncall.override import Override, Swap, conflict
from domain.oncall.plan import Plan
from domain.oncall.schedule_lint import has_effect, opened_gaps
from domain.oncall.shifts import shifts
from domain.oncall.windows import (
    refuse_any,
    refuse_past,
    stranger_faults,
    window_faults,
)

Change: TypeAlias = Override | Swap
Agents: TypeAlias = Mapping[str, bool]
"""All that there are, and whether they are active."""
OVERRIDE, SWAP = "override", "swap"


def override_stream(schedule: str) -> str:
    return f"overrides/{schedule}"


def add_override(
    plan: Plan, schedule: str, wanted: Override, agents: Agents, at: datetime
) -> ScheduleOverrideAdded:
    """Raises InvalidError, and RuleError that names the override it conflicts with."""
    refuse_any(_override_faults(wanted, agents, at))
    _refuse_conflict(wanted, plan.changes)
    return ScheduleOverrideAdded(
        schedule=schedule,
        override_id=wanted.id,
        kind=wanted.kind,
        person=wanted.person,
        begin=wanted.begin,
        end=wanted.end,
        replaces=wanted.replaces,
        reason=wanted.reason,
        priority=wanted.priority,
        warnings=_advice(plan, wanted, agents, at),
    )


def cancel_override(
    plan: Plan, schedule: str, override_id: str, at: datetime
) -> ScheduleOverrideCancelled:
    refuse_past(OVERRIDE, find_override(plan.changes, override_id), at)
    return ScheduleOverrideCancelled(schedule=schedule, override_id=override_id)


def offer_swap(
    plan: Plan, schedule: str, wanted: Swap, agents: Agents, at: datetime
) -> ScheduleSwapOffered:
    """Raises InvalidError, also where the asker has no shift to give away, or the other
    person none to give back.
    """
    refuse_any(_swap_faults(wanted, agents, at))
    if not _on_call(plan, wanted.asker, (wanted.begin, wanted.end)):
        raise InvalidError.at("/from", f"{wanted.asker!r} is not on call then")
    back, other = wanted.back, wanted.offered_to
    if back is not None and other is not None and not _on_call(plan, other, back):
        raise InvalidError.at("/back/from", f"{other!r} is not on call then")
    return ScheduleSwapOffered(
        schedule=schedule,
        swap_id=wanted.id,
        asker=wanted.asker,
        begin=wanted.begin,
        end=wanted.end,
        back=wanted.back,
        offered_to=wanted.offered_to,
        reason=wanted.reason,
    )


def take_swap(
    plan: Plan, taken: ScheduleSwapTaken, agents: Agents, at: datetime
) -> ScheduleSwapTaken:
    """Raises NotFoundError, InvalidError, RuleError."""
    swap = find_swap(plan.changes, taken.swap_id)
    _refuse_taking(swap, taken.taker, at)
    refuse_any(stranger_faults("/person", taken.taker, agents))
    if swap.back is not None and not _on_call(plan, taken.taker, swap.back):
        raise RuleError(f"{taken.taker!r} is not on call when it is to be given back")
    made = replace(swap, taker=taken.taker, taken_at=at)
    _refuse_conflict(made, plan.changes)
    return replace(taken, warnings=_advice(plan, made, agents, at))


def cancel_swap(
    plan: Plan, schedule: str, swap_id: str, at: datetime
) -> ScheduleSwapCancelled:
    refuse_past(SWAP, find_swap(plan.changes, swap_id), at)
    return ScheduleSwapCancelled(schedule=schedule, swap_id=swap_id)


def find_override(changes: Iterable[Change], override_id: str) -> Override:
    """Raises NotFoundError."""
    for change in changes:
        if isinstance(change, Override) and change.id == override_id:
            return change
    raise NotFoundError(OVERRIDE, override_id)


def find_swap(changes: Iterable[Change], swap_id: str) -> Swap:
    """Raises NotFoundError."""
    for change in changes:
        if isinstance(change, Swap) and change.id == swap_id:
            return change
    raise NotFoundError(SWAP, swap_id)


def _override_faults(
    wanted: Override, agents: Agents, at: datetime
) -> Iterator[FieldError]:
    yield from window_faults(wanted.begin, wanted.end, at)
    # A former employee is still in the plan, and can be taken off it.
    if wanted.kind != "remove":
        yield from stranger_faults("/person", wanted.person, agents)
    if wanted.replaces is not None and wanted.kind != "replace":
        yield FieldError("/replaces", "is for the kind `replace` only")
    if wanted.replaces == wanted.person:
        yield FieldError("/replaces", "is the same person")


def _swap_faults(wanted: Swap, agents: Agents, at: datetime) -> Iterator[FieldError]:
    yield from window_faults(wanted.begin, wanted.end, at)
    if wanted.back is not None:
        yield from window_faults(*wanted.back, at, "/back")
    yield from stranger_faults("/person", wanted.asker, agents)
    yield from stranger_faults("/with", wanted.offered_to, agents)
    if wanted.offered_to == wanted.asker:
        yield FieldError("/with", "is the same person")


def _refuse_taking(swap: Swap, taker: str, at: datetime) -> None:
    refuse_past(SWAP, swap, at)
    if swap.taker is not None:
        raise RuleError(f"swap {swap.id} was taken by {swap.taker!r}")
    if swap.end <= at or (swap.back is not None and swap.back[1] <= at):
        raise RuleError(f"a part of swap {swap.id} is over")
    if swap.offered_to not in (None, taker):
        raise RuleError(f"swap {swap.id} is offered to {swap.offered_to!r}")
    if taker == swap.asker:
        raise InvalidError.at("/person", "offered it: somebody else must take it")


def _refuse_conflict(change: Change, others: Iterable[Change]) -> None:
    if (other := conflict(change, others)) is None:
        return
    what = OVERRIDE if isinstance(other, Override) else SWAP
    raise RuleError(
        f"{what} {other.id}, {other.begin:%Y-%m-%dT%H:%MZ} to"
        f" {other.end:%Y-%m-%dT%H:%MZ}, is about the same people at the same time:"
        " cancel it first, or give one of them a higher priority"
    )


def _advice(
    plan: Plan, change: Change, agents: Agents, at: datetime
) -> tuple[FieldError, ...]:
    others = tuple(other for other in plan.changes if other.id != change.id)
    after = replace(plan, changes=(*others, change))
    return (*_idle(after, change, agents, at), *opened_gaps(after, change, at))


def _idle(
    plan: Plan, change: Change, agents: Agents, at: datetime
) -> Iterator[FieldError]:
    if not has_effect(plan, change, at):
        yield FieldError("", "has no effect on who is on call")
    comes = change.taker if isinstance(change, Swap) else change.person
    goes = isinstance(change, Override) and change.kind == "remove"
    if comes is not None and not goes and not agents.get(comes, True):
        message = f"the agent {comes!r} is not active: nobody is notified"
        yield FieldError("/person", message)


def _on_call(plan: Plan, person: str, window: tuple[datetime, datetime]) -> bool:
    return any(shift.person == person for shift in shifts(plan, *window))


def fold_changes(
    events: Iterable[Event], start: tuple[Change, ...] = ()
) -> tuple[Change, ...]:
    """In the order in which they were created."""
    changes = {change.id: change for change in start}
    for event in events:
        if (change := _evolved(changes, event)) is not None:
            changes[change.id] = change
    return tuple(changes.values())


def _evolved(changes: dict[str, Change], event: Event) -> Change | None:
    match event.fact:
        case ScheduleOverrideAdded() as made:
            return _override(made, event)
        case ScheduleSwapOffered() as made:
            return _swap(made)
        case ScheduleSwapTaken(swap_id=swap_id, taker=taker):
            swap = find_swap(changes.values(), swap_id)
            return replace(swap, taker=taker, taken_at=event.timestamp)
        case (
            ScheduleOverrideCancelled(override_id=found)
            | ScheduleSwapCancelled(swap_id=found)
        ):
            return replace(changes[found], cancelled_at=event.timestamp)
        case _:
            return None


def _override(made: ScheduleOverrideAdded, event: Event) -> Override:
    return Override(
        id=made.override_id,
        kind=made.kind,
        person=made.person,
        begin=made.begin,
        end=made.end,
        by=event.meta.actor.id,
        replaces=made.replaces,
        reason=made.reason,
        priority=made.priority,
        made_at=event.timestamp,
    )


def _swap(made: ScheduleSwapOffered) -> Swap:
    return Swap(
        id=made.swap_id,
        asker=made.asker,
        begin=made.begin,
        end=made.end,
        back=made.back,
        offered_to=made.offered_to,
        reason=made.reason,
    )
