"""A rotation: people who take turns of one length, handed over in local wall time.

Period k begins at `start` + k lengths of wall time, each computed on its own: a
hand-off that falls into a gap of the clocks is late on that day only, and the
thirty-first is moved to the end of each shorter month, not of all later ones. The grid
also extends before `start`, which is its anchor and not the beginning of service.

A period swallowed by a gap still counts: who has which hours of the day does not shift
by one whenever the clocks change. The layer decides which periods are turns.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeAlias, get_args
from zoneinfo import ZoneInfo

from domain.oncall.wall_time import first_instant, wall_at

Unit: TypeAlias = Literal["hour", "day", "week", "month"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
LENGTHS: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
MONTHS_A_YEAR: Final = 12


class Period(NamedTuple):
    """Half-open; `number` counts from the one that begins at the rotation's start."""

    number: int
    begin: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """`start` is naive, in wall time of `tz`; `first` is the index in `people` of the
    person with turn 0.
    """

    start: datetime
    unit: Unit
    length: int
    people: tuple[str, ...]
    tz: str
    first: int = 0

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @cached_property
    def wall_length(self) -> timedelta | None:
        """None for months, which have different lengths."""
        unit = LENGTHS.get(self.unit)
        return None if unit is None else unit * self.length

    def places(self) -> Iterator[tuple[str, str]]:
        """Each person of each turn, and where they are named."""
        for index, person in enumerate(self.people):
            yield f"rotation/people/{index}", person

    def order(self, turn: int) -> tuple[str, ...]:
        """The person with that turn, then those with the next turns, one whole
        cycle.
        """
        index = (turn + self.first) % len(self.people)
        return self.people[index:] + self.people[:index]

    def begin(self, period: int) -> int:
        """The instant of the hand-off into that period."""
        if self.wall_length is None:
            wall = _months_later(self.start, period * self.length)
        else:
            wall = self.start + period * self.wall_length
        return first_instant(self.zone, wall)

    def period_at(self, instant: int) -> int:
        """The last period that has begun, without those swallowed by a gap."""
        period = self._on_the_wall(wall_at(self.zone, instant))
        while self.begin(period) > instant:
            period -= 1
        while self.begin(period + 1) <= instant:
            period += 1
        return period

    def periods(self, begin: int, end: int) -> Iterator[Period]:
        """The periods that overlap [begin, end), uncut, in order; none is empty."""
        number = self.period_at(begin)
        handoff = self.begin(number)
        while handoff < end:
            following = self.begin(number + 1)
            if handoff < following:
                yield Period(number, handoff, following)
            number, handoff = number + 1, following

    def _on_the_wall(self, wall: datetime) -> int:
        if self.wall_length is not None:
            return (wall - self.start) // self.wall_length
        years, months = wall.year - self.start.year, wall.month - self.start.month
        return (years * MONTHS_A_YEAR + months) // self.length


def _months_later(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * MONTHS_A_YEAR + wall.month - 1 + months, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    return wall.replace(year=year, month=month + 1, day=day)
