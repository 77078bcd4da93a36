"""A stretch of time divided by a calendar and the pauses of a clock.

Half-open pieces that adjoin, none empty. Where a pause and closed time overlap, the
piece is `closed`: nothing would have counted there anyway, so the pause cost nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from domain.calendar.business_time import segments
from domain.calendar.calendar import Calendar
from domain.calendar.instants import wall_to_utc
from domain.calendar.span import Span

PieceKind: TypeAlias = Literal["running", "paused", "closed", "holiday"]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """`holiday`: which date of the calendar."""

    start: datetime
    end: datetime
    kind: PieceKind
    holiday: date | None = None


def pieces(
    calendar: Calendar | None, start: datetime, end: datetime, pauses: tuple[Span, ...]
) -> Iterator[Piece]:
    """All of [start, end): the `running` ones add up to `business_time.elapsed`."""
    shut_since = start
    for opens, closes in segments(calendar, start, end):
        yield from _shut(calendar, shut_since, opens)
        yield from _open(opens, closes, pauses)
        shut_since = closes
    yield from _shut(calendar, shut_since, end)


def _open(start: datetime, end: datetime, pauses: tuple[Span, ...]) -> Iterator[Piece]:
    touching = [
        pause
        for pause in pauses
        if pause.start < end and (pause.end is None or pause.end > start)
    ]
    edges = {at for pause in touching for at in pause if at is not None}
    for begin, until in between(start, end, edges):
        paused = any(
            pause.start <= begin and (pause.end is None or until <= pause.end)
            for pause in touching
        )
        yield Piece(start=begin, end=until, kind="paused" if paused else "running")


def _shut(calendar: Calendar | None, start: datetime, end: datetime) -> Iterator[Piece]:
    """Each holiday by its own date, what lies between them as one piece."""
    if calendar is None or start >= end:
        return
    since = start
    for day, begin, until in _holidays(calendar, start, end):
        if since < begin:
            yield Piece(start=since, end=begin, kind="closed")
        yield Piece(start=begin, end=until, kind="holiday", holiday=day)
        since = until
    if since < end:
        yield Piece(start=since, end=end, kind="closed")


def _holidays(
    calendar: Calendar, start: datetime, end: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """What [start, end) has of each holiday."""
    if not (calendar.holidays or calendar.yearly):
        return
    day = start.astimezone(calendar.zone).date()
    last = end.astimezone(calendar.zone).date()
    while day <= last:
        if calendar.is_holiday(day):
            begin = max(start, _midnight(calendar, day))
            until = min(end, _midnight(calendar, day + ONE_DAY))
            if begin < until:
                yield day, begin, until
        day += ONE_DAY


def _midnight(calendar: Calendar, day: date) -> datetime:
    return wall_to_utc(calendar.zone, datetime.combine(day, time()))


def between(
    start: datetime, end: datetime, edges: set[datetime]
) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) cut at those of the edges that lie within."""
    since = start
    for edge in (*sorted(at for at in edges if start < at < end), end):
        yield since, edge
        since = edge
