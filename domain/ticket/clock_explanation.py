"""Why a clock of a ticket is in its state, by the ticket's history."""

from collections.abc import Sequence
from datetime import datetime

from domain.event import Event
from domain.sla import explanation
from domain.sla.explanation import Explanation
from domain.sla.timesheet import CalendarOf
from domain.ticket.evolve import states


def explain(
    events: Sequence[Event], key: str, calendar_of: CalendarOf, at: datetime
) -> Explanation:
    """The clock `metric/cycle` as of `at`; `metric` alone means its last cycle. Raises
    NotFoundError if the ticket had no such clock by then.
    """
    known = [event for event in events if event.timestamp <= at]
    return explanation.explain(known, tuple(states(known)), key, calendar_of, at)
