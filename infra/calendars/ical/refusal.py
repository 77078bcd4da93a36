"""What is wrong with an iCalendar text, as an answer to who sent it."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import InvalidError

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the two libraries raise for text that is not what it says it is."""


class IcalError(ValueError):
    """What the text asks for is not taken."""


@contextmanager
def refusing(pointer: str) -> Iterator[None]:
    """InvalidError in the place of whatever reading a text raises."""
    try:
        yield
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        message = f"is no iCalendar text that can be used: {reason}"
        raise InvalidError.at(pointer, message) from error
