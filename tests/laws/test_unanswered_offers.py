"""Any history of offers ends."""

from datetime import timedelta

from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from domain.assignment.commands import DeclineOffer
from domain.assignment.facts import AssignmentOffered
from domain.lifecycle.facts import TicketAssigned
from domain.ticket.enforce import next_alarm
from tests.domain.assignment.test_unanswered_offers import TO_SECOND
from tests.support.dsl import NOON, Story, world

PEOPLE = ("ann", "bo", "chen", "mia")
TERMS = st.fixed_dictionaries(
    {"mode": st.just("offer")},
    optional={
        "offer_rounds": st.integers(1, 9),
        "offer_timeout": st.sampled_from(["1s", "2m", "3h"]),
        "longest_pause": st.sampled_from(["1s", "7m", "2h"]),
        "strategy": st.sampled_from(["least_loaded", "round_robin", "longest_idle"]),
    },
)
MEMBERS = st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3)


@st.composite
def arounds(draw):
    """Two teams, of which one may go on to the other, with leads and full people."""
    capacity = st.one_of(st.none(), st.integers(0, 2))
    agents = {n: {"name": n, "capacity": draw(capacity)} for n in PEOPLE}
    teams = {}
    for name in ("third", "second"):
        routing = draw(TERMS)
        if teams and draw(st.booleans()):
            routing["overflow"] = {"after": "1h", "team": "third"}
        lead = draw(st.one_of(st.none(), st.sampled_from(PEOPLE)))
        teams[name] = {"members": draw(MEMBERS), "lead": lead, "assignment": routing}
    loads = draw(st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 2)))
    return world(agents=agents, teams=teams, loads=loads)


FEW = settings(max_examples=80)
DECLINES = st.lists(st.booleans(), max_size=12)


def lived(made, declines):
    """Each offer in turn is declined at once, or runs out."""
    story, at = Story(made).when("0s", TO_SECOND), NOON
    for declined in declines:
        offer = story.ticket.queue and story.ticket.queue.offer
        if offer and declined:
            story.when(at, DeclineOffer(agent=offer.agent, reason="no"))
        at += timedelta(minutes=3)
        story.enforce(at)
    return story


@given_any(arounds(), DECLINES)
@FEW
def test_any_history_of_offers_ends(made, declines):
    story = lived(made, declines).enforce(NOON + timedelta(days=90))
    assert next_alarm(story.ticket) is None
    queue = story.ticket.queue
    assert queue is None or (queue.offer is None and queue.waiting)
    most = sum(t.routing.offer_rounds * 3 + 1 for t in made.directory.teams.values())
    assert len(story.all(AssignmentOffered)) <= most


@given_any(arounds(), DECLINES)
@FEW
def test_nobody_is_offered_more_than_fits(made, declines):
    for event in lived(made, declines).enforce(NOON + timedelta(days=9)).events:
        if isinstance(event.fact, AssignmentOffered | TicketAssigned):
            agent = made.directory.agents.get(event.fact.agent)
            if agent is not None and agent.capacity is not None:
                # The one ticket of the story weighs 1.
                assert made.directory.load(agent.id) + 1 <= max(agent.capacity, 1)
                assert agent.capacity > 0


@given_any(arounds(), DECLINES)
@FEW
def test_folded_once_more_it_is_the_same(made, declines):
    story = lived(made, declines).enforce(NOON + timedelta(days=9))
    assert story.folded() == story.ticket
