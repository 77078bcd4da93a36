"""A message becomes a ticket of its own: what it keeps, and since when it counts."""

import pytest

from domain.errors import InvalidError
from domain.lifecycle.facts import TicketOpened, TicketSplit
from domain.sla.facts import SlaAttached
from domain.ticket.decide import Resolve
from domain.ticket.split import SplitTicket, split
from tests.support.dsl import CUSTOMER, Story, instant, promising

TARGETS = {"resolution": "8h"}


def given(**policy):
    """The customer wrote again after two hours, about something else."""
    return Story(promising(TARGETS, **policy)).when("2h", CUSTOMER)


def parted(story, at="3h", **wanted):
    version = next(
        e.originator_version
        for e in story.events
        if e.fact.topic == "ticket.message_added"
    )
    command = SplitTicket(**{"version": version, "number": 2, "subject": "s", **wanted})
    original, made = split(story.events, command, "t-2", instant(at), story.world)
    return original, made


def first(draft, kind):
    return next(s for s in draft.steps if isinstance(s.fact, kind))


def test_the_new_ticket_has_the_words_of_the_message():
    _, made = parted(given())
    assert first(made, TicketOpened).fact.body == CUSTOMER.body


def test_the_original_says_what_became_of_the_message():
    original, _ = parted(given())
    assert first(original, TicketSplit).fact.into == "t-2"


def test_the_new_ticket_says_where_it_came_from():
    _, made = parted(given())
    assert first(made, TicketOpened).fact.split_from.ticket_id == "t-1"


def test_its_promises_count_from_the_message():
    _, made = parted(given())
    assert first(made, SlaAttached).fact.due_at == instant("10h")


def test_its_promises_count_from_the_original_if_the_policy_says_so():
    _, made = parted(given(on_change={"split": "original"}))
    assert first(made, SlaAttached).fact.due_at == instant("8h")


def test_a_message_of_a_resolved_ticket_can_be_split_off():
    _, made = parted(given().when("150m", Resolve()))
    assert made.ticket.status == "open"


def test_what_is_no_message_cannot_be_split_off():
    with pytest.raises(InvalidError, match="/message"):
        parted(given(), version=1)
