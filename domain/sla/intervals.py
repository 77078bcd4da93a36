"""Intervals of a clock, weighted with the time carried over, and joined where they
differ only in their times.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from domain.calendar.instants import MICROSECOND
from domain.sla.consumption import ZERO, Cause, Interval

CLOSED = ("closed", "holiday")


def weighed(
    intervals: Sequence[Interval], carried: timedelta, reason: str, cause: Cause
) -> tuple[Interval, ...]:
    """`carried` distributed over the counted time, in proportion, to the
    microsecond.
    """
    total = sum((i.counted for i in intervals), ZERO) // MICROSECOND
    if not total:
        last = intervals[-1]
        if carried:
            last = replace(
                last, kind="carried", counted=carried, reason=reason, cause=cause
            )
        return _real((*intervals[:-1], last))
    amount, passed, given = carried // MICROSECOND, 0, 0
    found = []
    for interval in intervals:
        if not interval.counted:
            found.append(interval)
            continue
        passed += interval.counted // MICROSECOND
        counted = passed * amount // total - given
        given += counted
        found.append(
            replace(
                interval,
                kind="carried",
                counted=counted * MICROSECOND,
                reason=reason,
                cause=cause,
            )
        )
    return tuple(found)


def _real(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    return tuple(i for i in intervals if i.start < i.end or i.counted)


def joined(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Neighbours that differ only in their times become one; changes of the ticket
    while nothing counted make no difference.
    """
    found: list[Interval] = []
    for interval in intervals:
        if found and _goes_on(found[-1], interval):
            counted = found[-1].counted + interval.counted
            found[-1] = replace(found[-1], end=interval.end, counted=counted)
        else:
            found.append(interval)
    return tuple(found)


def _goes_on(last: Interval, following: Interval) -> bool:
    if (last.kind, last.end) != (following.kind, following.start):
        return False
    if last.kind in CLOSED:
        return (last.reason, last.holiday) == (following.reason, following.holiday)
    moved = replace(
        last,
        start=following.start,
        end=following.end,
        counted=following.counted,
    )
    return moved == following
