"""The steps of a ladder: when they are due, who they mean, and what they do in vain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InvalidError, RuleError
from domain.escalation.commands import StepUndelivered
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationExhausted,
    EscalationForced,
    EscalationMigrated,
    EscalationReassigned,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationUndelivered,
    EscalationWaiting,
)
from domain.escalation.waiting import awaited_teams
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave, Override
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule
from domain.oncall.schedule_form import parse_schedule
from domain.people.directory import Turn
from domain.ticket.assignment_offers import DeclineOffer
from domain.ticket.decide import (
    Acknowledge,
    Assign,
    Change,
    Escalate,
    PauseTicket,
    RestatePromises,
    Resume,
    RetryWaiting,
)
from domain.ticket.evolve import fold
from domain.ticket.world import World
from tests.dsl import (
    ANSWER,
    CUSTOMER,
    Story,
    configured,
    instant,
    message,
    published,
    world,
)

AGENTS = {
    "top": {"name": "Top"},
    "mia": {"name": "Mia", "manager": "top"},
    "ann": {"name": "Ann", "manager": "mia", "skills": {"english": 1}},
    "bo": {"name": "Bo", "skills": {"english": 3, "boilers": 1}},
    "chen": {"name": "Chen", "skills": ["boilers"]},
}
TEAMS = {
    "front": {"members": ["ann"], "lead": "mia"},
    "second": {"members": ["ann", "bo", "chen"], "lead": "bo"},
    "boilers": {"members": ["bo"], "assignment": {"mode": "direct"}},
    "empty": {"members": []},
}
FIRST = {"match": [{"targets": {"first_response": "1h"}}], "escalation_policy": "l"}
ANN = {"after": "0s", "targets": [{"agent": "ann"}]}
BO = {"after": "10m", "targets": [{"agent": "bo"}]}
CHEN = {"after": "30m", "targets": [{"agent": "chen"}]}
GONE = {"after": "0s", "targets": [{"team": "empty"}]}
EARLY = [
    {"after": share, "targets": [{"agent": person}]}
    for share, person in (("50%", "ann"), ("80%", "bo"))
]


SCHEDULES = {
    "front": {
        "tz": "UTC",
        "layers": [
            {
                "name": "base",
                "rotation": {
                    "start": "2026-11-22T00:00",
                    "unit": "day",
                    "people": ["ann"],
                },
            }
        ],
    }
}
"""That the name is known; who is on call, a test says by `book`."""


def book(rotations=None, leaves=None):
    """Schedules of one day's turns from 2026-11-22 00:00 UTC; leaves by agent."""
    plans = {}
    for name, (people, restrict) in (rotations or {}).items():
        rotation = {"start": "2026-11-22T00:00", "unit": "day", "people": people}
        layer = {"name": "base", "rotation": rotation}
        if restrict:
            layer["restrict"] = restrict
        document = {"tz": "UTC", "layers": [layer]}
        ref = PolicyRef(name=name, version=1, sha256="")
        plans[name] = Plan.of(parse_schedule(ref, document))
    return OnCallBook(plans=plans, leaves=leaves or {})


def given(*steps, policy=None, oncall=None, loads=None, **escalation_policy):
    config = configured(
        {
            "agents": AGENTS,
            "teams": TEAMS,
            "calendars": {"office": OFFICE},
            "schedules": SCHEDULES,
            "escalation-policies": {"l": {"steps": list(steps), **escalation_policy}},
            "sla-policies": {"p": {**FIRST, **(policy or {})}},
        }
    )
    directory = replace(config.directory, loads=loads or {})
    return Story(World(config=config, directory=directory, oncall=oncall or book()))


OFFICE = {
    "tz": "UTC",
    "hours": {"sun": [["09:00", "14:00"]], "mon": [["09:00", "17:00"]]},
}


def told(story):
    """When each person was told, after noon."""
    return [(c.at, c.person) for c in story.chosen()]


def who(*targets, **kw):
    """Who a single step with these targets tells."""
    story = given({"after": "0s", "targets": list(targets)}, **kw)
    story.when("1m", Assign(agent="ann")).enforce("61m")
    return [c.person for c in story.chosen()]


def excluded(*targets, **kw):
    story = given({"after": "0s", "targets": list(targets)}, **kw).enforce("61m")
    found = story.all(EscalationStepFired)[0].excluded
    return {p.person: p.reason for p in found}


# when


def test_a_step_may_be_due_before_the_breach():
    story = given({"after": "-PT15M", "targets": [{"agent": "ann"}]}, BO).enforce("9h")
    assert told(story) == [("PT45M", "ann"), ("PT1H10M", "bo")]


def test_a_step_may_be_due_at_a_share_of_the_target():
    early = {"after": "50%", "targets": [{"agent": "ann"}]}
    assert told(given(early, BO).enforce("9h"))[0] == ("PT30M", "ann")


def test_a_step_before_the_breach_is_not_taken_once_the_promise_is_kept():
    story = given({"after": "50%", "targets": [{"agent": "ann"}]}, BO)
    assert told(story.when("10m", ANSWER).enforce("9h")) == []


def test_a_step_before_the_breach_follows_the_deadline():
    early = {"after": "50%", "targets": [{"agent": "ann"}]}
    story = given(early, BO, policy={"pauses": ["first_response"]})
    story.when("10m", PauseTicket(reason="r")).when("40m", Resume())
    assert told(story.enforce("9h"))[0] == ("PT1H", "ann")


