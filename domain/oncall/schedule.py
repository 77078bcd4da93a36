"""An on-call schedule: layers of rotations or dated shifts, one version of a document.

A layer of higher priority covers those of lower; layers of equal priority are on call
together. A layer may be restricted to some hours of the week, and serve between two
dates only (a temporary schedule). A layer that masks hides everything else between its
dates, overrides included, also where it has nobody itself.

Turns are counted over the periods in which a layer opens, so that a daily rotation of
Monday, Wednesday and Friday gives everybody a turn. Only the weekly hours decide what
counts, not the dates between which the layer serves and not changes of the clocks: the
n-th turn is found without iterating over those before it. A period without open hours
belongs to the turn before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from math import gcd
from typing import Final, NamedTuple

from domain.calendar.instants import FOREVER, Span
from domain.duration import DAY_S
from domain.event import PolicyRef
from domain.oncall.dated_shifts import DatedShifts
from domain.oncall.rotation import Rotation
from domain.oncall.wall_time import first_instant, last_instant

SECOND: Final = timedelta(seconds=1)
WEEK_S: Final = 7 * DAY_S


class Restriction(NamedTuple):
    """Seconds after local midnight of each of `days` (0 = Monday), half-open; past
    86,400 it ends the day after.
    """

    days: tuple[int, ...]
    opens_s: int
    closes_s: int


@dataclass(frozen=True, kw_only=True)
class Layer:
    """`starts` and `ends` are naive, in wall time of the source's zone; without
    `restrict` it is always open.
    """

    name: str
    source: Rotation | DatedShifts
    priority: int
    restrict: tuple[Restriction, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    masks: bool = False

    @property
    def rotation(self) -> Rotation:
        """Of a layer that has turns."""
        assert isinstance(self.source, Rotation), "dated shifts have no turns"
        return self.source

    @cached_property
    def validity(self) -> Span:
        zone = self.source.zone
        begin = first_instant(zone, self.starts) if self.starts else -FOREVER
        return begin, last_instant(zone, self.ends) if self.ends else FOREVER

    def counts(self, period: int) -> bool:
        """Whether the layer opens in that period, in wall time."""
        return self.turn(period) != self.turn(period - 1)

    def turn(self, period: int) -> int:
        cycles, rest = divmod(period, len(self._running_count))
        return cycles * self._running_count[-1] + self._running_count[rest] - 1

    @cached_property
    def _running_count(self) -> tuple[int, ...]:
        """How many periods of one cycle have opened so far; the pattern of periods
        repeats after the least common multiple of their length and a week.
        """
        length = self.rotation.wall_length
        length_s = WEEK_S if length is None else length // SECOND
        if not self.restrict or length_s >= WEEK_S:
            return (1,)
        start = self.rotation.start
        offset_s = start.weekday() * DAY_S
        offset_s += (start - start.replace(hour=0, minute=0, second=0)) // SECOND
        begins = range(offset_s, offset_s + WEEK_S * length_s, length_s)
        cycle = begins[: WEEK_S // gcd(WEEK_S, length_s)]
        return tuple(accumulate(self._opens_in(begin, length_s) for begin in cycle))

    def _opens_in(self, begin_s: int, length_s: int) -> int:
        """1 or 0, for seconds since some Monday's midnight."""
        return int(
            any(
                # a window of any week overlaps [0, length) after moving to the period
                (day * DAY_S + hours.opens_s - begin_s) % WEEK_S < length_s
                or (begin_s - day * DAY_S - hours.opens_s) % WEEK_S
                < hours.closes_s - hours.opens_s
                for hours in self.restrict
                for day in hours.days
            )
        )


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Build one with `schedule_form.parse_schedule`; the later of equal layers last."""

    ref: PolicyRef
    tz: str
    layers: tuple[Layer, ...]
