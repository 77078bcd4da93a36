"""Who is meant by a step, who is passed over, and why."""

from dataclasses import replace

import pytest

from domain.assignment.commands import DeclineOffer
from domain.escalation.facts import EscalationStepFired
from domain.oncall.override import Leave
from domain.people.directory import Turn
from domain.ticket.decide import Assign
from tests.support.dsl import Story, configured, instant, world
from tests.support.escalation_policies import (
    AGENTS,
    ANN,
    FIRST,
    TEAMS,
    book,
    given,
    who,
)


def excluded(*targets, **kw):
    story = given({"after": "0s", "targets": list(targets)}, **kw).enforce("61m")
    found = story.all(EscalationStepFired)[0].excluded
    return {p.person: p.reason for p in found}


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


def test_the_least_loaded_of_a_team_is_notified():
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


def test_who_must_not_deal_with_the_customer_is_not_notified_and_it_says_why():
    agents = {**AGENTS, "ann": {**AGENTS["ann"], "conflicts": ["c-1"]}}
    story = given({"after": "0s", "targets": [{"agent": "ann"}, {"agent": "bo"}]})
    directory = configured({"agents": agents, "teams": TEAMS}).directory
    story.world = replace(story.world, directory=directory)
    fired = story.enforce("61m").one(EscalationStepFired)
    assert [c.person for c in fired.chosen] == ["bo"]
    assert [(p.person, p.reason) for p in fired.excluded] == [
        ("ann", "conflict of interest")
    ]


def test_who_declined_it_is_not_the_one_of_the_team_who_is_notified():
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


def test_who_is_on_call_is_notified_and_the_others_are_on_record():
    oncall = book({"front": (["ann", "bo"], None)})
    assert who({"on_call": "front"}, oncall=oncall) == ["ann"]
    assert "bo" in excluded({"on_call": "front"}, oncall=oncall)


def test_who_comes_next_and_who_was_before_can_be_notified():
    oncall = book({"front": (["ann", "bo", "chen"], None)})
    targets = [{"on_call_next": "front"}, {"on_call_previous": "front"}]
    assert set(who(*targets, oncall=oncall)) == {"bo", "chen"}


def test_who_is_on_leave_is_not_notified_and_the_record_says_until_when():
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


def test_a_person_whom_two_targets_mean_is_notified_once_with_both_reasons():
    step = {"after": "0s", "targets": [{"agent": "bo"}, {"lead_of": "second"}]}
    [chosen] = given(step).enforce("61m").chosen()
    assert chosen.reason == "named by the policy; lead of second"
