"""One moment of a ticket as fields for conditions: the ticket's properties, its status,
and what just happened. The names are listed in `conditions.fields`.
"""

from typing import NamedTuple

from domain.conditions.condition import Value
from domain.conditions.fields import TicketFields
from domain.event import Fact
from domain.lifecycle.facts import TicketAbsorbed, TicketMessageAdded
from domain.sla.ports import ConditionTicket, SlaTicket
from domain.sla.reply import Replies, reply_author


class Moment(NamedTuple):
    """`before`: None at the opening. `facts`: what happened since."""

    before: SlaTicket | None
    ticket: SlaTicket
    facts: tuple[Fact, ...]

    def fields(self, replies: Replies) -> TicketFields:
        return state_fields(self.ticket, replies).but(**self._event_fields(replies))

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


def ticket_fields(ticket: ConditionTicket) -> TicketFields:
    """The ticket's properties."""
    named: dict[str, Value] = {
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
    return TicketFields(named, ticket.attributes)


def state_fields(ticket: ConditionTicket, replies: Replies) -> TicketFields:
    """The ticket's properties and its status."""
    return ticket_fields(ticket).but(
        status=ticket.status,
        finished=ticket.finished,
        paused=ticket.pause is not None,
        pause_reason=ticket.pause.reason if ticket.pause else None,
        assignee=ticket.assignee,
        answered=ticket.answered(replies),
        awaiting_reply=ticket.awaiting(replies),
        customer_wrote=ticket.customer_wrote,
        reopened=ticket.reopen_count > 0,
    )


def _message_fields(
    fact: TicketMessageAdded, ticket: ConditionTicket, replies: Replies
) -> dict[str, Value]:
    author, reply = fact.author, reply_author(fact, ticket)
    public = fact.visibility == "public"
    return {
        "author_kind": author.kind,
        "author_id": author.id,
        "author_role": author.role,
        "visibility": fact.visibility,
        "message_channel": reply.channel,
        "auto_reply": fact.automatic,
        "customer_message": public and author.kind == "customer",
        "reply": public and replies.count(reply),
    }