def test_a_ladder_of_early_steps_alone_is_climbed():
    assert told(given(*EARLY).enforce("9h")) == [("PT30M", "ann"), ("PT48M", "bo")]


def test_a_ladder_of_early_steps_alone_ends_with_the_breach():
    story = given(*EARLY).enforce("9h")
    assert story.log(EscalationExhausted) == ["PT1H escalation.exhausted"]


def test_a_ladder_of_early_steps_alone_ends_when_an_acknowledgement_runs_out():
    story = given(*EARLY).enforce("50m").when("50m", Acknowledge(by="ann"))
    assert story.enforce("9h").log(EscalationExhausted) == [
        "PT1H20M escalation.exhausted"
    ]


@pytest.mark.parametrize(("step", "people"), [(None, ["ann", "bo"]), (1, ["bo"])])
def test_a_ladder_of_early_steps_alone_can_be_climbed_again_by_hand(step, people):
    """Once: what comes before the breach is no part of a further round."""
    story = given(*EARLY, repeat=1).enforce("65m")
    story.when("70m", Escalate(by="mia", reason="r", to_step=step)).enforce("9h")
    assert told(story)[2:] == [("PT1H10M", person) for person in people]
    assert story.ticket.runs[-1].state == "exhausted"


def test_the_distance_to_a_step_may_count_business_time():
    late = {"after": "2h", "time": "business", "targets": [{"agent": "bo"}]}
    story = given(ANN, late, policy={"calendar": "office"}).enforce("48h")
    # Broken at 13:00, closed from 14:00 on Sunday to 09:00 on Monday.
    assert told(story)[1] == ("PT22H", "bo")


def test_a_step_is_passed_over_while_its_condition_does_not_hold():
    urgent = {**BO, "when": {"priority": "urgent"}}
    story = given(ANN, urgent, CHEN).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H30M", "chen")]
    assert "priority" in story.one(EscalationStepSkipped).reason


def test_after_an_outage_the_steps_that_were_missed_collapse_into_the_last_one():
    story = given(ANN, BO, CHEN).late("3h")
    assert told(story) == [("PT1H30M", "chen")]
    skipped = [f.reason for f in story.all(EscalationStepSkipped)]
    assert skipped == ["stale: a later step is due as well"] * 2


def test_after_an_outage_the_steps_before_the_breach_collapse_too():
    half = {"after": "50%", "targets": [{"agent": "mia"}]}
    nearly = {"after": "-PT10M", "targets": [{"agent": "top"}]}
    assert told(given(half, nearly).late("PT58M")) == [("PT50M", "top")]
    assert told(given(half, nearly, ANN, BO).late("3h")) == [("PT1H10M", "bo")]


def test_after_an_outage_a_step_stands_for_no_other_if_its_condition_does_not_hold():
    urgent = {**BO, "when": {"priority": "urgent"}}
    assert told(given(ANN, urgent).late("3h")) == [("PT1H", "ann")]
    assert told(given(ANN, urgent, CHEN).late("3h")) == [("PT1H30M", "chen")]


def test_after_an_outage_a_step_that_reaches_nobody_stands_for_none_that_does():
    nobody = {**BO, "targets": [{"assignee": True}]}
    raises = {**BO, "targets": [], "raise_priority": 1}
    assert told(given(ANN, nobody).late("3h")) == [("PT1H", "ann")]
    assert told(given(ANN, raises).late("3h")) == [("PT1H", "ann")]


def test_after_an_outage_what_a_step_changes_is_changed_if_it_tells_nobody():
    raises = [{"after": m, "raise_priority": 1} for m in ("0s", "1m")]
    urgent = {**BO, "when": {"priority": "urgent"}}
    assert told(given(*raises, urgent, CHEN).late("PT1H20M")) == [("PT1H10M", "bo")]


def test_steps_of_one_instant_collapse_together():
    chen = {**CHEN, "after": "10m"}
    story = given(ANN, BO, chen, repeat=2).late("9h")
    assert told(story) == [("PT3H30M", "bo"), ("PT3H30M", "chen")]


def test_a_moment_s_lateness_collapses_nothing():
    story = given(ANN, {**BO, "after": "1m"}).late("PT1H4M")
    assert [person for _, person in told(story)] == ["ann", "bo"]


# who


@pytest.mark.parametrize(
    ("target", "people"),
    [
        ({"manager_of": "assignee"}, ["mia"]),
        ({"manager_of": "assignee", "depth": 2}, ["top"]),
        ({"manager_of": "assignee", "depth": 3}, []),
        ({"lead_of": "second"}, ["bo"]),
        ({"webhook": "top"}, ["top"]),
        ({"team": "second"}, ["ann", "bo", "chen"]),
        (
            {"skilled": {"team": "second", "needs": {"boilers": 1, "english": 2}}},
            ["bo"],
        ),
        ({"skilled": {"team": "second", "needs": ["welding"]}}, []),
    ],
    ids=str,
)
def test_a_target_means(target, people):
    assert who(target) == people


def test_the_least_loaded_of_a_team_is_told():
    assert who({"least_loaded": "second"}, loads={"ann": 3, "bo": 2}) == ["chen"]


