"""Shifts with dates instead of turns: who is on call is written down for each shift,
and several people may be on call together.

Nobody stands in for a person on leave: the layers below apply.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.calendar.instants import Span, from_us


class DatedShift(NamedTuple):
    """[begin, end) in microseconds since 1970; empty if a gap of the clocks swallowed
    it.
    """

    begin: int
    end: int
    person: str

    @property
    def name(self) -> str:
        return f"shift of {from_us(self.begin):%Y-%m-%dT%H:%MZ}"


@dataclass(frozen=True, kw_only=True)
class DatedShifts:
    """In the order in which they were written."""

    shifts: tuple[DatedShift, ...]
    tz: str

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @cached_property
    def people(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(shift.person for shift in self.shifts))

    @property
    def last_end(self) -> int | None:
        return self._ends[-1] if self._ends else None

    def places(self) -> Iterator[tuple[str, str]]:
        """Each person, and where they are named first."""
        seen = set[str]()
        for index, shift in enumerate(self.shifts):
            if shift.person not in seen:
                seen.add(shift.person)
                yield f"shifts/{index}/person", shift.person

    def within(self, begin: int, end: int) -> Iterator[tuple[DatedShift, Span]]:
        """The shifts that overlap [begin, end), cut to it, in order. Where two of one
        person overlap, the one that began first continues until its end.
        """
        first = bisect_right(self._ends, begin)
        for shift, (opens, closes) in self._apart[first : self._before(end)]:
            if closes > begin:
                yield shift, (max(opens, begin), min(closes, end))

    def _before(self, end: int) -> int:
        return bisect_left(self._apart, end, key=lambda entry: entry[1][0])

    @cached_property
    def _apart(self) -> list[tuple[DatedShift, Span]]:
        until: dict[str, int] = {}
        found: list[tuple[DatedShift, Span]] = []
        for shift in sorted(self.shifts):
            begin = max(shift.begin, until.get(shift.person, shift.begin))
            if begin < shift.end:
                found.append((shift, (begin, shift.end)))
                until[shift.person] = shift.end
        return sorted(found, key=lambda entry: (entry[1], entry[0].person))

    @cached_property
    def _ends(self) -> list[int]:
        """The latest end up to each shift in that order."""
        return list(accumulate((span[1] for _, span in self._apart), max))
