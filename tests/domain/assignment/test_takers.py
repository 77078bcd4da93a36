"""Who of a team may have a ticket: by what it weighs, by shifts, by who knows the
customer or the ticket, and never by who must not have it.
"""

from dataclasses import replace

import pytest

from domain.assignment.commands import AcceptOffer, OfferNext, RevokeOffer
from domain.assignment.facts import (
    AssignmentOffered,
    AssignmentRevoked,
    AssignmentWaiting,
)
from domain.errors import InvalidError
from domain.escalation.facts import EscalationReassigned
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.override import Override
from domain.oncall.plan import Plan
from domain.oncall.schedule_form import parse_schedule
from domain.ticket.decide import Assign, Reopen, Resolve
from domain.ticket.world import World
from tests.support.dsl import AGENTS, Story, configured, instant, published
from tests.support.offers import BO_SAYS_NO, TO_SECOND, busy
from tests.support.oncall import leave_of


def schedule(*people, length=8):
    """Turns of so many hours from noon on, when the stories begin."""
    start = {"start": "2026-11-22T12:00", "unit": "hour", "length": length}
    layer = {"name": "base", "rotation": {**start, "people": list(people)}}
    return {"tz": "UTC", "layers": [layer]}


def around(*, agents=AGENTS, loads=None, shifts=None, steps=None, **routing) -> World:
    """The team `second` of bo and chen gives at once, if not told otherwise."""
    team = {
        "members": ["bo", "chen"],
        "assignment": {"mode": "direct", **routing},
    }
    shifts = shifts or schedule("bo", "chen")
    documents = {
        "agents": agents,
        "schedules": {"day": shifts},
        "teams": {"second": team},
    }
    if steps:
        policy = {
            "match": [{"targets": {"first_response": "1h"}}],
            "escalation_policy": "climb",
        }
        documents |= {
            "escalation-policies": {"climb": {"steps": steps}},
            "sla-policies": {"care": policy},
        }
    config = configured(documents)
    directory = replace(config.directory, loads=loads or {})
    ref = PolicyRef(name="day", version=1, sha256="")
    book = OnCallBook(plans={"day": Plan.of(parse_schedule(ref, shifts))})
    return World(config=config, directory=directory, oncall=book)


def given(at="0s", *, channel="email", past_agents=None, **routing) -> Story:
    made = replace(around(**routing), past_agents=past_agents or {})
    return Story(made, at, channel=channel).when(at, TO_SECOND)


def with_capacity(**capacities):
    return {
        name: {**document, "capacity": capacities.get(name)}
        if name in capacities
        else document
        for name, document in AGENTS.items()
    }


def reasons(story):
    """Why not, of the last time that nobody could be found."""
    return {c.agent: c.reason for c in story.all(AssignmentWaiting)[-1].candidates}


def reason_of(fact, agent):
    return {c.agent: c.reason for c in fact.candidates}[agent]


# what it weighs

THREE = with_capacity(bo=3, chen=3)
PHONE = {"phone": 3, "chat": 2}


def test_a_chat_weighs_more_than_a_letter_and_fills_who_has_room_for_one():
    loads = {"bo": 2, "chen": 1}
    story = given(channel="chat", agents=THREE, loads=loads, weights=PHONE)
    assert story.ticket.assignee == "chen"
    full = given(
        channel="chat", agents=THREE, loads={**loads, "chen": 2}, weights=PHONE
    )
    assert full.ticket.assignee is None
    assert reasons(full)["chen"] == "full: 2 of 3, and this takes 2"


def test_a_letter_still_fits_where_a_chat_does_not():
    story = given(agents=THREE, loads={"bo": 3, "chen": 2}, weights=PHONE)
    assert story.ticket.assignee == "chen"


def test_a_call_that_is_more_than_all_of_somebody_needs_an_agent_without_others():
    weights = {"phone": 10}
    story = given(channel="phone", agents=THREE, loads={"bo": 1}, weights=weights)
    assert story.ticket.assignee == "chen"
    busy = {"bo": 1, "chen": 1}
    assert not given(
        channel="phone", agents=THREE, loads=busy, weights=weights
    ).ticket.assignee


def test_who_takes_nothing_is_given_no_call_either():
    none = with_capacity(bo=0, chen=0)
    assert not given(channel="phone", agents=none, weights=PHONE).ticket.assignee


