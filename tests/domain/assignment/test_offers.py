"""A ticket with a team and no agent finds its way into somebody's hands, or says why
it waits; and it keeps its place in time whatever happens to it.
"""

from dataclasses import replace

import pytest

from domain.assignment.commands import AcceptOffer, OfferNext, RevokeOffer
from domain.assignment.facts import (
    AssignmentOffered,
    AssignmentQueued,
    AssignmentRelaxed,
    AssignmentRevoked,
    AssignmentWaiting,
)
from domain.assignment.ranking import SelectionCriteria, candidates
from domain.configuration.configuration import fold_config
from domain.configuration.publishing import publish
from domain.configuration.retiring import retire
from domain.errors import InvalidError, RuleError
from domain.event import Event
from domain.lifecycle.facts import TicketAssigned
from domain.oncall.override import Leave
from domain.ticket.decide import Assign, Reopen, Resolve
from tests.support.dsl import (
    AGENTS,
    BY_ANN,
    Story,
    configured,
    instant,
    published,
    world,
)
from tests.support.offers import (
    BO_SAYS_NO,
    FULL,
    LAST,
    LONE,
    TO_SECOND,
    around,
    busy,
    given,
    offered,
    spilling,
)


def reasons(fact):
    return {c.agent: c.reason for c in fact.candidates}


def on_leave(story, person, begin, end):
    leave = Leave(
        id="l",
        person=person,
        begin=instant(begin),
        end=instant(end),
        made_at=instant("0s"),
    )
    oncall = replace(story.world.oncall, leaves={person: (leave,)})
    story.world = replace(story.world, oncall=oncall)
    return story


def gone(story, name):
    """This agent is not active any more."""
    document = {**AGENTS[name], "active": False}
    config = published(story.world.config, "agents", name, document)
    story.world = replace(story.world, config=config, directory=config.directory)
    return story


def changed(story, team, document):
    config = published(story.world.config, "teams", team, document)
    story.world = replace(story.world, config=config, directory=config.directory)


def test_a_team_without_terms_gets_its_tickets_as_before():
    story = Story(world()).when("0s", TO_SECOND)
    assert story.log("assignment") == []
    assert story.ticket.queue is None


def test_it_is_queued_and_offered_to_one_with_the_reason_why_not_the_other():
    story = given()
    assert story.log("assignment") == [
        "PT0S assignment.queued",
        "PT0S assignment.offered",
    ]
    offer = story.one(AssignmentOffered)
    assert (offer.agent, offer.expires_at) == ("bo", instant("2m"))
    assert reasons(offer) == {
        "bo": "least loaded",
        "chen": "equally loaded, later by id",
    }


def test_each_decision_names_the_version_of_the_team_s_terms():
    assert given().event(AssignmentOffered).meta.policy.name == "second"


def test_until_it_is_accepted_nobody_has_it():
    assert given().ticket.assignee is None


def test_who_accepts_has_it():
    story = given().when("1m", AcceptOffer(agent="bo"))
    assert (story.ticket.assignee, story.ticket.queue) == ("bo", None)


def test_who_gives_it_back_is_not_full_of_it():
    third = {"members": ["bo"], "assignment": {"mode": "offer"}}
    story = Story(around(agents=LONE, others={"third": third}))
    story.when("0s", Assign(agent="bo")).when("1m", Assign(team="third"))
    assert offered(story) == ["bo"]


def test_after_it_is_accepted_nothing_is_due():
    story = given().when("1m", AcceptOffer(agent="bo")).enforce("9h")
    assert story.log("assignment")[2:] == ["PT1M assignment.accepted"]


def test_direct_is_given_at_once_with_the_reasons():
    story = given(mode="direct")
    fact = story.all(TicketAssigned)[-1]
    assert (fact.agent, reasons(fact)["chen"]) == ("bo", "equally loaded, later by id")
    assert story.ticket.assignee == "bo"