def test_who_is_full_is_passed_over():
    agents = {**AGENTS, "chen": {"name": "Chen", "capacity": 2}}
    story = given({"after": "0s", "targets": [{"least_loaded": "second"}]})
    directory = configured({"agents": agents, "teams": TEAMS}).directory
    loads = {"ann": 9, "bo": 9, "chen": 2}
    story.world = replace(story.world, directory=replace(directory, loads=loads))
    fired = story.enforce("61m").one(EscalationStepFired)
    assert ("chen", "full: 2 of 2") in [(p.person, p.reason) for p in fired.excluded]


TURNS = {"after": "0s", "targets": [{"round_robin": "second"}]}


def in_turn(story, *tickets):
    """Whom each of these is told to, one after the other; they end the story's hour."""
    taken = []
    for number in tickets:
        story = Story(story.world, number=number).enforce("61m")
        taken.append(story.chosen()[0].person)
        story.world = story.world.handed(None, story.ticket)
    return taken


def test_a_round_robin_goes_on_with_each_ticket_whatever_its_number():
    assert in_turn(given(TURNS), 3, 3, 9, 7) == ["ann", "bo", "chen", "ann"]


def test_a_held_step_is_taken_as_soon_as_somebody_is_put_on_call():
    story = holding()
    story.enforce("61m")
    covered(story, "90m", "5h")
    story.when("90m", RetryWaiting()).enforce("2h")
    assert [c.person for c in story.chosen()] == ["bo"]
    assert [c.at for c in story.chosen()] == ["PT1H30M"]


def test_a_held_step_waits_no_longer_than_for_who_comes_first():
    story = holding().enforce("61m")
    covered(story, "3h", "5h")
    story.when("2h", RetryWaiting()).enforce("4h")
    assert [c.at for c in story.chosen()] == ["PT3H"]


def test_where_nobody_comes_a_held_step_stays_as_it_is():
    story = holding().enforce("61m").when("2h", RetryWaiting())
    held = story.one(EscalationWaiting)
    assert held.until == held.since + timedelta(hours=9)


def test_a_held_step_is_taken_when_the_ticket_gets_somebody_whom_it_means():
    story = given({"after": "0s", "targets": [{"assignee": True}]}, nobody="hold PT9H")
    story.enforce("61m").when("2h", Assign(agent="bo"))
    assert [c.at for c in story.chosen()] == ["PT2H"]


def test_a_held_step_is_taken_when_whom_it_means_comes_back_from_leave():
    for target in ({"agent": "bo"}, {"least_loaded": "boilers"}, {"team": "boilers"}):
        away = book(leaves=leave_of("bo", "0s", "3h"))
        step = {"after": "0s", "targets": [target]}
        story = given(step, nobody="hold PT9H", oncall=away).enforce("9h")
        assert told(story) == [("PT3H", "bo")]


def test_a_held_step_is_taken_when_a_shift_ends_whose_holder_it_means():
    step = {"after": "0s", "targets": [{"on_call_previous": "front"}]}
    story = given(step, nobody="hold PT9H")
    covered(story, "0s", "3h", base=False)
    assert told(story.enforce("9h")) == [("PT3H", "bo")]


def test_a_held_step_hands_over_when_the_next_shift_begins():
    reassign = {"strategy": "on_call", "team": "front"}
    step = {"after": "0s", "targets": [{"assignee": True}], "reassign": reassign}
    story = given(step, nobody="hold PT9H")
    covered(story, "3h", "5h", base=False)
    assert story.enforce("9h").log(EscalationReassigned)[0][:4] == "PT3H"


def test_a_held_step_is_taken_when_a_rule_gives_the_ticket_to_somebody():
    step = {"after": "0s", "targets": [{"assignee": True}]}
    story = given(
        step, nobody="hold PT9H", oncall=book(leaves=leave_of("bo", "0s", "3h"))
    )
    story.when("1m", Assign(team="boilers"))
    assert told(story.enforce("9h")) == [("PT3H", "bo")]


def test_a_held_step_says_why_it_reaches_nobody():
    reassign = {"team": "boilers"}
    step = {"after": "0s", "targets": [{"agent": "bo"}], "reassign": reassign}
    oncall = book(leaves=leave_of("bo", "0s", "9h"))
    held = (
        given(step, nobody="hold PT5H", oncall=oncall)
        .enforce("2h")
        .one(EscalationWaiting)
    )
    away = f"on leave until {instant('9h').isoformat()}"
    assert [(p.person, p.reason) for p in held.excluded] == [("bo", away)]
    assert [(c.agent, c.reason) for c in held.candidates] == [("bo", away)]


def test_it_is_known_whose_hands_a_held_step_waits_for():
    steps = {"targets": [{"least_loaded": "empty"}], "reassign": {"team": "boilers"}}
    away = book(leaves=leave_of("bo", "0s", "9h"))
    story = given({"after": "0s", **steps}, nobody="hold PT5H", oncall=away)
    assert awaited_teams(story.enforce("59m").ticket) == frozenset()
    assert awaited_teams(story.enforce("2h").ticket) == {"empty", "boilers"}


def leave_of(person, begin, end):
    leave = Leave(
        id="l",
        person=person,
        begin=instant(begin),
        end=instant(end),
        made_at=instant("0s"),
    )
    return {person: (leave,)}