def test_after_a_call_somebody_is_full():
    story = given(channel="phone", agents=THREE, weights=PHONE)
    assert story.ticket.assignee == "bo"
    world = story.world.handed(None, story.ticket)
    assert world.directory.load("bo") == 3
    assert Story(world).when("0s", TO_SECOND).ticket.assignee == "chen"


def test_when_it_is_resolved_the_capacity_is_free_again():
    story = given(channel="phone", agents=THREE, weights=PHONE)
    held = story.world.handed(None, story.ticket)
    before = story.ticket
    story.when("1h", Resolve())
    assert held.handed(before, story.ticket).directory.load("bo") == 0


def test_a_step_that_hands_over_asks_what_the_ticket_weighs():
    step = {"after": "0s", "reassign": {"team": "second"}}
    made = around(agents=THREE, loads={"bo": 1}, weights=PHONE, steps=[step])
    story = Story(made, channel="phone").enforce("61m")
    assert story.one(EscalationReassigned).to_agent == "chen"


def test_who_is_only_asked_to_take_it_is_not_too_full_to_be_given_it():
    step = {"after": "0s", "reassign": {"team": "second"}}
    one = with_capacity(bo=1, chen=0)
    made = around(agents=one, mode="offer", offer_timeout="9h", steps=[step])
    story = Story(made).when("1m", TO_SECOND)
    assert story.one(AssignmentOffered).agent == "bo"
    assert story.enforce("61m").one(EscalationReassigned).to_agent == "bo"


# shifts


def test_only_who_is_on_shift_is_given_work():
    shift = {"schedule": "day"}
    assert given(on_shift=shift).ticket.assignee == "bo"
    assert given("8h", on_shift=shift).ticket.assignee == "chen"


def test_who_is_off_shift_is_named_so():
    story = given(agents=with_capacity(bo=0), on_shift={"schedule": "day"})
    assert reasons(story) == {"bo": "full: 0 of 0", "chen": "off shift"}


def test_it_waits_for_the_next_shift_by_itself():
    story = given(agents=with_capacity(bo=0), on_shift={"schedule": "day"})
    assert story.one(AssignmentWaiting).again_at == instant("8h")
    assert story.enforce("8h").ticket.assignee == "chen"


def added(story, person, begin, end):
    """An override that puts this person beside who is on call."""
    made = Override(
        id="o",
        kind="add",
        person=person,
        begin=instant(begin),
        end=instant(end),
        by="mia",
        made_at=instant("0s"),
    )
    book = story.world.oncall
    plan = replace(book.plans["day"], changes=(made,))
    oncall = replace(book, plans={"day": plan})
    story.world = replace(story.world, oncall=oncall)
    return story


def test_who_is_put_on_shift_meanwhile_is_not_waited_for_until_the_next_one():
    story = given(agents=with_capacity(bo=0), on_shift={"schedule": "day"})
    added(story, "chen", "2h", "3h").when("1h", OfferNext())
    assert [f.again_at for f in story.all(AssignmentWaiting)] == [
        instant("8h"),
        instant("2h"),
    ]
    assert story.enforce("2h").ticket.assignee == "chen"


def test_who_comes_on_shift_is_asked_before_who_said_no():
    story = given(mode="offer", offer_timeout="9h", on_shift={"schedule": "day"})
    added(story, "chen", "2h", "3h").when("1h", BO_SAYS_NO).enforce("2h")
    assert [f.agent for f in story.all(AssignmentOffered)] == ["bo", "chen"]
    assert reason_of(story.ticket.queue, "bo") == "declined: at lunch"


def test_a_shift_that_brings_nobody_asks_who_said_no_no_earlier():
    routing = {"mode": "offer", "offer_timeout": "3h", "on_shift": {"schedule": "day"}}
    story = given(agents=with_capacity(chen=0), **routing)
    added(story, "chen", "2h", "3h").when("1h", BO_SAYS_NO)
    assert [f.agent for f in story.enforce("3h").all(AssignmentOffered)] == ["bo"]
    assert story.enforce("4h").log(AssignmentOffered)[-1][:4] == "PT4H"


