"""Who has a ticket: the clocks of its assignment and of its teams; and all at once."""

from domain.sla.facts import SlaAttached
from domain.ticket.decide import Assign, Reopen, Resolve
from tests.support.clocks import at, cycles, due, office, opened, told


def given(metric):
    """A ticket of Monday 10:00 with one promise in office hours."""
    return opened(office({metric: "4h"}))


# assignment


def test_the_assignment_counts_until_somebody_owns_the_ticket():
    story = given("assignment").when(at("11:00"), Assign(agent="ann"))
    assert cycles(story, "assignment") == [("Mon 12 10:00", "met")]


def test_a_team_is_not_an_owner():
    story = given("assignment").when(at("11:00"), Assign(team="front"))
    assert story.clock("assignment").live


def test_another_owner_is_not_another_assignment():
    story = given("assignment").when(at("11:00"), Assign(agent="ann"))
    story.when(at("12:00"), Assign(agent="bo"))
    assert len(story.all(SlaAttached)) == 1


def test_a_ticket_handed_to_a_team_waits_for_an_owner_again():
    story = given("assignment").when(at("11:00"), Assign(agent="ann"))
    story.when(at("12:00"), Assign(team="second"))
    assert cycles(story, "assignment")[1] == ("Mon 12 12:00", "running")


def test_a_ticket_resolved_without_an_owner_waits_for_none():
    assert not given("assignment").when(at("11:00"), Resolve()).clock("assignment").live


# team


def test_without_a_team_no_team_has_a_clock():
    assert given("team").ticket.clocks == ()


def test_a_team_s_clock_counts_from_the_hand_over_to_it():
    story = given("team").when(at("11:00"), Assign(team="front"))
    assert (due(story, "team"), story.clock("team").team) == ("Mon 12 15:00", "front")


def test_a_transfer_stops_the_clock_of_one_team_and_starts_that_of_the_next():
    story = given("team").when(at("11:00"), Assign(team="front"))
    story.when(at("14:00"), Assign(team="second"))
    assert cycles(story, "team") == [
        ("Mon 12 11:00", "met"),
        ("Mon 12 14:00", "running"),
    ]
    assert [clock.team for clock in story.ticket.clocks] == ["front", "second"]


def test_the_team_that_hands_over_too_late_has_missed_and_the_next_one_has_not():
    story = given("team").when(at("11:00"), Assign(team="front"))
    story.when(at("16:00"), Assign(team="second")).when(at("16:30"), Resolve())
    assert [(clock.team, clock.state) for clock in story.ticket.clocks] == [
        ("front", "missed"),
        ("second", "met"),
    ]


def test_another_member_of_the_same_team_is_no_transfer():
    story = given("team").when(at("11:00"), Assign(team="second", agent="bo"))
    story.when(at("12:00"), Assign(agent="chen"))
    assert cycles(story, "team") == [("Mon 12 11:00", "running")]


def test_the_clock_of_the_customer_does_not_notice_a_transfer():
    story = opened(office({"team": "4h", "resolution": "8h"}))
    story.when(at("11:00"), Assign(team="front"))
    story.when(at("14:00"), Assign(team="second"))
    assert cycles(story, "resolution") == [("Mon 12 10:00", "running")]


def test_a_reopened_ticket_is_a_new_promise_of_its_team():
    story = given("team").when(at("11:00"), Assign(team="front"))
    story.when(at("12:00"), Resolve()).when(at("15:00"), Reopen(reason="r"))
    assert cycles(story, "team")[1] == ("Mon 12 15:00", "running")


# all of them at once


def test_any_number_of_clocks_run_on_one_ticket():
    metrics = ("first_response", "requester_wait", "agent_work", "resolution")
    story = opened(office({**dict.fromkeys(metrics, "4h"), "assignment": "1h"}))
    assert told(story, SlaAttached) == ["Mon 12 10:00 sla.attached"] * 5


def test_the_policies_of_a_ticket_may_promise_different_metrics():
    others = {"desk": {"match": [{"targets": {"assignment": "PT30M"}}], "order": 200}}
    story = opened(office({"resolution": "4h"}, others=others))
    assert [(c.metric, c.policy.name) for c in story.ticket.clocks] == [
        ("resolution", "care"),
        ("assignment", "desk"),
    ]
