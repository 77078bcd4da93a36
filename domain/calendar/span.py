"""A span of time in which a clock is paused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Span:
    """Half-open: `start <= t < end`; without an end it is still running."""

    start: datetime
    end: datetime | None = None

    def __iter__(self) -> Iterator[Any]:
        yield self.start
        yield self.end


def is_open(spans: tuple[Span, ...]) -> bool:
    """Whether the last one is still running."""
    return bool(spans) and spans[-1].end is None


def ended(spans: tuple[Span, ...], at: datetime) -> tuple[Span, ...]:
    """The spans with the last one closed at `at`, if it was running."""
    if not is_open(spans):
        return spans
    return (*spans[:-1], Span(spans[-1].start, at))
