"""One moment of a ticket as fields, for conditions to ask about: what it is, where it
stands, and what just happened. The names are listed in `sla.metric`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from domain.conditions.condition import ATTRIBUTE, Value
from domain.event import Fact, Json
from domain.lifecycle.facts import TicketAbsorbed, TicketMessageAdded
from domain.sla.reply import Replies
from domain.ticket.ticket import Ticket, reply_author


class TicketFields(NamedTuple):
    """Attributes are read when they are asked for: a ticket may have dozens of them,
    and rules ask about few.
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


class Moment(NamedTuple):
    """`before`: None at the opening. `facts`: what happened since."""

    before: Ticket | None
    ticket: Ticket
    facts: tuple[Fact, ...]

    def fields(self, replies: Replies) -> TicketFields:
        named = _named_fields(self.ticket)
        named |= _state_fields(self.ticket, replies)
        named |= self._event_fields(replies)
        return TicketFields(named, self.ticket.attributes)

    def happened(self, *kinds: type[Fact]) -> bool:
        return any(isinstance(fact, kinds) for fact in self.facts)

    def _event_fields(self, replies: Replies) -> dict[str, Value]:
        team = self.before.team if self.before else None
        assignee = self.before.assignee if self.before else None
        found: dict[str, Value] = {
            "event": tuple(fact.topic for fact in self.facts),
            "reply": False,
            "customer_message": self.before is None
            and self.ticket.opened_by == "customer",
            "team_changed": team != self.ticket.team,
            "assignee_changed": assignee != self.ticket.assignee,
        }
        for fact in self.facts:
            if isinstance(fact, TicketAbsorbed) and fact.awaits_reply:
                found["customer_message"] = True
            if isinstance(fact, TicketMessageAdded):
                found |= _message_fields(fact, self.ticket, replies)
        return found


def _message_fields(
    fact: TicketMessageAdded, ticket: Ticket, replies: Replies
) -> dict[str, Value]:
    author, spoken = fact.author, reply_author(fact, ticket)
    public = fact.visibility == "public"
    return {
        "author_kind": author.kind,
        "author_id": author.id,
        "author_role": author.role,
        "visibility": fact.visibility,
        "message_channel": spoken.channel,
        "auto_reply": fact.automatic,
        "customer_message": public and author.kind == "customer",
        "reply": public and replies.count(spoken),
    }


def ticket_fields(ticket: Ticket) -> TicketFields:
    return TicketFields(_named_fields(ticket), ticket.attributes)


def _named_fields(ticket: Ticket) -> dict[str, Value]:
    return {
        "type": ticket.type,
        "channel": ticket.channel,
        "tier": ticket.customer.tier,
        "priority": ticket.priority,
        "customer": ticket.customer.external_id,
        "team": ticket.team,
        "product_area": ticket.product_area,
        "tags": ticket.tags,
        "opened_by": ticket.opened_by,
    }


def _state_fields(ticket: Ticket, replies: Replies) -> dict[str, Value]:
    return {
        "status": ticket.status,
        "finished": ticket.finished,
        "paused": ticket.pause is not None,
        "pause_reason": ticket.pause.reason if ticket.pause else None,
        "assignee": ticket.assignee,
        "answered": ticket.answered(replies),
        "awaiting_reply": ticket.awaiting(replies),
        "customer_wrote": ticket.customer_wrote,
        "reopened": ticket.reopen_count > 0,
    }


def _value(value: object) -> Value:
    """An attribute may be any JSON; conditions know words, numbers, lists of words."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Iterable) and not isinstance(value, dict):
        return tuple(str(word) for word in value)
    return str(value)