def test_who_said_no_and_was_full_when_all_are_asked_again_is_asked_once_free():
    story = given(mode="offer", offer_timeout="1h", agents=with_capacity(bo=1, chen=0))
    busy(story.when("0s", BO_SAYS_NO), {"bo": 1})
    busy(story.enforce("1h"), {}).when("2h", OfferNext())
    assert story.log(AssignmentOffered)[1:] == ["PT2H assignment.offered"]


def test_of_several_that_wait_for_a_shift_none_overtakes_the_others_by_its_alarm():
    story = given(agents=with_capacity(bo=0), on_shift={"schedule": "day"})
    crowd = replace(story.world.directory, waiting={"second": 2})
    story.world = replace(story.world, directory=crowd)
    story.enforce("8h")
    waiting = story.all(AssignmentWaiting)[-1]
    assert (waiting.reason, waiting.again_at) == (
        "other tickets wait for second too: in queue order",
        None,
    )
    assert story.when("8h", OfferNext()).ticket.assignee == "chen"


def test_that_nobody_is_free_is_said_once_however_often_it_is_asked():
    story = given(agents=with_capacity(bo=0), on_shift={"schedule": "day"})
    story.when("1h", OfferNext()).when("2h", OfferNext())
    assert len(story.all(AssignmentWaiting)) == 1


def test_a_shift_further_away_than_can_be_seen_is_looked_for_again():
    layer = {
        "name": "base",
        "shifts": [
            {"from": "2026-12-20T12:00", "to": "2026-12-20T20:00", "person": "bo"}
        ],
    }
    shifts = {"tz": "UTC", "layers": [layer]}
    story = given(shifts=shifts, on_shift={"schedule": "day"})
    assert story.enforce("27d").ticket.assignee is None
    assert story.enforce("28d").ticket.assignee == "bo"
    assert [f.again_at for f in story.all(AssignmentWaiting)] == [
        instant("16d"),
        instant("28d"),
    ]


def test_a_shift_that_ends_too_soon_is_no_shift_for_this():
    shift = {"schedule": "day", "left": "PT30M"}
    assert given("PT7H30M", on_shift=shift).ticket.assignee == "bo"
    story = given("PT7H31M", on_shift=shift)
    assert story.ticket.assignee is None
    assert reasons(story)["bo"] == "the shift ends at 2026-11-22T20:00:00Z"


def test_shifts_that_follow_on_are_one():
    """Bo's turn ends at 20:00, and an override keeps him until 21:00."""
    story = Story(around(on_shift={"schedule": "day", "left": "PT30M"}), "PT7H45M")
    added(story, "bo", "8h", "9h")
    assert story.when("PT7H45M", TO_SECOND).ticket.assignee == "bo"


def test_without_its_schedule_nobody_is_on_shift_and_it_waits_in_sight():
    story = Story(around(on_shift={"schedule": "day"}))
    story.world = replace(story.world, oncall=OnCallBook())
    story.when("0s", TO_SECOND)
    assert set(reasons(story).values()) == {"off shift"}


# who knows the ticket, or the customer


def test_who_had_the_customer_before_comes_before_who_has_less():
    story = given(
        affinity=["customer"], loads={"chen": 5}, past_agents={"c-1": ("chen", "bo")}
    )
    assert story.ticket.assignee == "chen"
    candidates = {
        c.agent: c.reason
        for e in story.events
        for c in getattr(e.fact, "candidates", ())
    }
    assert candidates == {
        "chen": "had the customer before",
        "bo": "chen had the customer before",
    }


def test_who_had_the_customer_and_is_full_keeps_nobody_waiting():
    story = given(
        agents=with_capacity(chen=5),
        affinity=["customer"],
        loads={"chen": 5},
        past_agents={"c-1": ("chen",)},
    )
    assert story.ticket.assignee == "bo"


def test_the_owner_comes_back_to_it():
    story = given(mode="offer", affinity=["owner"], loads={"chen": 1})
    story.when("1m", Assign(agent="chen", reason="knows it"))
    oncall = replace(story.world.oncall, leaves=leave_of("chen", "2m", "5m"))
    story.world = replace(story.world, oncall=oncall)
    story.when("2m", RevokeOffer(agent="chen", since=instant("2m")))
    assert story.all(AssignmentOffered)[-1].agent == "bo"
    story.enforce("6m")  # bo does not answer
    assert story.all(AssignmentOffered)[-1].agent == "chen"
    last = story.all(AssignmentOffered)[-1].candidates
    assert {c.reason for c in last if c.chosen} == {"had this ticket before"}


