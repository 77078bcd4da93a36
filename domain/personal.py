"""Which fields of a fact are personal data, and what stands where one can't be read.

A field is marked by its type: `Personal[str]`. The event store encrypts it with a key
of the person it is about (`Meta.data_subject`) before the event is written.
"""

from typing import Annotated, TypeVar

T = TypeVar("T")


class PersonalMark:
    """The mark of a personal field."""


PERSONAL = PersonalMark()
Personal = Annotated[T, PERSONAL]

ERASED = "[erased]"
"""Stands in every personal field of a person whose key was destroyed."""
MASKED = "[masked]"
"""Stands in a personal field for a reader who may not see it."""