def test_what_a_rule_gives_was_not_given_by_who_sent_the_command():
    event = [
        e for e in given(mode="direct").events if e.fact.topic == "ticket.assigned"
    ]
    assert event[-1].meta.actor.id == "pledge"


def test_esc_098_of_two_who_accept_one_wins():
    story = given().when("1m", AcceptOffer(agent="bo"))
    with pytest.raises(RuleError, match="bo has it"):
        story.when("1m", AcceptOffer(agent="bo"))


def test_who_was_not_asked_cannot_accept():
    with pytest.raises(RuleError, match="offered to bo, not to chen"):
        given().when("1m", AcceptOffer(agent="chen"))


def test_an_offer_that_ran_out_cannot_be_accepted():
    with pytest.raises(RuleError, match="offered to chen, not to bo"):
        given().when("2m", AcceptOffer(agent="bo"))


def test_who_is_not_there_cannot_accept():
    with pytest.raises(InvalidError, match="no agent 'zoe'"):
        given().when("1m", AcceptOffer(agent="zoe"))


def test_esc_103_who_declines_is_not_asked_again_in_this_round():
    story = given().when("1m", BO_SAYS_NO)
    assert offered(story) == ["bo", "chen"]
    last = story.all(AssignmentOffered)[-1]
    assert reasons(last)["bo"] == "declined: at lunch"


def test_an_offer_runs_out_at_its_very_instant_and_the_next_is_asked():
    story = given().enforce("3m")
    assert story.log("assignment")[2:] == [
        "PT2M assignment.offer_expired",
        "PT2M assignment.offered",
    ]
    assert reasons(story.all(AssignmentOffered)[-1])["bo"] == "did not answer"


def test_not_before_it():
    assert offered(given().enforce("PT1M59.999999S")) == ["bo"]


def test_when_everybody_was_asked_it_waits_and_then_asks_again():
    story = given().enforce("5m")
    assert story.one(AssignmentWaiting).again_at == instant("6m")
    assert offered(story.enforce("6m")) == ["bo", "chen", "bo"]


def test_a_round_that_begins_again_asks_everybody_once_more():
    assert offered(given().enforce("8m")) == ["bo", "chen", "bo", "chen"]


def test_esc_103_declines_do_not_cost_the_place_in_the_queue():
    story = given().when("1m", BO_SAYS_NO).when("2m", Assign(team="second"))
    assert [f.queued_at for f in story.all(AssignmentQueued)] == [instant("0s")] * 2


def test_esc_103_nor_does_it_when_another_team_gets_it():
    third = {"members": ["ann"], "assignment": {"mode": "offer"}}
    story = Story(around(others={"third": third})).when("0s", TO_SECOND)
    story.when("5m", Assign(team="third"))
    assert story.ticket.queue.team == "third"
    assert story.ticket.queued_at == instant("0s")


def test_a_reopened_ticket_queues_as_of_then():
    story = given().when("1m", Resolve()).when("9m", Reopen(reason="again"))
    assert story.ticket.queued_at == instant("9m")


def test_a_finished_ticket_is_offered_to_nobody():
    assert offered(given().when("1m", Resolve()).enforce("9h")) == ["bo"]


def test_after_an_outage_nobody_is_passed_over_who_could_not_know():
    story = given().late("3h")
    assert story.log("assignment")[2:] == [
        "PT2M assignment.offer_expired",
        "PT2M assignment.offered",
    ]
    assert story.ticket.queue.offer.expires_at == instant("PT3H2M")


def full(**routing):
    return Story(around(agents=LONE, loads=FULL, **routing)).when("0s", TO_SECOND)


def test_nobody_free_is_said_once_and_with_each_reason():
    story = full().when("1h", OfferNext()).when("2h", OfferNext()).enforce("9h")
    fact = story.one(AssignmentWaiting)
    assert reasons(fact) == {"bo": "full: 1 of 1", "chen": "full: 1 of 1"}