def holding():
    """On call is nobody: the step waits nine hours at most."""
    step = {"after": "0s", "targets": [{"on_call": "front"}]}
    return given(step, nobody="hold PT9H", oncall=book({"front": (["ann"], NIGHTS)}))


EMPTY = Schedule(ref=PolicyRef(name="front", version=1, sha256=""), tz="UTC", layers=())
NIGHTS = [{"from": "02:00", "to": "03:00"}]


def covered(story, begin, end, *, base=True):
    """Bo stands in on `front` then; without `base` nobody else ever is."""
    made = Override(
        id="o",
        kind="add",
        person="bo",
        begin=instant(begin),
        end=instant(end),
        by="mia",
        made_at=instant("0s"),
    )
    plan = story.world.oncall.plans["front"] if base else Plan.of(EMPTY)
    plan = replace(plan, changes=(made,))
    story.world = replace(story.world, oncall=OnCallBook(plans={"front": plan}))


def test_each_step_goes_round_by_itself():
    story = given(TURNS, {**TURNS, "after": "10m"}).enforce("71m")
    assert [c.person for c in story.chosen()] == ["ann", "ann"]
    assert [f.turns for f in story.all(EscalationStepFired)] == [
        {"l/0/0": "ann"},
        {"l/1/0": "ann"},
    ]


def test_who_is_passed_over_keeps_the_place():
    story = given(TURNS)
    leave = Leave(person="bo", begin=instant("-1h"), end=instant("48h"))
    without_bo = replace(story.world, oncall=book(leaves={"bo": (leave,)}))
    story.world = without_bo
    assert in_turn(story, 1, 2) == ["ann", "chen"]
    assert in_turn(story, 3, 4) == ["ann", "chen"]


def test_a_round_robin_that_knows_of_nobody_begins_with_the_first():
    story = given(TURNS)
    gone = {"l/0/0": Turn(person="who-left", at=instant("0s"))}
    story.world = story.world.having(story.world.directory.turned(gone))
    assert in_turn(story, 1) == ["ann"]


def test_who_must_not_deal_with_the_customer_is_not_told_and_it_says_why():
    agents = {**AGENTS, "ann": {**AGENTS["ann"], "conflicts": ["c-1"]}}
    story = given({"after": "0s", "targets": [{"agent": "ann"}, {"agent": "bo"}]})
    directory = configured({"agents": agents, "teams": TEAMS}).directory
    story.world = replace(story.world, directory=directory)
    fired = story.enforce("61m").one(EscalationStepFired)
    assert [c.person for c in fired.chosen] == ["bo"]
    assert [(p.person, p.reason) for p in fired.excluded] == [
        ("ann", "conflict of interest")
    ]


def test_who_declined_it_is_not_the_one_of_the_team_who_is_told():
    teams = {**TEAMS, "second": {**TEAMS["second"], "assignment": {"mode": "offer"}}}
    story = given({"after": "0s", "targets": [{"least_loaded": "second"}]})
    directory = configured({"agents": AGENTS, "teams": teams}).directory
    story.world = replace(story.world, directory=directory)
    story.when("59m", Assign(team="second"))
    story.when("59m", DeclineOffer(agent="ann", reason="at lunch"))
    fired = story.enforce("PT60M1S").one(EscalationStepFired)
    assert ("ann", "declined: at lunch") in [
        (p.person, p.reason) for p in fired.excluded
    ]


REACHED = {**AGENTS, "bo": {**AGENTS["bo"], "email": "bo@shop.example"}}


def without_channels(no_channel):
    """Only Bo can be told by anything."""
    escalation_policy = {"no_channel": no_channel, "steps": [ANN, BO_LATER]}
    return Story(
        world({"p": FIRST}, {"l": escalation_policy}, agents=REACHED, teams=TEAMS)
    )


BO_LATER = {"after": "30m", "targets": [{"agent": "bo"}]}


def test_whom_no_channel_leads_to_counts_as_not_reached_if_the_policy_says_so():
    story = without_channels("pass_over").enforce("61m")
    fired = story.all(EscalationStepFired)
    assert [(p.person, p.reason) for p in fired[0].excluded] == [("ann", "no channel")]
    assert [c.at for c in story.chosen()] == ["PT1H"]
    assert story.chosen()[0].person == "bo"


def test_else_the_log_tells_them_and_the_next_step_has_its_time():
    story = without_channels("tell").enforce("91m")
    assert [c.at for c in story.chosen()] == ["PT1H", "PT1H30M"]


def test_of_a_team_the_one_with_a_channel_is_chosen_if_the_policy_says_so():
    steps = [{"after": "0s", "targets": [{"least_loaded": "second"}]}]
    escalation_policy = {"no_channel": "pass_over", "steps": steps}
    story = Story(
        world({"p": FIRST}, {"l": escalation_policy}, agents=REACHED, teams=TEAMS)
    )
    fired = story.enforce("61m").one(EscalationStepFired)
    assert [c.person for c in fired.chosen] == ["bo"]
    assert {p.reason for p in fired.excluded} == {"no channel"}


def test_who_is_on_call_is_told_and_the_others_are_on_record():
    oncall = book({"front": (["ann", "bo"], None)})
    assert who({"on_call": "front"}, oncall=oncall) == ["ann"]
    assert "bo" in excluded({"on_call": "front"}, oncall=oncall)


