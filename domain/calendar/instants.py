"""Instants as integers, and spans of them.

Business time is summed and searched as whole microseconds since 1970 (UTC), so that no
rounding creeps in and `bisect` can work on plain arrays. `datetime` is converted at the
edge of the package only. A span is half-open: [begin, end).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, TypeAlias

from domain.duration import DAY_S

Span: TypeAlias = tuple[int, int]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US: Final = 1_000_000
DAY_US: Final = DAY_S * SECOND_US
FOREVER: Final = 1 << 62  # after every datetime: the end of an open-ended span
MICROSECOND: Final = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware datetime; a naive one raises TypeError."""
    return (at - EPOCH) // MICROSECOND


def from_us(instant: int) -> datetime:
    return EPOCH + instant * MICROSECOND


def wall_to_utc(zone: tzinfo, wall: datetime) -> datetime:
    """The instant at which clocks in `zone` show the naive time `wall`.

    In an overlap the first of the two instants. In a gap the time is read with the
    offset before the gap: where 02:00 jumps to 03:00, 02:30 is the instant shown as
    03:30, and 24:00 before a jump at midnight is 01:00.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_us(zone: tzinfo, day: date, second: int) -> int:
    """`wall_to_utc` of a second of `day`; 86,400 and more reach past midnight."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return to_us(midnight + timedelta(seconds=second) if second else midnight)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The union of the spans: sorted, apart from each other, none empty."""
    union: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if union and begin <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((begin, end))
    return union


def subtract(spans: Iterable[Span], cuts: list[Span]) -> Iterator[Span]:
    """The spans less the cuts; both sorted and apart, as `merge` returns them."""
    first = 0
    for begin, end in spans:
        rest = begin
        while first < len(cuts) and cuts[first][1] <= begin:
            first += 1
        for cut_begin, cut_end in cuts[first:]:
            if cut_begin >= end:
                break
            if cut_begin > rest:
                yield rest, cut_begin
            rest = cut_end
        if rest < end:
            yield rest, end
