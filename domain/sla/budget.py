"""The one place that knows how a budget of time is used up.

Everything asks these four questions and nothing else measures time: when is the
budget used up (`due_at`), until when is it not exceeded (`breach_at`), how much is
used (`elapsed`), and which instant lies so much before (`back`). Today a budget runs
on wall time less pauses; business calendars come in here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NONE = timedelta(0)


@dataclass(frozen=True)
class Span:
    """Half-open: `start <= t < end`; an open end is still running."""

    start: datetime
    end: datetime | None = None


def _merged(pauses: Sequence[Span]) -> list[Span]:
    """Their union in order: neither overlapping nor touching, the last maybe open."""
    merged: list[Span] = []
    for span in sorted(pauses, key=lambda s: s.start):
        if span.end is not None and span.end <= span.start:
            continue
        last = merged[-1] if merged else None
        if last is None or (last.end is not None and last.end < span.start):
            merged.append(span)
        elif last.end is not None and (span.end is None or span.end > last.end):
            merged[-1] = Span(last.start, span.end)
    return merged


def elapsed(start: datetime, end: datetime, pauses: Sequence[Span] = ()) -> timedelta:
    """Counted time in `[start, end)`, less the union of the pauses; never negative."""
    counted = max(end - start, NONE)
    for span in _merged(pauses):
        stop = end if span.end is None else min(span.end, end)
        counted -= max(stop - max(span.start, start), NONE)
    return counted


def due_at(
    start: datetime, budget: timedelta, pauses: Sequence[Span] = ()
) -> datetime | None:
    """The first instant at which the budget is used; None while a pause has no end."""
    due = start + budget
    for span in _merged(pauses):
        if span.start >= due:
            break
        if span.end is None:
            return None
        due += max(span.end - max(span.start, start), NONE)
    return due


def breach_at(
    start: datetime, budget: timedelta, pauses: Sequence[Span] = ()
) -> datetime | None:
    """The last instant at which the budget is not exceeded.

    On wall time it is `due_at`, unless a pause starts exactly there: then the budget
    stays used but not exceeded until the pause ends.
    """
    due = due_at(start, budget, pauses)
    for span in _merged(pauses):
        if span.start == due:
            return span.end
    return due


def back(
    start: datetime, budget: timedelta, before: timedelta, pauses: Sequence[Span] = ()
) -> datetime | None:
    """The instant at which `before` was still left of the budget; None if that is not
    after `start` (a warning five minutes before a target of three seconds) or lies
    beyond a pause without an end.
    """
    return due_at(start, budget - before, pauses) if budget > before else None