def test_the_owner_comes_before_the_customer_s_if_it_stands_first():
    story = given(
        mode="offer", affinity=["owner", "customer"], past_agents={"c-1": ("bo",)}
    )
    story.when("1m", Assign(agent="chen")).when("2m", TO_SECOND)
    assert story.all(AssignmentOffered)[-1].agent == "chen"


def test_without_affinity_nobody_comes_first():
    story = given(loads={"chen": 5}, past_agents={"c-1": ("chen",)})
    assert story.ticket.assignee == "bo"


# turns


def test_a_team_s_round_robin_goes_on_with_each_ticket():
    made, taken = around(strategy="round_robin"), []
    for number in (4, 4, 2, 9):
        story = Story(made, number=number).when("0s", TO_SECOND)
        taken.append(story.ticket.assignee)
        made = made.handed(None, story.ticket)
    assert taken == ["bo", "chen", "bo", "chen"]


def test_who_was_preferred_takes_nobody_s_turn():
    made = replace(
        around(strategy="round_robin", affinity=["customer"]),
        past_agents={"c-1": ("chen",)},
    )
    story = Story(made).when("0s", TO_SECOND)
    assert (story.ticket.assignee, story.ticket.turns) == ("chen", {})


# who must not have it

CONFLICT = {**AGENTS, "bo": {"name": "Bo", "conflicts": ["c-1"]}}


def test_who_must_not_deal_with_the_customer_is_never_given_it():
    story = given(agents=CONFLICT, loads={"chen": 9})
    assert story.ticket.assignee == "chen"
    assert given(agents={**CONFLICT, "chen": {"name": "C", "capacity": 0}}).one(
        AssignmentWaiting
    ).candidates[0].reason == ("conflict of interest")


def test_nor_by_hand():
    story = Story(around(agents=CONFLICT))
    with pytest.raises(InvalidError, match="/agent: 'bo' has a conflict of interest"):
        story.when("0s", Assign(agent="bo"))


# reopened


def test_what_is_reopened_does_not_stay_with_who_has_left():
    story = given(mode="offer").when("1m", AcceptOffer(agent="bo"))
    story.when("2m", Resolve())
    gone = {**AGENTS["bo"], "active": False}
    config = published(story.world.config, "agents", "bo", gone)
    story.world = replace(story.world, config=config, directory=config.directory)
    story.when("1h", Reopen(reason="still cold"))
    assert story.one(AssignmentRevoked).reason == "not active"
    assert story.all(AssignmentOffered)[-1].agent == "chen"


def test_what_is_reopened_goes_on_with_who_is_there():
    story = given(mode="offer").when("1m", AcceptOffer(agent="bo"))
    story.when("2m", Resolve()).when("1h", Reopen(reason="still cold"))
    assert story.ticket.assignee == "bo"
    assert not story.all(AssignmentRevoked)


def test_a_step_that_hands_over_by_skill_asks_for_what_the_team_needs():
    agents = {**AGENTS, "chen": {"name": "Chen", "skills": ["boilers"]}}
    step = {"after": "0s", "reassign": {"team": "second", "strategy": "skilled"}}
    made = around(agents=agents, needs=["boilers"], steps=[step])
    story = Story(made).enforce("61m")
    assert story.one(EscalationReassigned).to_agent == "chen"


@pytest.mark.parametrize(
    ("routing", "pointer"),
    [
        ({"weights": {"phone": 0}}, "/assignment/weights/phone"),
        ({"weights": 3}, "/assignment/weights"),
        ({"on_shift": {}}, "/assignment/on_shift/schedule"),
        ({"on_shift": {"schedule": "none"}}, "/assignment/on_shift/schedule"),
        (
            {"on_shift": {"schedule": "day", "left": "P8D"}},
            "/assignment/on_shift/left",
        ),
        ({"affinity": ["owner", "friend"]}, "/assignment/affinity/1"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused_by_the_field(routing, pointer):
    with pytest.raises(InvalidError) as refused:
        around(**routing)
    assert [error.pointer for error in refused.value.errors] == [pointer]
