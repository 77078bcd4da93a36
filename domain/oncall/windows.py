"""What overrides, swaps and leaves have in common: a window, and that they can be
cancelled.

The past does not change: nothing is recorded for it, and what is over stays.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from domain.errors import FieldError, InvalidError, RuleError, UnknownNameError
from domain.oncall.override import Leave, Override, Swap
from domain.oncall.shifts import EARLIEST, LATEST, LONGEST_RANGE


def window_faults(
    begin: datetime, end: datetime, at: datetime, pointer: str = ""
) -> Iterator[FieldError]:
    """`at`: now."""
    if not EARLIEST <= begin < LATEST:
        yield FieldError(f"{pointer}/from", "must be in the years 1970 to 2199")
    elif not begin < end <= min(LATEST, begin + LONGEST_RANGE):
        message = f"must be after `from`, by {LONGEST_RANGE.days} days at most"
        yield FieldError(f"{pointer}/to", message)
    elif end <= at:
        yield FieldError(f"{pointer}/to", "is over: the past does not change")


def stranger_faults(
    pointer: str, person: str | None, agents: Collection[str]
) -> Iterator[FieldError]:
    if person is not None and person not in agents:
        yield UnknownNameError.of(pointer, "agent", person, agents)


def refuse_any(errors: Iterator[FieldError]) -> None:
    found = tuple(errors)
    if found:
        raise InvalidError(found)


def refuse_past(what: str, entry: Override | Swap | Leave, at: datetime) -> None:
    """Raises RuleError for what is cancelled already, or over."""
    if entry.cancelled_at is not None:
        raise RuleError(f"{what} {entry.id} is cancelled already")
    end = entry.ends if isinstance(entry, Swap) else entry.end
    if end <= at:
        raise RuleError(f"{what} {entry.id} is over: the past does not change")
