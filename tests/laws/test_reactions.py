"""What the rules make of what happened is one table, the same for every way in."""

from hypothesis import given

from domain.ticket.draft import Draft
from domain.ticket.reactions import REACTIONS, react
from tests.laws.test_any_history import COMMANDS, MOMENT, told
from tests.laws.test_offers import LIFE, SHORT, arounds, moments


def test_the_order_of_the_reactions_is_a_decision():
    """Who holds the ticket is settled before its promises are asked."""
    assert [reaction.__name__ for reaction in REACTIONS] == [
        "_queue",
        "_follow_promises",
        "_retry_waiting_steps",
        "_reroute_approvals",
    ]


def again(story, at):
    draft = Draft(story.ticket.id, story.ticket)
    react(draft, draft.mark(), at, story.world.handed(None, story.ticket))
    return draft.steps


@given(COMMANDS)
@MOMENT
def test_the_rules_have_nothing_to_add_to_what_they_made(commands):
    story = told(commands)
    assert again(story, story.ticket.updated_at) == []


@given(arounds(), LIFE)
@SHORT
def test_nor_has_who_looks_for_somebody_to_take_it(around, life):
    for story, _ in moments(around, life):
        queue = story.ticket.queue
        if queue is None or queue.waiting is None:
            assert again(story, story.ticket.updated_at) == []
