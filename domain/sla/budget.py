"""The one place that knows how a budget of time is used up.

Everything asks these four questions and nothing else measures time: when is the
budget used up (`due_at`), until when is it not exceeded (`breach_at`), how much is
used (`elapsed`), and which instant lies so much before (`back`). Today a budget runs
on wall time less pauses; business calendars come in here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Span:
    """Half-open: `start <= t < end`; an open end is still running."""

    start: datetime
    end: datetime | None = None


def _closed(pauses: Sequence[Span], end: datetime) -> list[tuple[datetime, datetime]]:
    """The union of the pauses before `end`, in order, without overlaps."""
    merged: list[tuple[datetime, datetime]] = []
    for span in sorted(pauses, key=lambda s: s.start):
        stop = min(span.end or end, end)
        if stop <= span.start:
            continue
        if merged and span.start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((span.start, stop))
    return merged


def elapsed(start: datetime, end: datetime, pauses: Sequence[Span] = ()) -> timedelta:
    """Counted time in `[start, end)`, less the union of the pauses; never negative."""
    if end <= start:
        return timedelta(0)
    lost = sum(
        (
            stop - max(begin, start)
            for begin, stop in _closed(pauses, end)
            if stop > start
        ),
        timedelta(0),
    )
    return end - start - lost


def due_at(
    start: datetime, budget: timedelta, pauses: Sequence[Span] = ()
) -> datetime | None:
    """The first instant at which the budget is used; None while a pause has no end."""
    due = start + budget
    for span in sorted(pauses, key=lambda s: s.start):
        if span.start >= due:
            break
        if span.end is None:
            return None
        due += max(span.end - max(span.start, start), timedelta(0))
    return due


def breach_at(
    start: datetime, budget: timedelta, pauses: Sequence[Span] = ()
) -> datetime | None:
    """The last instant at which the budget is not exceeded.

    On wall time it is `due_at`, unless a pause starts exactly there: then the budget
    stays used but not exceeded until the pause ends.
    """
    due = due_at(start, budget, pauses)
    for span in sorted(pauses, key=lambda s: s.start):
        if due is not None and span.start == due:
            return span.end
    return due


def back(
    start: datetime, due: datetime, before: timedelta, pauses: Sequence[Span] = ()
) -> datetime | None:
    """The instant at which `before` was still left until `due`; None if that is
    not after `start` (a warning five minutes before a target of three seconds).
    """
    budget = elapsed(start, due, pauses) - before
    return due_at(start, budget, pauses) if budget > timedelta(0) else None
