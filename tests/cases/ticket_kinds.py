"""Drivers for the kinds of case that a ticket answers: played through the engine."""

from tests.cases.model import Answer, Case
from tests.cases.ticket_answers import answer
from tests.cases.ticket_story import TicketStory, of_hours

MONTH_H = 30 * 24
MEASURED = {
    "metrics": ("response", "resolution", "waiting_on_agent"),
    "state_machine": ("requester_wait", "agent_work"),
}


def ticket(case: Case) -> Answer:
    return answer(TicketStory(case))


def measured(case: Case) -> Answer:
    """Nothing is promised, but measured: a clock needs a target all the same."""
    return answer(measured_story(case))


def measured_story(case: Case) -> TicketStory:
    more = {m: of_hours(m, MONTH_H) for m in MEASURED[case["kind"]]}
    return TicketStory(case, more)
