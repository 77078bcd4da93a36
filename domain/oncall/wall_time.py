"""Wall-clock times as instants: a time occurs twice in autumn, and some never in
spring.

Hand-offs and openings take the first of two instants, closings the last: an hour that
occurs twice is then covered by both sides, never by neither. A time that does not exist
is the first instant after the gap, not the time shown an hour later as in the calendars
of `domain.sla`: a person who takes over at 02:30 takes over when the clocks jump to
03:00.
"""

from datetime import datetime, tzinfo

from domain.calendar.instants import SECOND_US, from_us, to_us


def first_instant(zone: tzinfo, wall: datetime) -> int:
    """The first instant at which clocks in `zone` show the naive time `wall`."""
    shown = wall.replace(tzinfo=zone)
    first, second = to_us(shown), to_us(shown.replace(fold=1))
    return first if first <= second else _gap_end(zone, second, first)


def last_instant(zone: tzinfo, wall: datetime) -> int:
    shown = wall.replace(tzinfo=zone)
    first, second = to_us(shown), to_us(shown.replace(fold=1))
    return second if first <= second else _gap_end(zone, second, first)


def wall_at(zone: tzinfo, instant: int) -> datetime:
    """The naive time that clocks in `zone` show at that instant."""
    return from_us(instant).astimezone(zone).replace(tzinfo=None)


def _gap_end(zone: tzinfo, before: int, after: int) -> int:
    """Where between the two the offset changes; zones change at whole seconds."""
    low, high = before // SECOND_US, after // SECOND_US
    was = from_us(before).astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if from_us(middle * SECOND_US).astimezone(zone).utcoffset() == was:
            low = middle
        else:
            high = middle
    return high * SECOND_US
