"""An offer that nobody answers ends: rounds that grow, then the next team, then the
lead, then a fact that says so; and it goes on when somebody comes.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.assignment.commands import AcceptOffer, DeclineOffer, OfferNext
from domain.assignment.facts import (
    AssignmentOffered,
    AssignmentUnanswered,
    AssignmentWaiting,
)
from domain.documents.reader import Reader
from domain.errors import InvalidError, RuleError
from domain.notification.audience import tellings
from domain.notification.urgency import notification_reasons
from domain.oncall.override import Leave
from domain.people.routing import read_routing
from domain.ticket.decide import Assign
from domain.ticket.enforce import next_alarm
from tests.support.dsl import AGENTS, NOON, Story, instant, published, world
from tests.support.offers import TO_SECOND, offered


def around(teams=None, agents=AGENTS, lead=None, members=("bo", "chen"), **routing):
    second = {"members": [*members], "assignment": {"mode": "offer", **routing}}
    if lead:
        second["lead"] = lead
    return world(agents=agents, teams={**(teams or {}), "second": second})


def given(*args, **routing):
    return Story(around(*args, **routing)).when("0s", TO_SECOND)


def changed(story, **document):
    config = published(story.world.config, "teams", "second", document)
    story.world = replace(story.world, config=config, directory=config.directory)
    return story


def test_three_days_unanswered_are_fewer_than_sixty_events_and_messages_end():
    story = given(lead="mia").enforce("72h")
    assert len(story.events) < 60
    offers = [e for e in story.events if isinstance(e.fact, AssignmentOffered)]
    assert max(e.timestamp for e in offers) < instant("2h")
    urgent = [o for e in story.events for o in notification_reasons(upto(story, e))]
    assert max(o.at for o in urgent if o.urgency == "high") < instant("2h")


def upto(story, event):
    return story.events[: event.originator_version]


def test_each_pause_is_twice_as_long_as_the_one_before():
    story = given(offer_rounds=5).enforce("9h")
    said = [e for e in story.events if isinstance(e.fact, AssignmentWaiting)]
    pauses = [e.fact.again_at - e.timestamp for e in said]
    assert pauses == [timedelta(minutes=m) for m in (2, 4, 8, 16)]


def test_no_pause_is_longer_than_the_longest():
    story = given(offer_rounds=4, longest_pause="5m").enforce("9h")
    said = [e for e in story.events if isinstance(e.fact, AssignmentWaiting)]
    pauses = [e.fact.again_at - e.timestamp for e in said]
    assert pauses == [timedelta(minutes=m) for m in (2, 4, 5)]


def test_everybody_is_asked_so_often_and_no_more():
    assert offered(given(offer_rounds=3).enforce("99h")) == ["bo", "chen"] * 3


def test_that_nobody_took_it_is_a_fact_that_says_how_often_who_was_asked():
    story = given(offer_rounds=1).enforce("99h")
    fact = story.one(AssignmentUnanswered)
    assert (fact.team, fact.rounds) == ("second", 1)
    assert fact.reason == (
        "nobody in second took it: every available member was asked once"
    )
    assert {c.agent: c.reason for c in fact.candidates}["chen"] == "did not answer"


def test_it_waits_in_sight_and_nothing_more_is_due():
    story = given().enforce("99h")
    assert story.ticket.queue.waiting.startswith("nobody in second took it")
    assert next_alarm(story.ticket) is None


def test_who_declines_at_once_gives_the_others_no_peace_of_twice_as_many_rounds():
    story, at = given(offer_rounds=2), NOON
    for _ in range(9):
        if offer := story.ticket.queue.offer:
            story.when(at, DeclineOffer(agent=offer.agent, reason="no"))
        at += timedelta(minutes=1)
        story.enforce(at)
    assert offered(story) == ["bo", "chen"] * 2
    story.one(AssignmentUnanswered)


THIRD = {"members": ["ann"], "assignment": {"mode": "offer", "offer_rounds": 1}}


def test_after_the_last_round_it_goes_to_the_next_team_at_once():
    overflow = {"after": "9h", "team": "third"}
    story = given({"third": THIRD}, offer_rounds=1, overflow=overflow).enforce("5m")
    assert story.ticket.team == "third"
    assert offered(story) == ["bo", "chen", "ann"]


def test_where_the_next_team_takes_it_neither_it_ends_there():
    overflow = {"after": "9h", "team": "third"}
    story = given({"third": THIRD}, offer_rounds=1, overflow=overflow).enforce("99h")
    assert story.one(AssignmentUnanswered).team == "third"


def test_the_next_team_may_assign_by_hand():
    by_hand = {"members": ["ann"]}
    overflow = {"after": "9h", "team": "third"}
    story = given({"third": by_hand}, offer_rounds=1, overflow=overflow).enforce("9h")
    assert (story.ticket.team, story.ticket.queue) == ("third", None)


def test_the_lead_is_asked_after_the_last_round_and_once():
    story = given(offer_rounds=2, lead="mia").enforce("99h")
    assert offered(story) == ["bo", "chen"] * 2 + ["mia"]


def test_the_lead_may_take_it():
    story = given(offer_rounds=1, lead="mia").enforce("4m")
    assert story.when("5m", AcceptOffer(agent="mia")).ticket.assignee == "mia"


def test_a_lead_who_is_asked_keeps_the_offer_when_somebody_may_be_free():
    story = given(offer_rounds=1, lead="mia").enforce("4m").when("5m", OfferNext())
    assert story.ticket.queue.offer.agent == "mia"


def test_a_lead_who_is_a_member_was_asked_with_the_others():
    story = given(offer_rounds=1, lead="bo").enforce("99h")
    assert offered(story) == ["bo", "chen"]


@pytest.mark.parametrize("mia", [{"active": False}, {"capacity": 0}])
def test_a_lead_who_cannot_take_it_is_not_asked_and_it_is_said_why(mia):
    agents = {**AGENTS, "mia": {"name": "Mia", **mia}}
    story = given(agents=agents, offer_rounds=1, lead="mia").enforce("99h")
    assert offered(story) == ["bo", "chen"]
    assert "mia" in [c.agent for c in story.one(AssignmentUnanswered).candidates]


def test_the_lead_hears_that_nobody_took_it():
    story = given(offer_rounds=1, lead="mia").enforce("99h")
    about = [t for t in tellings(story.events) if t.cause == "unanswered"]
    assert [(t.person, t.reason) for t in about] == [("mia", "leads second")]


def test_who_was_asked_may_still_take_it():
    story = given(offer_rounds=1).enforce("99h")
    story.when("100h", AcceptOffer(agent="chen"))
    assert story.ticket.assignee == "chen"


def test_who_was_not_asked_may_not():
    story = given(offer_rounds=1).enforce("99h")
    with pytest.raises(RuleError):
        story.when("100h", AcceptOffer(agent="ann"))


def test_who_joins_the_team_is_asked_then():
    story = given(offer_rounds=1).enforce("99h")
    routing = {"mode": "offer", "offer_rounds": 1}
    changed(story, members=["bo", "chen", "ann"], assignment=routing)
    assert offered(story.when("100h", OfferNext()))[2:] == ["ann"]


def test_with_other_terms_of_the_team_it_begins_again():
    story = given(offer_rounds=1).enforce("99h")
    routing = {"mode": "offer", "offer_rounds": 2}
    changed(story, members=["bo", "chen"], assignment=routing)
    story.when("100h", OfferNext()).enforce("999h")
    assert offered(story) == ["bo", "chen"] * 3
    assert [f.rounds for f in story.all(AssignmentUnanswered)] == [1, 2]


def test_in_another_team_it_begins_again():
    story = given({"third": THIRD}, offer_rounds=1).enforce("99h")
    assert offered(story.when("100h", Assign(team="third")))[-1] == "ann"


def test_with_the_same_terms_it_does_not_begin_again():
    story = given(offer_rounds=1).enforce("99h").when("100h", OfferNext())
    assert offered(story) == ["bo", "chen"]


def away(story, person, begin, end):
    leave = Leave(person=person, begin=instant(begin), end=instant(end))
    oncall = replace(story.world.oncall, leaves={person: (leave,)})
    story.world = replace(story.world, oncall=oncall)
    return story


def test_who_comes_back_from_leave_is_asked_at_that_instant():
    story = away(Story(around(offer_rounds=1)), "chen", "0s", "50h")
    story.when("0s", TO_SECOND).enforce("49h")
    assert offered(story) == ["bo"]
    assert offered(story.enforce("50h")) == ["bo", "chen"]


def test_a_member_of_whom_nothing_new_is_true_is_not_named_again():
    agents = {**AGENTS, "ann": {"name": "Ann", "active": False}}
    story = given(agents=agents, members=("bo", "chen", "ann")).enforce("9h")
    first, *others = story.all(AssignmentOffered)
    assert {c.agent for c in first.candidates} == {"bo", "chen", "ann"}
    assert not any(c.agent == "ann" for f in others for c in f.candidates)
    known = {c.agent: c.reason for c in story.ticket.queue.candidates}
    assert known["ann"] == "not active"


def test_whoever_is_chosen_is_named_with_the_reason():
    for fact in given(offer_rounds=3, lead="mia").enforce("9h").all(AssignmentOffered):
        assert [c.agent for c in fact.candidates if c.chosen] == [fact.agent]


def test_that_both_are_full_is_said():
    agents = {name: {"name": name, "capacity": 0} for name in AGENTS}
    assert given(agents=agents).ticket.queue.waiting == (
        "nobody in second can take it now: 2 members: both full"
    )


def test_that_one_is_full_and_one_away_is_said():
    agents = {**AGENTS, "bo": {"name": "Bo", "capacity": 0}}
    story = away(Story(around(agents=agents)), "chen", "0s", "5h")
    story.when("0s", TO_SECOND)
    assert story.ticket.queue.waiting.endswith("2 members: 1 full, 1 on leave")


@pytest.mark.parametrize(
    ("routing", "pointer"),
    [
        ({"offer_rounds": 0}, "/assignment/offer_rounds"),
        ({"offer_rounds": 101}, "/assignment/offer_rounds"),
        ({"offer_rounds": True}, "/assignment/offer_rounds"),
        ({"offer_rounds": "3"}, "/assignment/offer_rounds"),
        ({"longest_pause": "soon"}, "/assignment/longest_pause"),
    ],
)
def test_what_cannot_be_meant_is_refused(routing, pointer):
    reader = Reader({"assignment": routing})
    with pytest.raises(InvalidError) as refused:
        reader.finished(read_routing(reader["assignment"]))
    assert [e.pointer for e in refused.value.errors] == [pointer]