def test_whatever_its_age_it_is_offered_when_somebody_is_free():
    story = busy(full(), {"bo": 1}).when("999h", OfferNext())
    assert offered(story) == ["chen"]


def test_asking_for_the_next_changes_nothing_while_somebody_is_asked():
    assert offered(given().when("1m", OfferNext())) == ["bo"]


def test_a_new_one_does_not_overtake_those_that_wait():
    made = around()
    directory = replace(made.directory, waiting={"second": 1})
    story = Story(replace(made, directory=directory)).when("0s", TO_SECOND)
    assert story.one(AssignmentWaiting).reason == "others have waited longer"
    assert offered(story.when("1s", OfferNext())) == ["bo"]


def test_who_comes_back_from_leave_is_asked_at_that_instant():
    agents = {**AGENTS, "chen": {"name": "Chen", "active": False}}
    story = on_leave(Story(around(agents=agents)), "bo", "0s", "3h")
    story.when("0s", TO_SECOND).enforce("PT2H59M")
    assert offered(story) == []
    assert story.enforce("3h").log("assignment")[-1] == "PT3H assignment.offered"


def directory(agents, loads=None, **more):
    teams = {"t": {"members": list(agents)}}
    config = configured({"agents": agents, "teams": teams})
    return replace(config.directory, loads=loads or {}, **more)


def chosen(directory, strategy, **wanted):
    found = candidates(directory, "t", SelectionCriteria(strategy=strategy, **wanted))
    return next((c.agent for c in found if c.chosen), None)


def test_esc_100_the_one_with_less_in_hand_gets_it():
    people = {"a1": {"name": "A", "capacity": 3}, "a2": {"name": "B", "capacity": 2}}
    assert chosen(directory(people, {"a2": 1}), "least_loaded") == "a1"


def test_esc_100_of_equals_the_one_longest_without_work():
    people = {"a1": {"name": "A"}, "a2": {"name": "B"}}
    taken = {"a1": instant("2h"), "a2": instant("1h")}
    assert chosen(directory(people, taken_at=taken), "least_loaded") == "a2"


def test_longest_idle_looks_at_the_time_before_the_load():
    people = {"a1": {"name": "A"}, "a2": {"name": "B"}}
    taken = {"a1": instant("2h"), "a2": instant("1h")}
    made = directory(people, {"a2": 5}, taken_at=taken)
    assert chosen(made, "longest_idle") == "a2"


SPEAKERS = {
    "1": {"name": "1", "skills": {"english": 1, "databases": 1}},
    "2": {"name": "2", "skills": {"english": 3}},
}
BOTH = {"english": 3, "databases": 3}


def test_esc_101_more_of_the_skills_outranks_the_level():
    assert chosen(directory(SPEAKERS), "skilled", needs=BOTH) == "1"


def test_esc_101_what_is_insisted_on_all_must_have_at_the_level():
    assert (
        chosen(directory(SPEAKERS), "skilled", needs=BOTH, required_skills=BOTH) is None
    )
    found = candidates(
        directory(SPEAKERS),
        "t",
        SelectionCriteria(strategy="skilled", required_skills=BOTH),
    )
    assert found[1].reason == "lacks databases"


SKILLED = {
    **AGENTS,
    "bo": {"name": "Bo", "skills": ["a"]},
    "chen": {"name": "Chen", "skills": ["c"]},
}
RELAXING = {
    "agents": SKILLED,
    "needs": {"a": 1, "b": 1},
    "required": ["a"],
    "relax_after": "5m",
}


def test_esc_104_the_optional_skill_is_dropped_in_time_and_the_required_stays():
    story = given(**RELAXING).enforce("PT4M59S")
    assert reasons(story.one(AssignmentWaiting)) == {
        "bo": "lacks b",
        "chen": "lacks a, b",
    }
    story.enforce("9h")
    assert story.log("assignment")[2:4] == [
        "PT5M assignment.relaxed",
        "PT5M assignment.offered",
    ]
    assert set(offered(story)) == {"bo"}