def test_who_comes_next_and_who_was_before_can_be_told():
    oncall = book({"front": (["ann", "bo", "chen"], None)})
    targets = [{"on_call_next": "front"}, {"on_call_previous": "front"}]
    assert set(who(*targets, oncall=oncall)) == {"bo", "chen"}


def test_who_is_on_leave_is_not_told_and_the_record_says_until_when():
    until = instant("48h")
    leave = Leave(person="ann", begin=instant("-1h"), end=until)
    oncall = book(leaves={"ann": (leave,)})
    assert who({"agent": "ann"}, oncall=oncall) == []
    assert excluded({"agent": "ann"}, oncall=oncall)["ann"] == (
        f"on leave until {until.isoformat()}"
    )


def test_a_manager_on_leave_is_skipped_up():
    leave = Leave(person="mia", begin=instant("-1h"), end=instant("48h"))
    assert who({"manager_of": "assignee"}, oncall=book(leaves={"mia": (leave,)})) == [
        "top"
    ]


def test_a_person_whom_two_targets_mean_is_told_once_with_both_reasons():
    step = {"after": "0s", "targets": [{"agent": "bo"}, {"lead_of": "second"}]}
    [chosen] = given(step).enforce("61m").chosen()
    assert chosen.reason == "named by the policy; lead of second"


# nobody


def test_a_step_that_reaches_nobody_is_skipped_at_once():
    assert told(given(GONE, CHEN).enforce("9h")) == [("PT1H", "chen")]


def test_a_step_that_reaches_nobody_may_wait_for_the_next_shift():
    day = [{"days": ["mon"], "from": "08:00", "to": "20:00"}]
    step = {"after": "0s", "targets": [{"on_call": "front"}]}
    oncall = book({"front": (["ann"], day)})
    story = given(step, CHEN, nobody="hold P2D", oncall=oncall).enforce("72h")
    assert story.one(EscalationWaiting).until == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert told(story)[0] == ("PT20H", "ann")


def test_a_held_step_waits_no_longer_than_the_policy_says():
    story = given(GONE, CHEN, nobody="hold PT1H").enforce("9h")
    assert told(story) == [("PT2H", "chen")]


def test_a_step_that_reaches_nobody_may_go_to_the_catch_all():
    story = given(GONE, nobody={"catch_all": {"agent": "top"}}).enforce("9h")
    assert told(story) == [("PT1H", "top")]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"team": "empty"}, "empty has nobody in it"),
        ({"lead_of": "empty"}, "empty has no lead"),
        ({"assignee": True}, "nobody holds the ticket"),
        (
            {"manager_of": "assignee"},
            "nobody holds the ticket, so nobody is the manager",
        ),
        ({"on_call_next": "front"}, "there is no schedule front"),
    ],
)
def test_a_target_that_means_nobody_at_all_says_why(target, why):
    story = given({"after": "0s", "targets": [target]})
    assert story.enforce("61m").one(EscalationStepFired).unresolved_targets == (why,)


def test_a_chain_of_managers_that_is_too_short_says_so():
    step = {"after": "0s", "targets": [{"manager_of": "assignee", "depth": 3}]}
    story = given(step).when("1m", Assign(agent="ann")).enforce("61m")
    assert story.one(EscalationStepFired).unresolved_targets == (
        "nobody is 3 above ann: top has no manager",
    )


def chain(up_to, agents=None, **kw):
    """The record of a step for so many managers of Ann."""
    target = {"manager_of": "assignee", "up_to": up_to}
    story = given({"after": "0s", "targets": [target]}, **kw)
    directory = story.world.directory
    known = {n: replace(directory.agents[n], **a) for n, a in (agents or {}).items()}
    directory = replace(directory, agents={**directory.agents, **known})
    story.world = replace(story.world, directory=directory)
    story.when("1m", Assign(agent="ann")).enforce("61m")
    return story.one(EscalationStepFired)


def test_a_whole_chain_of_managers_is_told_with_the_level_of_each():
    fired = chain(2)
    assert [(c.person, c.reasons) for c in fired.chosen] == [
        ("mia", ("manager of ann, 1 up",)),
        ("top", ("manager of ann, 2 up",)),
    ]
    assert fired.unresolved_targets == ()


def test_a_whole_chain_goes_no_further_up_than_asked():
    assert [c.person for c in chain(1).chosen] == ["mia"]


def test_a_chain_goes_on_above_who_is_passed_over():
    leave = Leave(person="mia", begin=instant("-1h"), end=instant("48h"))
    fired = chain(2, oncall=book(leaves={"mia": (leave,)}))
    assert [(c.person, c.reasons) for c in fired.chosen] == [
        ("top", ("manager of ann, 2 up",))
    ]
    assert [p.person for p in fired.excluded] == ["mia"]
    assert fired.unresolved_targets == ()


def test_a_chain_that_ends_before_the_level_asked_for_is_told_and_says_so():
    fired = chain(5)
    assert [c.person for c in fired.chosen] == ["mia", "top"]
    assert fired.unresolved_targets == ("nobody is 5 above ann: top has no manager",)


