"""One promise: warned of, broken, judged."""

from datetime import timedelta

import pytest

from domain.lifecycle.facts import TicketResumed
from domain.sla.facts import SlaBreached, SlaMet, SlaMissed, SlaWarned
from domain.ticket.decide import PauseTicket, Resolve, Resume
from tests.support.dsl import ANSWER, BOT, CUSTOMER, NOTE, Story, instant, promising

MICROSECOND = timedelta(microseconds=1)
FIRST = {"first_response": "PT30M"}
SOLVED = {"resolution": "PT1H"}


def given(targets, at="PT0S", **policy):
    return Story(promising(targets, **policy), at)


# warned


def test_a_percentage_warns_at_that_share_of_the_target():
    story = given(SOLVED, warn_at=["50%", "80%"]).enforce("59m")
    assert story.log(SlaWarned) == ["PT30M sla.warned", "PT48M sla.warned"]


def test_a_duration_warns_so_long_before_the_due_instant():
    assert given(SOLVED, warn_at=["PT5M"]).enforce("59m").log(SlaWarned) == [
        "PT55M sla.warned"
    ]


def test_a_warning_longer_than_the_target_is_not_given_before_the_start():
    story = given({"resolution": "PT3S"}, warn_at=["PT5M"]).enforce("1h")
    assert story.all(SlaWarned) == []


def test_nothing_is_warned_of_before_its_instant():
    assert given(SOLVED, warn_at=["50%"]).enforce("1799s").all(SlaWarned) == []


def test_each_warning_is_given_once():
    story = given(SOLVED, warn_at=["50%"]).enforce("30m").enforce("31m").enforce("50m")
    assert len(story.all(SlaWarned)) == 1


def test_after_the_answer_nothing_is_warned_of():
    story = given(FIRST, warn_at=["50%"]).when("5m", ANSWER).enforce("1h")
    assert story.all(SlaWarned) == []


def test_a_warning_says_when_it_would_be_too_late():
    warned = given(SOLVED, warn_at=["50%"]).enforce("30m").one(SlaWarned)
    assert (warned.warn_at, warned.due_at) == (instant("30m"), instant("1h"))


def test_a_pause_moves_the_warning_with_the_deadline():
    story = given(SOLVED, warn_at=["50%"])
    story.when("10m", PauseTicket(reason="asked")).when("20m", Resume())
    assert story.enforce("1h").log(SlaWarned) == ["PT40M sla.warned"]


# broken


def test_at_the_due_instant_itself_the_promise_still_holds():
    assert given(FIRST).enforce("30m").all(SlaBreached) == []


def test_the_smallest_moment_later_it_is_broken():
    assert given(FIRST).enforce("PT30M0.000001S").all(SlaBreached)


def test_the_breach_carries_its_exact_instant_however_late_it_is_found():
    event = given(FIRST).late("5h").event(SlaBreached)
    assert event.timestamp == event.fact.breach_at == instant("30m")


def test_an_answer_at_the_due_instant_meets_the_promise():
    assert given(FIRST).when("30m", ANSWER).one(SlaMet).elapsed == timedelta(minutes=30)


def test_an_answer_a_microsecond_later_misses_it():
    missed = given(FIRST).when("PT30M0.000001S", ANSWER).one(SlaMissed)
    assert missed.overrun == MICROSECOND


def test_the_breach_comes_before_the_late_answer_though_nobody_enforced():
    story = given(FIRST).when("40m", ANSWER)
    assert story.log("sla", "ticket")[3:] == [
        "PT30M sla.breached",
        "PT40M ticket.message_added",
        "PT40M sla.missed",
    ]


def test_a_breach_names_who_held_the_ticket():
    assert given(FIRST).enforce("1h").one(SlaBreached).assignee is None


def test_enforcing_late_gives_the_same_events_at_the_same_instants():
    steps = [{"after": "0s", "targets": [{"agent": "bo"}]}]
    on_time = given(SOLVED, warn_at=["50%", "PT5M"], steps=steps)
    late = given(SOLVED, warn_at=["50%", "PT5M"], steps=steps)
    for at in ("30m", "55m", "1h", "PT1H0.000001S"):
        on_time.enforce(at)
    assert late.late("9h").events == on_time.events


