"""The possible values of each field in conditions: words of a closed list, true or
false, free words, or any text.
"""

from collections.abc import Iterator
from typing import get_args

from domain.event import Fact
from domain.lifecycle.status import STATUSES
from domain.lifecycle.words import PRIORITIES, AuthorKind, Channel, Visibility

CHANNELS: tuple[str, ...] = get_args(Channel)
AUTHOR_KINDS: tuple[str, ...] = get_args(AuthorKind)
CLOSED: dict[str, tuple[str, ...]] = {
    "channel": CHANNELS,
    "message_channel": CHANNELS,
    "priority": PRIORITIES,
    "status": STATUSES,
    "opened_by": AUTHOR_KINDS,
    "author_kind": AUTHOR_KINDS,
    "visibility": get_args(Visibility),
}
FLAGS = (
    "finished", "paused", "answered", "awaiting_reply", "customer_wrote", "reopened",
    "reply", "customer_message", "auto_reply", "team_changed", "assignee_changed",
)  # fmt: skip
OWN_WORDS = ("type", "tier", "product_area", "tags")
_FAMILIES = ("ticket", "sla", "escalation", "assignment", "approval", "feedback")


def event_types() -> tuple[str, ...]:
    """What can happen to a ticket."""
    found = {fact.topic for fact in _facts(Fact) if hasattr(fact, "topic")}
    return tuple(sorted(t for t in found if t.partition(".")[0] in _FAMILIES))


def _facts(kind: type[Fact]) -> Iterator[type[Fact]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from _facts(inner)