def test_a_circle_ends_a_chain_and_says_so():
    """Refused today; a log may hold one from when it was not."""
    fired = chain(5, agents={"top": {"manager": "ann"}})
    assert [c.person for c in fired.chosen] == ["mia", "top"]
    assert fired.unresolved_targets == (
        "nobody is 5 above ann: top is managed by ann, which is a circle",
    )


def test_nobody_is_told_as_their_own_manager():
    story = given(
        {"after": "0s", "targets": [{"manager_of": "assignee", "depth": 3}]},
    )
    agents = story.world.directory.agents
    circle = {**agents, "top": replace(agents["top"], manager="ann")}
    directory = replace(story.world.directory, agents=circle)
    story.world = replace(story.world, directory=directory)
    story.when("1m", Assign(agent="ann")).enforce("61m")
    assert told(story) == []


def test_a_chain_without_an_assignee_says_so():
    step = {"after": "0s", "targets": [{"manager_of": "assignee", "up_to": 2}]}
    assert given(step).enforce("61m").one(EscalationStepFired).unresolved_targets == (
        "nobody holds the ticket, so nobody is the manager",
    )


@pytest.mark.parametrize(
    ("levels", "pointer"),
    [
        ({"up_to": 0}, "/up_to"),
        ({"up_to": 11}, "/up_to"),
        ({"up_to": 2, "depth": 2}, ""),
    ],
)
def test_levels_of_managers_that_make_no_sense_are_refused(levels, pointer):
    step = {"after": "0s", "targets": [{"manager_of": "assignee", **levels}]}
    with pytest.raises(InvalidError) as refused:
        given(step)
    where = f"/steps/0/targets/0{pointer}"
    assert [e.pointer for e in refused.value.errors] == [where]


def test_who_is_told_as_the_catch_all_reads_so():
    story = given(GONE, nobody={"catch_all": {"agent": "top"}}).enforce("9h")
    [chosen] = story.one(EscalationStepFired).chosen
    assert chosen.reasons == (
        "catch-all, as the step reaches nobody: named by the policy",
    )


def test_a_ladder_that_reaches_nobody_at_all_ends_and_says_so():
    story = given(GONE, GONE, repeat=1).enforce("9h")
    assert story.log()[-1].endswith("escalation.exhausted")
    assert len(story.all(EscalationStepSkipped)) == 4


# acknowledged


def test_an_acknowledgement_stops_the_climb_until_it_expires():
    story = given(ANN, BO).when("61m", Acknowledge(by="ann")).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H31M", "bo")]


def test_progress_keeps_an_acknowledgement_alive():
    story = given(ANN, BO, policy={"match": [{"targets": {"resolution": "1h"}}]})
    story.when("61m", Acknowledge(by="ann")).when("90m", message("agent", "internal"))
    assert told(story.enforce("9h"))[1] == ("PT2H", "bo")


def test_what_the_customer_writes_is_no_progress():
    story = given(ANN, BO, policy={"match": [{"targets": {"resolution": "1h"}}]})
    story.when("61m", Acknowledge(by="ann")).when("80m", CUSTOMER).enforce("9h")
    assert told(story)[1] == ("PT1H31M", "bo")


def test_an_acknowledgement_that_runs_out_never_goes_back_to_the_first_step():
    story = given(ANN, BO, CHEN).enforce("75m").when("75m", Acknowledge(by="ann"))
    story.enforce("9h")
    assert [person for _, person in told(story)] == ["ann", "bo", "chen"]


def test_an_acknowledgement_may_last_for_good():
    story = given(ANN, BO, acknowledge_expires="never")
    assert told(story.when("61m", Acknowledge(by="ann")).enforce("9h")) == [
        ("PT1H", "ann")
    ]


def test_a_policy_sets_how_long_an_acknowledgement_lasts():
    story = given(ANN, BO, acknowledge_expires="5m")
    acknowledged = story.when("61m", Acknowledge(by="ann")).one(EscalationAcknowledged)
    assert acknowledged.until == instant("66m")


def test_an_acknowledgement_outlasts_the_breach_and_what_it_held_back_is_on_record():
    story = given(*EARLY, CHEN).when("40m", Acknowledge(by="ann")).enforce("69m")
    assert told(story) == [("PT30M", "ann")]
    assert story.one(EscalationStepSkipped).reason == "the promise was broken before it"
    assert told(story.enforce("9h"))[1:] == [("PT1H10M", "chen")]


# paused


def test_a_pause_holds_the_climb_no_longer_than_the_policy_says():
    story = given(ANN, BO, longest_pause="1h")
    story.when("65m", PauseTicket(reason="r")).enforce("9h")
    assert told(story)[1] == ("PT2H10M", "bo")


def test_who_acknowledges_in_a_pause_is_not_climbed_over_when_it_ends():
    story = given(ANN, BO).when("65m", PauseTicket(reason="r"))
    story.when("66m", Acknowledge(by="ann")).when("67m", Resume()).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H36M", "bo")]


def test_an_acknowledgement_for_good_ends_a_climb_that_a_pause_holds():
    story = given(ANN, BO, acknowledge_expires="never")
    story.when("65m", PauseTicket(reason="r")).when("66m", Acknowledge(by="ann"))
    assert told(story.when("67m", Resume()).enforce("9h")) == [("PT1H", "ann")]


