"""What each event changed in a document that follows from the events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from domain.documents.diff import Difference, differences
from domain.event import Event, Json


@dataclass(frozen=True, kw_only=True)
class Change:
    difference: Difference
    event: Event


def changes(
    before: Json | None, after: Iterable[tuple[Event, Json]]
) -> Iterator[Change]:
    """`after`: each event and the document that it left. Made in this order on the
    document `before`, they give the last one. None: there was no document yet.
    """
    known: Any = before
    for event, document in after:
        for difference in differences(known, document):
            yield Change(difference=difference, event=event)
        known = document
