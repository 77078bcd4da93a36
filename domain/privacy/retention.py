"""How long records are kept, by class, and a run that lets the older ones go.

`transactions`: customers, with what is known of them from their tickets. `logs`:
records of operation that are not in the log of events. Nothing goes by itself: a
person starts a run.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from domain.duration import parse_duration
from domain.errors import InvalidError
from domain.event import Event
from domain.privacy.facts import (
    RetentionApplied,
    RetentionFailed,
    RetentionRequested,
)

RunState = Literal["waiting", "running", "done", "failed"]
Verdict = Literal["due", "not_closed", "recent"]
OFF = "off"
LONGEST = timedelta(days=36_525)
"""Laws ask for ten or thirty years; more than a hundred is a typing error."""


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How long each class is kept after it was touched last; None: for ever."""

    transactions: timedelta | None
    logs: timedelta | None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What was touched last before its instant is due; None: nothing is."""

    transactions: datetime | None
    logs: datetime | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A customer by the tickets in which they occur, their own and others'. `closed`:
    every one of them is, as far as is known. `touched_at`: the last of them.
    """

    external_id: str
    tickets: int
    closed: bool
    touched_at: datetime


@dataclass(frozen=True, kw_only=True)
class RetentionRun:
    """As the log has it. Whether one that is neither done nor failed is running is not
    in the log.
    """

    id: str
    wanted: RetentionRequested
    requested_at: datetime
    requested_by: str
    applied: RetentionApplied | None = None
    error: str | None = None
    finished_at: datetime | None = None

    @property
    def periods(self) -> Periods:
        return Periods(transactions=self.wanted.transactions, logs=self.wanted.logs)


def parse_period(text: str) -> timedelta | None:
    """None for `off`. Raises ValueError with a sentence that a person can act on."""
    if text == OFF:
        return None
    length = parse_duration(text)
    if length <= timedelta(0):
        raise ValueError(f"{text!r} must be longer than zero, or {OFF!r}")
    if length > LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return length


def limits_of(periods: Periods, at: datetime) -> Limits:
    """Raises InvalidError if one lies before the calendar begins."""
    return Limits(
        transactions=_limit(periods.transactions, at), logs=_limit(periods.logs, at)
    )


def _limit(period: timedelta | None, at: datetime) -> datetime | None:
    if period is None:
        return None
    try:
        return at - period
    except OverflowError as error:
        message = "with this period it lies outside the calendar"
        raise InvalidError.at("/at", message) from error


def judged(standing: Standing, limit: datetime) -> Verdict:
    """Whether a customer is due. A ticket that is not closed is a promise to them."""
    if standing.touched_at >= limit:
        return "recent"
    return "due" if standing.closed else "not_closed"


def retention_stream(run_id: str) -> str:
    return f"retention/{run_id}"


def fold_run(events: Iterable[Event]) -> RetentionRun | None:
    found = None
    for event in events:
        match event.fact:
            case RetentionRequested() as wanted:
                found = RetentionRun(
                    id=event.originator_id.partition("/")[2],
                    wanted=wanted,
                    requested_at=event.timestamp,
                    requested_by=event.meta.actor.person,
                )
            case RetentionApplied() as applied if found:
                found = replace(found, applied=applied, finished_at=event.timestamp)
            case RetentionFailed(error=error) if found:
                found = replace(found, error=error, finished_at=event.timestamp)
            case _:
                pass
    return found