def test_esc_104_the_lowest_is_dropped_first():
    routing = RELAXING | {"needs": {"x": 1, "y": 3, "z": 2}, "required": []}
    story = given(**routing).enforce("PT16M")
    assert [f.dropped for f in story.all(AssignmentRelaxed)] == ["x", "z", "y"]


def test_needs_may_be_an_attribute_of_the_ticket():
    made = around(agents=SKILLED, needs="skills")
    story = Story(made, attributes={"skills": ["c"]}).when("0s", TO_SECOND)
    assert offered(story) == ["chen"]


def test_a_wish_that_nobody_fulfils_is_in_nobody_s_way():
    assert offered(given(strategy="skilled", needs=["klingon"])) == ["bo"]


def test_what_nobody_takes_goes_to_the_other_team_and_keeps_its_time():
    story = Story(spilling(loads=FULL)).when("1m", TO_SECOND).enforce("16m")
    assert story.log("assignment")[2:] == [
        "PT16M assignment.overflowed",
        "PT16M assignment.queued",
        "PT16M assignment.offered",
    ]
    assert (story.ticket.team, story.ticket.queued_at) == ("front", instant("1m"))


def test_it_does_not_go_round_in_a_circle_of_teams():
    back = {"mode": "direct", "overflow": {"after": "15m", "team": "second"}}
    made = world(
        agents=LONE,
        loads=FULL | {"ann": 1},
        teams={"second": {"members": ["bo", "chen"]}, "front": {"members": ["ann"]}},
    )
    config = published(made.config, "teams", "front", LAST | {"assignment": back})
    spill = {"mode": "offer", "overflow": {"after": "15m", "team": "front"}}
    document = {"members": ["bo", "chen"], "assignment": spill}
    config = published(config, "teams", "second", document)
    directory = replace(config.directory, loads=made.directory.loads)
    story = Story(replace(made, config=config, directory=directory))
    story.when("0s", TO_SECOND).enforce("99h")
    assert story.ticket.team == "front"
    assert len(story.all(AssignmentQueued)) == 2


def test_somebody_who_is_asked_may_still_answer_before_it_overflows():
    story = Story(spilling()).when("0s", TO_SECOND).enforce("15m")
    assert "ann" not in offered(story)
    assert "ann" in offered(story.enforce("16m"))


def test_esc_106_what_somebody_had_who_is_gone_is_taken_back_and_offered_at_once():
    story = given().when("1m", AcceptOffer(agent="bo"))
    gone(story, "bo").when("9m", RevokeOffer(agent="bo", since=instant("9m")))
    fact = story.one(AssignmentRevoked)
    assert (fact.agent, fact.reason, fact.held) == ("bo", "not active", "ticket")
    assert offered(story) == ["bo", "chen"]
    assert story.ticket.queued_at == instant("0s")


@pytest.mark.parametrize("team", ["front", None])
def test_what_people_gave_by_hand_to_somebody_who_is_gone_nobody_has_any_more(team):
    """Nobody is asked for it: whoever assigns by hand sees that nobody has it."""
    story = Story(around()).when("0s", Assign(team=team, agent="ann"))
    gone(story, "ann").when("9m", RevokeOffer(agent="ann", since=instant("9m")))
    assert story.one(AssignmentRevoked).held == "ticket"
    assert (story.ticket.team, story.ticket.assignee) == (team, None)
    assert story.ticket.queue is None


def test_who_is_on_leave_keeps_what_people_gave_them_by_hand():
    story = Story(around()).when("0s", Assign(team="front", agent="ann"))
    on_leave(story, "ann", "1m", "9h")
    story.when("1m", RevokeOffer(agent="ann", since=instant("1m")))
    assert story.ticket.assignee == "ann"


def test_who_goes_on_leave_is_asked_no_more():
    story = on_leave(given(), "bo", "1m", "9h")
    story.when("1m", RevokeOffer(agent="bo", since=instant("1m")))
    assert story.one(AssignmentRevoked).held == "offer"
    assert offered(story) == ["bo", "chen"]


