"""Where the time of a clock went: intervals that add up to the time used, and their
sums by team, assignee and status. `timesheet` makes the intervals, `explanation` adds
the rules and deadlines of the clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from domain.event import Actor
from domain.lifecycle.status import Status

IntervalKind: TypeAlias = Literal[
    "running", "paused", "closed", "holiday", "reopened", "unpromised", "carried"
]
ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """The event that it follows from, and who caused that."""

    version: int
    event_id: str
    type: str
    actor: Actor


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Half-open. `counted` is what it adds to the elapsed time of the clock.

    running     counts
    paused      does not count; a pause outside the hours is `closed`, it costs nothing
    closed      outside the hours of the calendar; `holiday`: the date is a holiday
    reopened    the ticket was resolved; counts by the policy's rule for reopening
    unpromised  no policy had a target for it; counts, as if one always had
    carried     came before a change of the target, which set it aside (counts nothing)
                or carried it over (counts its share of what was carried)

    `status`, `team`, `assignee`: those of the ticket in this interval.
    """

    start: datetime
    end: datetime
    kind: IntervalKind
    counted: timedelta
    reason: str
    cause: Cause | None
    holiday: date | None
    status: Status
    team: str | None
    assignee: str | None


@dataclass(frozen=True, kw_only=True)
class Share:
    name: str | None
    counted: timedelta


@dataclass(frozen=True, kw_only=True)
class Consumption:
    """Counted time by team, assignee and status; each sums to the whole."""

    teams: tuple[Share, ...]
    people: tuple[Share, ...]
    states: tuple[Share, ...]


def consumption(intervals: Sequence[Interval]) -> Consumption:
    return Consumption(
        teams=_shares((i.team, i.counted) for i in intervals),
        people=_shares((i.assignee, i.counted) for i in intervals),
        states=_shares((i.status, i.counted) for i in intervals),
    )


def _shares(parts: Iterator[tuple[str | None, timedelta]]) -> tuple[Share, ...]:
    """In the order in which they first had the ticket, without those who used no
    time.
    """
    sums: dict[str | None, timedelta] = {}
    for name, counted in parts:
        if counted:
            sums[name] = sums.get(name, ZERO) + counted
    return tuple(Share(name=name, counted=counted) for name, counted in sums.items())
