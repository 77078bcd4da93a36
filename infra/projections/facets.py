"""The fields that a filter can use, for example `team=billing`: one index serves any
combination of filters.
"""

import unicodedata
from collections.abc import Iterator

from domain.sla.clock import Clock
from domain.ticket.ticket import Ticket

NOBODY = "none"


def facet(name: str, value: str) -> str:
    return f"{name}={unicodedata.normalize('NFC', value)}"


def facets(ticket: Ticket) -> list[str]:
    named = {
        "status": ticket.status,
        "team": ticket.team or NOBODY,
        "assignee": ticket.assignee or NOBODY,
        "tier": ticket.customer.tier,
        "type": ticket.type,
        "channel": ticket.channel,
        "customer": ticket.customer.external_id,
        "priority": ticket.priority,
        "product_area": ticket.product_area or NOBODY,
        "promised": str(promised(ticket)).lower(),
    }
    found = {facet(name, value) for name, value in named.items()}
    found |= {facet("tag", tag) for tag in ticket.tags}
    found |= {facet("clock_state", state) for state in _clock_states(ticket)}
    return sorted(found)


def _clock_states(ticket: Ticket) -> Iterator[str]:
    yield from (clock.state for clock in ticket.clocks)
    if broken(ticket):
        yield "breached"


def broken(ticket: Ticket) -> bool:
    """It is open, and a promise was breached; the clock may still run."""
    return not ticket.finished and any(c.broken for c in ticket.clocks)


def promised(ticket: Ticket) -> bool:
    """It has or had a promise that was not withdrawn."""
    kept = any(clock.state != "cancelled" for clock in ticket.clocks)
    return kept or bool(ticket.promises)


def shown_clocks(ticket: Ticket) -> list[dict[str, object]]:
    """The last clock of each metric, as lists show it."""
    last: dict[str, Clock] = {clock.metric: clock for clock in ticket.clocks}
    return [
        {
            "metric": clock.metric,
            "cycle": clock.cycle,
            "state": clock.state,
            "due_at": clock.due_at,
            "breached_at": clock.breached_at,
        }
        for clock in last.values()
    ]
