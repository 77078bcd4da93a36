"""An acknowledgement or a pause holds a climb, and for how long."""

from domain.escalation.commands import Acknowledge
from domain.escalation.facts import EscalationAcknowledged, EscalationStepSkipped
from domain.ticket.decide import PauseTicket, Resume
from tests.support.dsl import CUSTOMER, instant, message
from tests.support.escalation_policies import ANN, BO, CHEN, EARLY, given, told


def test_an_acknowledgement_stops_the_escalation_until_it_expires():
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
    assert (
        story.one(EscalationStepSkipped).reason == "the promise was breached before it"
    )
    assert told(story.enforce("9h"))[1:] == [("PT1H10M", "chen")]


def test_a_pause_holds_the_escalation_no_longer_than_the_policy_says():
    story = given(ANN, BO, longest_pause="1h")
    story.when("65m", PauseTicket(reason="r")).enforce("9h")
    assert told(story)[1] == ("PT2H10M", "bo")


def test_who_acknowledges_in_a_pause_is_not_skipped_when_it_ends():
    story = given(ANN, BO).when("65m", PauseTicket(reason="r"))
    story.when("66m", Acknowledge(by="ann")).when("67m", Resume()).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H36M", "bo")]


def test_an_acknowledgement_for_good_ends_an_escalation_that_a_pause_holds():
    story = given(ANN, BO, acknowledge_expires="never")
    story.when("65m", PauseTicket(reason="r")).when("66m", Acknowledge(by="ann"))
    assert told(story.when("67m", Resume()).enforce("9h")) == [("PT1H", "ann")]


def test_a_paused_ticket_holds_the_escalation_after_an_acknowledgement_too():
    story = given(ANN, BO, longest_pause="1h").when("61m", Acknowledge(by="ann"))
    story.when("65m", PauseTicket(reason="r")).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT2H35M", "bo")]
