"""A ticket for a reader who may not see personal fields."""

from collections.abc import Iterable, Mapping

from domain.copies import replace
from domain.personal import ERASED, MASKED
from domain.ticket.ticket import Ticket


def masked_ticket(ticket: Ticket) -> Ticket:
    """An erased field stays erased."""
    customer, attributes = ticket.customer, ticket.attributes
    contacts = customer.contacts
    return replace(
        ticket,
        subject=_masked(ticket.subject),
        customer=replace(
            customer,
            name=None if customer.name is None else _masked(customer.name),
            contacts=contacts | _over(contacts, contacts),
        ),
        attributes=attributes | _over(attributes, ticket.personal_attributes),
    )


def _over(values: Mapping[str, object], names: Iterable[str]) -> dict[str, str]:
    return {name: _masked(values[name]) for name in names if name in values}


def _masked(value: object) -> str:
    return ERASED if value == ERASED else MASKED
