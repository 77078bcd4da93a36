"""An evaluation of a calendar: its result for one start, one budget or end, and pauses.

Nothing is stored. The range is limited, because anybody may request it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from domain.calendar import timeline
from domain.calendar.business_time import Segment, breach_at, due_at, elapsed
from domain.calendar.calendar import Calendar
from domain.calendar.instants import FOREVER, from_us, merge, subtract, to_us
from domain.calendar.span import Span
from domain.documents.fields import FIRST_YEAR, LAST_YEAR
from domain.duration import LONGEST
from domain.errors import FieldError, InvalidError

MAX_SEGMENTS = 5_000


@dataclass(frozen=True, kw_only=True)
class Question:
    """Exactly one of `budget` (answers the instants) and `end` (answers `elapsed`)."""

    start: datetime
    budget: timedelta | None = None
    end: datetime | None = None
    pauses: Sequence[Span] = ()


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`segments` are business time less the pauses; `cut`: there are more of them. No
    `due_at`: a pause without an end comes first.
    """

    due_at: datetime | None = None
    breach_at: datetime | None = None
    elapsed: timedelta | None = None
    segments: tuple[Segment, ...] = ()
    cut: bool = False


def try_out(calendar: Calendar | None, asked: Question) -> Trial:
    """Raises InvalidError with a pointer into the question."""
    if errors := tuple(_faults(asked)):
        raise InvalidError(errors)
    start, end, pauses = asked.start, asked.end, asked.pauses
    if end is not None:
        used = elapsed(calendar, start, end, pauses)
        return _with_segments(Trial(elapsed=used), calendar, asked, end)
    assert asked.budget is not None
    due = due_at(calendar, start, asked.budget, pauses)
    held = [pause.start for pause in pauses if pause.end is None]
    until = due or min(held, default=None)
    if until is None or until > start + LONGEST:
        message = "is not used up within five years of the start"
        raise InvalidError.at("/budget", message)
    breach = breach_at(calendar, start, asked.budget, pauses)
    return _with_segments(Trial(due_at=due, breach_at=breach), calendar, asked, until)


def _with_segments(
    trial: Trial, calendar: Calendar | None, asked: Question, end: datetime
) -> Trial:
    business = timeline.spans(calendar, to_us(asked.start), to_us(end))
    pauses = merge(
        (to_us(a), FOREVER if b is None else to_us(b)) for a, b in asked.pauses
    )
    pieces = list(islice(subtract(business, pauses), MAX_SEGMENTS + 1))
    segments = (Segment(from_us(a), from_us(b)) for a, b in pieces[:MAX_SEGMENTS])
    cut = len(pieces) > MAX_SEGMENTS
    return replace(trial, segments=tuple(segments), cut=cut)


def _faults(asked: Question) -> Iterator[FieldError]:
    start, end = asked.start, asked.end
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        message = f"must be in the years {FIRST_YEAR} to {LAST_YEAR}"
        yield FieldError("/start", message)
    elif end is not None and not start <= end <= start + LONGEST:
        yield FieldError("/end", "must be within five years after the start")
    if asked.budget is None and end is None:
        yield FieldError("/budget", "give either `budget` or `end`")
    if asked.budget is not None and end is not None:
        yield FieldError("/end", "give either `budget` or `end`, not both")
    if asked.budget is not None and not timedelta(0) <= asked.budget <= LONGEST:
        yield FieldError("/budget", "must be from zero to five years")
    for index, pause in enumerate(asked.pauses):
        if pause.end is not None and pause.end < pause.start:
            yield FieldError(f"/pauses/{index}/to", "is before `from`")