@pytest.mark.parametrize("answered", ["29m", "31m"])
def test_the_verdict_does_not_depend_on_when_the_timer_fired(answered):
    watched = given(FIRST)
    for at in range(int(answered[:-1]) + 1):
        watched.enforce(f"{at}m")
    assert (
        watched.when(answered, ANSWER).events
        == given(FIRST).when(answered, ANSWER).events
    )


# judged


def test_a_breach_does_not_end_the_clock():
    clock = given(FIRST).enforce("2h").clock("first_response")
    assert (clock.state, clock.breached_at) == ("running", instant("30m"))


def test_the_overrun_is_frozen_when_the_clock_stops():
    story = given(SOLVED).when("90m", Resolve()).enforce("9h")
    assert story.one(SlaMissed).overrun == timedelta(minutes=30)
    assert story.clock("resolution").elapsed == timedelta(minutes=90)


@pytest.mark.parametrize("message", [NOTE, BOT, CUSTOMER])
def test_only_a_public_word_of_an_agent_is_an_answer(message):
    assert given(FIRST).when("5m", message).clock("first_response").live


def test_to_resolve_is_to_answer():
    assert given(FIRST).when("5m", Resolve()).one(SlaMet).metric == "first_response"


def test_an_answer_does_not_stop_the_resolution():
    assert given(SOLVED).when("5m", ANSWER).clock("resolution").live


def test_each_verdict_names_the_event_that_brought_it():
    story = given(FIRST).when("5m", ANSWER)
    assert story.event(SlaMet).meta.causation_id == "t-1/4"


# paused


def test_a_pause_stops_the_resolution_and_no_deadline_is_shown():
    clock = given(SOLVED).when("10m", PauseTicket(reason="r")).clock("resolution")
    assert (clock.state, clock.due_at) == ("paused", None)


def test_what_was_paused_does_not_count():
    story = given(SOLVED).when("10m", PauseTicket(reason="r")).when("40m", Resume())
    assert story.clock("resolution").due_at == instant("90m")


def test_a_promise_is_not_broken_while_it_is_paused_over_its_due_instant():
    story = given(SOLVED).when("10m", PauseTicket(reason="r")).enforce("5h")
    assert story.all(SlaBreached) == []


def test_after_a_pause_over_the_due_instant_what_was_left_is_left():
    story = given(SOLVED).when("10m", PauseTicket(reason="r")).when("5h", Resume())
    assert story.enforce("9h").log(SlaBreached) == ["PT5H50M sla.breached"]


def test_a_pause_at_the_very_due_instant_breaks_nothing_before_it_ends():
    story = given(SOLVED).when("1h", PauseTicket(reason="r")).when("2h", Resume())
    assert story.enforce("3h").log(SlaBreached) == ["PT2H sla.breached"]


def test_a_pause_upon_a_pause_counts_as_one():
    story = given(SOLVED)
    story.when("1h", PauseTicket(reason="r", until=instant("2h")))
    story.when("2h", PauseTicket(reason="again")).when("3h", Resume())
    assert story.enforce("9h").log(SlaBreached) == ["PT3H sla.breached"]


def test_a_pause_with_an_end_goes_on_by_itself():
    story = given(SOLVED).when("10m", PauseTicket(reason="r", until=instant("40m")))
    assert story.enforce("1h").log(TicketResumed) == ["PT40M ticket.resumed"]
    assert story.clock("resolution").due_at == instant("90m")


def test_the_customer_s_word_ends_the_wait_for_it():
    story = given(SOLVED).when("10m", PauseTicket(reason="r")).when("20m", CUSTOMER)
    assert story.ticket.status == "open"


def test_the_customer_s_word_does_not_end_the_wait_for_somebody_else():
    pause = PauseTicket(reason="r", status="on_hold")
    assert given(SOLVED).when("10m", pause, CUSTOMER).ticket.status == "on_hold"


def test_a_ticket_resolved_from_a_pause_keeps_what_it_had_used():
    story = given(SOLVED).when("10m", PauseTicket(reason="r")).when("9h", Resolve())
    assert story.one(SlaMet).elapsed == timedelta(minutes=10)


def test_the_first_response_is_not_excused_by_a_pause():
    story = given(FIRST).when("10m", PauseTicket(reason="r")).enforce("31m")
    assert story.log(SlaBreached) == ["PT30M sla.breached"]


def test_a_policy_may_pause_the_first_response_too():
    story = given(FIRST, pauses=["first_response"])
    story.when("10m", PauseTicket(reason="r")).when("20m", Resume())
    assert story.clock("first_response").due_at == instant("40m")