def test_a_paused_ticket_holds_the_climb_after_an_acknowledgement_too():
    story = given(ANN, BO, longest_pause="1h").when("61m", Acknowledge(by="ann"))
    story.when("65m", PauseTicket(reason="r")).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT2H35M", "bo")]


# by hand


def test_a_run_can_be_sent_to_a_step():
    story = given(ANN, BO, CHEN).enforce("61m")
    story.when("62m", Escalate(by="mia", reason="angry", to_step=2))
    assert told(story) == [("PT1H", "ann"), ("PT1H2M", "chen")]
    assert story.one(EscalationForced).reason == "angry"


def test_without_a_step_it_is_the_next_one_now():
    story = given(ANN, BO).when("61m", Escalate(by="mia", reason="r"))
    assert told(story)[1] == ("PT1H1M", "bo")


def test_a_ticket_can_be_escalated_before_anything_is_broken():
    story = given(ANN, BO).when("5m", Escalate(by="mia", reason="r"))
    assert told(story) == [("PT5M", "ann")]
    assert story.one(EscalationStarted).breach_at is None


def test_after_a_breach_a_run_that_was_started_by_hand_goes_on():
    story = given(ANN, BO).when("5m", Escalate(by="mia", reason="r")).enforce("9h")
    assert len(story.all(EscalationStarted)) == 1
    assert told(story)[-1] == ("PT1H10M", "bo")


def test_a_step_that_is_not_there_is_refused_by_field():
    with pytest.raises(InvalidError, match="/to_step"):
        given(ANN).when("61m", Escalate(by="mia", reason="r", to_step=1))


def test_a_ticket_without_a_ladder_cannot_be_escalated():
    story = Story(world({"p": {"match": [{"targets": {"resolution": "1h"}}]}}))
    with pytest.raises(RuleError, match="no escalation policy"):
        story.when("5m", Escalate(by="mia", reason="r"))


# what else


def test_a_step_adds_watchers():
    assert given({**ANN, "watch": ["top"]}).enforce("61m").ticket.watchers == ("top",)


def test_who_is_on_call_can_take_over():
    oncall = book({"front": (["bo"], None)})
    move = {"after": "0s", "reassign": {"strategy": "on_call", "team": "front"}}
    story = given(move, oncall=oncall).enforce("61m")
    assert story.one(EscalationReassigned).to_agent == "bo"


def test_a_raise_of_priority_inside_a_step_moves_the_early_steps_too():
    rules = [
        {"when": {"priority": "high"}, "targets": {"first_response": "30m"}},
        {"targets": {"first_response": "2h"}},
    ]
    early = {"after": "50%", "targets": [{"agent": "ann"}]}
    story = given(early, BO, policy={"match": rules})
    story.when("1m", Change(priority="high")).enforce("9h")
    assert told(story)[0] == ("PT15M", "ann")


def test_a_step_names_when_the_next_one_is_due():
    fired = given(ANN, BO).enforce("61m").one(EscalationStepFired)
    assert (fired.next_step, fired.next_due_at) == (1, instant("70m"))
    assert fired.due_at == instant("60m") == instant("0s") + timedelta(hours=1)


LOST = StepUndelivered(
    clock="first_response/1",
    step=0,
    repetition=0,
    people=("ann",),
    reason="all channels failed",
)


def test_when_no_message_comes_through_the_next_step_does_not_wait():
    story = given(ANN, BO).enforce("61m").when("62m", LOST).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H2M", "bo")]


def test_when_no_message_of_the_last_step_comes_through_the_ticket_says_so():
    story = given(ANN).enforce("61m").when("62m", LOST)
    assert story.one(EscalationUndelivered).people == ("ann",)
    assert told(story.enforce("9h")) == [("PT1H", "ann")]


def test_when_no_message_of_the_last_step_comes_through_the_catch_all_hears_once():
    nobody = {"nobody": {"catch_all": {"team": "second"}}}
    story = given(ANN, **nobody).enforce("61m").when("62m", LOST)
    heard = [("PT1H", "ann"), ("PT1H2M", "bo"), ("PT1H2M", "chen")]
    assert told(story) == heard
    assert "no message came through" in story.chosen()[-1].reason
    everybody = replace(LOST, people=("ann", "bo", "chen"))
    assert told(story.when("63m", everybody).enforce("9h")) == heard


def test_the_catch_all_is_left_alone_while_a_step_follows():
    nobody = {"nobody": {"catch_all": {"agent": "chen"}}}
    story = given(ANN, BO, **nobody).enforce("61m").when("62m", LOST)
    assert told(story.enforce("9h")) == [("PT1H", "ann"), ("PT1H2M", "bo")]


def test_a_climb_that_went_on_meanwhile_is_not_hurried():
    lost = StepUndelivered(
        clock="first_response/1", step=0, repetition=0, people=("ann",), reason="r"
    )
    story = given(ANN, BO, CHEN).enforce("71m").when("72m", lost).enforce("9h")
    assert told(story)[2] == ("PT1H30M", "chen")


def migrated(story, at, **escalation_policy):
    """By order, to a ladder like this."""
    config = published(
        story.world.config, "escalation-policies", "l", escalation_policy
    )
    story.world = replace(story.world, config=config)
    order = RestatePromises(
        policies=False, calendars=False, escalation_policies=True, reason="r"
    )
    return story.when(at, order)


