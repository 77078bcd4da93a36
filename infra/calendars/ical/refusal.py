"""What is wrong with an iCalendar text, as an answer to the sender."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import InvalidError

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the two libraries raise for malformed text."""


class IcalError(ValueError):
    """The text uses something that is not supported."""


@contextmanager
def refusing(pointer: str) -> Iterator[None]:
    """Raises InvalidError for whatever reading a text raises."""
    try:
        yield
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        message = f"is no iCalendar text that can be used: {reason}"
        raise InvalidError.at(pointer, message) from error