def test_who_is_there_keeps_it():
    story = given().when("1m", AcceptOffer(agent="bo"))
    story.when("9m", RevokeOffer(agent="bo", since=instant("9m")))
    assert story.ticket.assignee == "bo"


def test_what_somebody_was_given_although_on_leave_stays_there():
    story = on_leave(given(), "bo", "1m", "9h")
    story.when("2m", Assign(agent="bo"))
    story.when("3m", RevokeOffer(agent="bo", since=instant("1m")))
    assert story.ticket.assignee == "bo"


def test_what_another_one_has_is_not_taken_from_them():
    story = given().when("1m", AcceptOffer(agent="bo"))
    gone(story, "ann").when("9m", RevokeOffer(agent="ann", since=instant("9m")))
    assert story.all(AssignmentRevoked) == []


def test_who_is_not_active_cannot_accept():
    with pytest.raises(RuleError, match="bo cannot take it: not active"):
        gone(given(), "bo").when("1m", AcceptOffer(agent="bo"))


def test_what_somebody_took_who_was_gone_already_does_not_stay_there():
    story = given().when("1m", AcceptOffer(agent="bo"))
    gone(story, "bo").when("2m", RevokeOffer(agent="bo", since=instant("30s")))
    assert offered(story) == ["bo", "chen"]


def test_who_is_not_of_the_team_any_more_is_asked_no_more():
    story = given()
    routing = {"mode": "offer"}
    changed(story, "second", {"members": ["chen"], "assignment": routing})
    story.when("1m", OfferNext())
    assert story.one(AssignmentRevoked).reason == "not in second any more"
    assert offered(story) == ["bo", "chen"]


def test_what_waits_in_a_team_that_is_retired_says_so():
    story = full()
    config = story.world.config
    retirement = retire(config, "teams", "second")
    event = Event("teams/second", 2, instant("1m"), BY_ANN, retirement)
    config = fold_config([event], config)
    story.world = replace(story.world, config=config, directory=config.directory)
    story.when("1m", OfferNext())
    assert story.ticket.queue.waiting == "second is retired: assign it by hand"


def test_esc_107_a_finished_ticket_stays_with_who_finished_it():
    story = given().when("1m", AcceptOffer(agent="bo")).when("2m", Resolve())
    gone(story, "bo").when("9m", RevokeOffer(agent="bo", since=instant("9m")))
    assert story.ticket.assignee == "bo"


@pytest.mark.parametrize(
    ("routing", "pointer"),
    [
        ({"mode": "auction"}, "/assignment/mode"),
        ({"strategy": "luck"}, "/assignment/strategy"),
        ({"strategy": "skilled"}, "/assignment/needs"),
        ({"offer_timeout": "soon"}, "/assignment/offer_timeout"),
        ({"relax_after": "-PT1M"}, "/assignment/relax_after"),
        ({"needs": {"english": 0}}, "/assignment/needs/english"),
        ({"overflow": {"after": "1m"}}, "/assignment/overflow/team"),
        ({"overflow": {"after": "1m", "team": "gone"}}, "/assignment/overflow/team"),
        ({"overflow": {"after": "1m", "team": "t"}}, "/assignment/overflow/team"),
        ({"overflow": {"after": "0s", "team": "x"}}, "/assignment/overflow/after"),
    ],
)
def test_what_is_wrong_in_the_terms_is_named(routing, pointer):
    document = {"members": ["ann"], "assignment": routing}
    with pytest.raises(InvalidError) as refused:
        publish(configured({"agents": AGENTS}), "teams", "t", document)
    assert pointer in [e.pointer for e in refused.value.errors]


def test_the_fold_says_the_same_as_the_decisions():
    story = given().when("1m", BO_SAYS_NO).enforce("9m")
    assert story.folded() == story.ticket