def test_a_run_can_be_migrated_to_the_newest_version_of_its_ladder():
    chen = {"after": "10m", "targets": [{"agent": "chen"}]}
    story = migrated(given(ANN, BO).enforce("61m"), "62m", steps=[ANN, chen])
    story.enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H10M", "chen")]
    assert story.one(EscalationMigrated).new.version == 2


def test_a_run_that_is_migrated_past_its_last_round_ends_with_the_round():
    story = migrated(given(ANN, BO, repeat=2).enforce("85m"), "86m", steps=[ANN, BO])
    assert told(story.enforce("9h"))[3:] == [("PT1H30M", "bo")]


def test_a_run_can_be_migrated_to_a_ladder_of_early_steps_alone():
    story = given(ANN, BO, repeat=2).enforce("85m")
    migrated(story, "86m", steps=EARLY, repeat=2).enforce("9h")
    assert told(story)[3:] == [("PT1H26M", "bo")]
    assert story.ticket.runs[-1].state == "exhausted"


def test_a_ladder_is_migrated_with_its_steps_before_the_breach():
    story = migrated(given(*EARLY, CHEN).enforce("10m"), "20m", steps=[ANN, BO])
    assert told(story.enforce("9h")) == [("PT1H", "ann"), ("PT1H10M", "bo")]
    story = migrated(given(ANN).enforce("10m"), "20m", steps=[*EARLY, CHEN])
    assert [when for when, _ in told(story.enforce("9h"))] == [
        "PT30M",
        "PT48M",
        "PT1H30M",
    ]


def test_a_migration_of_before_that_was_recorded_keeps_what_both_ladders_have():
    story = migrated(given(*EARLY, CHEN), "20m", steps=[EARLY[0], BO])
    old = [
        replace(e, fact=replace(e.fact, early=None))
        if isinstance(e.fact, EscalationMigrated)
        else e
        for e in story.events
    ]
    assert [e.step for e in fold(old).clocks[0].early] == [0]


def test_without_an_order_a_run_keeps_the_version_of_its_ladder():
    story = given(ANN, BO).enforce("61m")
    other = {"steps": [{"after": "0s", "targets": [{"agent": "chen"}]}]}
    config = published(story.world.config, "escalation-policies", "l", other)
    story.world = replace(story.world, config=config)
    assert told(story.enforce("9h")) == [("PT1H", "ann"), ("PT1H10M", "bo")]


# before the breach, in wall time or business time


def lead_steps(after, **time):
    return {"after": after, "targets": [{"agent": "bo"}], **time}


def before_the_breach(step, **fields):
    """The calendar closes from 14:00 on Sunday to 09:00 on Monday; 4 h from noon are
    due at 11:00 on Monday, 23 h later.
    """
    targets = {"resolution": "4h"}
    made = office_world(targets, step)
    return Story(made, **fields)


def office_world(targets, step):
    hours = {d: [["09:00", "14:00"]] for d in ("mon", "tue", "wed", "sun")}
    config = configured(
        {
            "agents": AGENTS,
            "calendars": {"office": {"tz": "UTC", "hours": hours}},
            "escalation-policies": {"climb": {"steps": [step]}},
            "sla-policies": {
                "care": {
                    "match": [{"targets": targets}],
                    "calendar": "office",
                    "escalation_policy": "climb",
                }
            },
        }
    )
    return World(config=config, directory=config.directory)


def fired_at(story):
    return [line.split()[0] for line in story.log(EscalationStepFired)]


@pytest.mark.parametrize(
    ("step", "at"),
    [
        (lead_steps("-PT15M", time="wall"), "PT22H45M"),
        (lead_steps("-PT15M"), "PT22H45M"),
        (lead_steps("-PT3H", time="wall"), "PT20H"),
        (lead_steps("-PT3H", time="business"), "PT1H"),
        (lead_steps("75%"), "PT22H"),
        (lead_steps("75%", time="business"), "PT22H"),
        (lead_steps("50%", time="wall"), "PT11H30M"),
        (lead_steps("-PT20H", time="wall"), "PT3H"),
    ],
)
def test_field_004_a_step_before_the_breach_counts_in_its_own_time(step, at):
    assert fired_at(before_the_breach(step).enforce("23h")) == [at]


def test_a_lead_in_wall_time_that_is_longer_than_the_way_there_is_not_taken():
    story = before_the_breach(lead_steps("-PT24H", time="wall")).enforce("23h")
    assert fired_at(story) == []


def test_a_lead_in_wall_time_moves_with_the_due_instant():
    story = before_the_breach(lead_steps("-PT15M", time="wall"))
    story.when("30m", PauseTicket(reason="r")).when("1h", Resume(reason="r"))
    assert fired_at(story.enforce("24h")) == ["PT23H15M"]


def test_a_lead_in_wall_time_moves_with_another_promise():
    story = before_the_breach(lead_steps("-PT15M", time="wall"))
    config = story.world.config
    quicker = {
        "match": [{"targets": {"resolution": "3h"}}],
        "calendar": "office",
        "escalation_policy": "climb",
    }
    config = published(config, "sla-policies", "care", quicker)
    story.world = replace(story.world, config=config)
    order = RestatePromises(policies=True, calendars=False, reason="r")
    assert fired_at(story.when("1h", order).enforce("23h")) == ["PT21H45M"]
