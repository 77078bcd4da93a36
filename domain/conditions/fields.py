"""The fields for conditions, and their values at one moment."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.conditions.condition import ATTRIBUTE, Value
from domain.event import Json

TICKET_FIELDS = (
    "type", "channel", "tier", "priority", "customer", "team", "product_area", "tags",
    "opened_by", ATTRIBUTE,
)  # fmt: skip
"""The ticket's properties: rules match on these."""
STATE_FIELDS = (
    "status", "finished", "paused", "pause_reason", "assignee", "answered",
    "awaiting_reply", "customer_wrote", "reopened",
)  # fmt: skip
"""Its status."""
EVENT_FIELDS = (
    "event", "reply", "customer_message", "author_kind", "author_id", "author_role",
    "visibility", "message_channel", "auto_reply", "team_changed", "assignee_changed",
)  # fmt: skip
"""What just happened to it."""
FIELDS = (*TICKET_FIELDS, *STATE_FIELDS, *EVENT_FIELDS)


class TicketFields(NamedTuple):
    """Attributes are read when needed: a ticket may have dozens of them, and rules use
    few.
    """

    named: dict[str, Value]
    attributes: Json

    def get(self, name: str, /) -> Value:
        value = self.named.get(name)
        if value is None and name.startswith(ATTRIBUTE):
            return _value(self.attributes.get(name.removeprefix(ATTRIBUTE)))
        return value

    def but(self, **named: Value) -> "TicketFields":
        return TicketFields({**self.named, **named}, self.attributes)


def _value(value: object) -> Value:
    """An attribute may be any JSON; conditions compare words, numbers, lists of
    words.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Iterable) and not isinstance(value, dict):
        return tuple(str(word) for word in value)
    return str(value)
