"""Each metric of the contract: what starts it, pauses it, stops it, starts it anew."""

import pytest

from domain.sla.facts import SlaMet, SlaPaused
from domain.ticket.decide import Close, Reopen, Resolve, Resume
from tests.support.clocks import (
    ON_HOLD,
    PENDING,
    TUESDAY,
    at,
    cycles,
    due,
    office,
    opened,
    said,
    seen,
)
from tests.support.dsl import ANSWER, BOT, CUSTOMER, NOTE

THANKS = said("customer", expects_reply=False)
RECEIPT = said(automatic=True)


def given(metric, target="4h", *, policy=None, **fields):
    """A ticket of Monday 10:00 with one promise in office hours."""
    return opened(office({metric: target}, **(policy or {})), **fields)


# first_response


def test_the_first_response_counts_from_the_customer_s_opening():
    assert due(given("first_response"), "first_response") == "Mon 12 14:00"


def test_the_first_response_of_a_ticket_that_an_agent_opened_waits_for_the_customer():
    story = given("first_response", opened_by="agent")
    assert story.ticket.clocks == ()
    story.when(at("12:00"), CUSTOMER)
    assert due(story, "first_response") == "Mon 12 16:00"


def test_the_comment_that_opens_a_ticket_is_no_response():
    story = given("first_response", opened_by="agent").when(at("12:00"), CUSTOMER)
    assert story.clock("first_response").live


def test_what_an_agent_writes_before_the_customer_does_answers_nobody():
    story = given("first_response", opened_by="agent").when(at("11:00"), ANSWER)
    story.when(at("12:00"), CUSTOMER)
    assert cycles(story, "first_response") == [("Mon 12 12:00", "running")]


@pytest.mark.parametrize("word", [BOT, RECEIPT, NOTE, CUSTOMER])
def test_no_bot_receipt_note_or_customer_gives_the_first_response(word):
    story = given("first_response").when(at("11:00"), word)
    assert cycles(story, "first_response") == [("Mon 12 10:00", "running")]


@pytest.mark.parametrize(
    ("replies", "word"),
    [
        ({"by": ["agent", "bot"]}, BOT),
        ({"automatic": True}, RECEIPT),
        ({"roles": ["lead"]}, said(role="lead")),
        ({"channels": ["phone"]}, said(channel="phone")),
        ({"channels": ["email"]}, ANSWER),
    ],
)
def test_a_policy_says_what_counts_as_a_reply(replies, word):
    story = given("first_response", policy={"replies": replies})
    assert story.when(at("11:00"), word).clock("first_response").state == "met"


@pytest.mark.parametrize(
    ("replies", "word"),
    [
        ({"by": ["bot"]}, ANSWER),
        ({"roles": ["lead"]}, ANSWER),
        ({"roles": ["lead"]}, said(role="trainee")),
        ({"channels": ["phone"]}, ANSWER),
        ({"channels": ["email"]}, said(channel="chat")),
    ],
)
def test_what_the_policy_does_not_count_is_no_reply(replies, word):
    story = given("first_response", policy={"replies": replies})
    assert story.when(at("11:00"), word).clock("first_response").live


@pytest.mark.parametrize("end", [Resolve(), Close()])
def test_to_finish_is_to_respond(end):
    story = given("first_response").when(at("11:00"), end)
    assert seen(story.event(SlaMet).timestamp) == "Mon 12 11:00"


def test_there_is_one_first_response_for_ever():
    story = given("first_response").when(at("11:00"), ANSWER, CUSTOMER, Resolve())
    story.when(at("12:00"), Reopen(reason="r")).when(at("13:00"), CUSTOMER)
    assert cycles(story, "first_response") == [("Mon 12 10:00", "met")]


# next_response


def test_before_the_first_response_there_is_no_next_one():
    story = given("next_response").when(at("11:00"), CUSTOMER)
    assert story.ticket.clocks == ()


def test_the_next_response_counts_from_the_customer_s_next_word():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), CUSTOMER)
    assert due(story, "next_response") == "Mon 12 16:00"


def test_more_words_of_the_customer_do_not_move_the_next_response():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), CUSTOMER)
    story.when(at("13:00"), CUSTOMER).when(at("14:00"), CUSTOMER)
    assert cycles(story, "next_response") == [("Mon 12 12:00", "running")]


def test_a_thanks_asks_for_no_next_response():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), THANKS)
    assert story.ticket.clocks == ()


def test_a_question_after_a_thanks_counts_from_the_question():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), THANKS)
    story.when(at("13:00"), CUSTOMER)
    assert cycles(story, "next_response") == [("Mon 12 13:00", "running")]


def test_a_thanks_does_not_take_the_open_question_back():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), CUSTOMER)
    story.when(at("13:00"), THANKS)
    assert cycles(story, "next_response") == [("Mon 12 12:00", "running")]


def test_an_out_of_office_note_of_the_customer_asks_for_nothing():
    note = said("customer", automatic=True)
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), note)
    assert story.ticket.clocks == ()


def test_each_exchange_has_a_clock_of_its_own():
    story = given("next_response").when(at("11:00"), ANSWER)
    story.when(at("12:00"), CUSTOMER).when(at("13:00"), ANSWER)
    story.when(at("14:00"), CUSTOMER)
    assert cycles(story, "next_response") == [
        ("Mon 12 12:00", "met"),
        ("Mon 12 14:00", "running"),
    ]


def test_agents_who_talk_among_themselves_start_nothing():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), NOTE)
    assert story.ticket.clocks == ()


def test_to_resolve_is_to_give_the_next_response():
    story = given("next_response").when(at("11:00"), ANSWER).when(at("12:00"), CUSTOMER)
    story.when(at("13:00"), Resolve())
    assert story.clock("next_response").state == "met"


def test_a_customer_who_writes_to_a_resolved_ticket_waits_for_the_next_response():
    story = given("next_response").when(at("11:00"), ANSWER, Resolve())
    story.when(at("12:00"), CUSTOMER)
    assert cycles(story, "next_response") == [("Mon 12 12:00", "running")]


def test_so_does_one_whose_ticket_was_resolved_without_a_word():
    story = given("next_response").when(at("11:00"), Resolve())
    story.when(at("12:00"), CUSTOMER)
    assert cycles(story, "next_response") == [("Mon 12 12:00", "running")]


@pytest.mark.parametrize(
    ("replies", "word"),
    [({"by": ["bot"]}, BOT), ({"automatic": True}, RECEIPT)],
)
def test_where_a_bot_may_answer_the_next_response_follows_its_answer(replies, word):
    story = given("next_response", policy={"replies": replies})
    story.when(at("11:00"), word).when(at("12:00"), CUSTOMER)
    assert cycles(story, "next_response") == [("Mon 12 12:00", "running")]
    story.when(at("13:00"), word).when(at("14:00"), CUSTOMER)
    assert cycles(story, "next_response") == [
        ("Mon 12 12:00", "met"),
        ("Mon 12 14:00", "running"),
    ]


def test_the_next_response_does_not_overtake_a_first_one_that_did_not_count():
    world = office(
        {"first_response": "4h", "next_response": "1h"}, replies={"roles": ["lead"]}
    )
    story = opened(world).when(at("11:00"), ANSWER).when(at("12:00"), CUSTOMER)
    assert [clock.key for clock in story.ticket.clocks] == ["first_response/1"]


def test_a_word_that_does_not_count_leaves_the_question_open():
    lead, trainee = said(role="lead"), said(role="trainee")
    story = given("next_response", policy={"replies": {"roles": ["lead"]}})
    story.when(at("11:00"), lead).when(at("12:00"), CUSTOMER)
    story.when(at("13:00"), trainee).when(at("14:00"), CUSTOMER)
    assert cycles(story, "next_response") == [("Mon 12 12:00", "running")]


# periodic_update, pausable_update


def test_updates_are_promised_from_the_first_reply():
    story = given("periodic_update").when(at("10:30"), CUSTOMER)
    assert story.ticket.clocks == ()
    assert due(story.when(at("11:00"), ANSWER), "periodic_update") == "Mon 12 15:00"


def test_each_reply_starts_the_wait_for_the_next_update():
    story = given("periodic_update").when(at("11:00"), ANSWER).when(at("12:00"), ANSWER)
    assert cycles(story, "periodic_update") == [
        ("Mon 12 11:00", "met"),
        ("Mon 12 12:00", "running"),
    ]


def test_an_update_that_comes_too_late_is_missed_and_the_next_is_promised():
    story = given("periodic_update").when(at("11:00"), ANSWER).when(at("16:00"), ANSWER)
    assert cycles(story, "periodic_update") == [
        ("Mon 12 11:00", "missed"),
        ("Mon 12 16:00", "running"),
    ]


def test_the_customer_s_word_is_no_update():
    story = given("periodic_update").when(at("11:00"), ANSWER)
    story.when(at("12:00"), CUSTOMER)
    assert cycles(story, "periodic_update") == [("Mon 12 11:00", "running")]


@pytest.mark.parametrize("pause", [PENDING, ON_HOLD])
def test_the_periodic_update_never_pauses(pause):
    story = given("periodic_update").when(at("11:00"), ANSWER).when(at("12:00"), pause)
    assert due(story, "periodic_update") == "Mon 12 15:00"


@pytest.mark.parametrize("pause", [PENDING, ON_HOLD])
def test_the_pausable_update_pauses_with_the_ticket(pause):
    story = given("pausable_update").when(at("11:00"), ANSWER).when(at("12:00"), pause)
    assert due(story.when(at("13:00"), Resume()), "pausable_update") == "Mon 12 16:00"


def test_a_reply_while_the_ticket_is_paused_leaves_the_next_update_paused():
    story = given("pausable_update").when(at("11:00"), ANSWER)
    story.when(at("12:00"), PENDING).when(at("13:00"), ANSWER)
    assert cycles(story, "pausable_update")[1] == ("Mon 12 13:00", "paused")
    assert due(story.when(at("14:00"), Resume()), "pausable_update") == "Tue 13 10:00"


@pytest.mark.parametrize("metric", ["periodic_update", "pausable_update"])
def test_a_resolved_ticket_needs_no_update(metric):
    story = given(metric).when(at("11:00"), ANSWER).when(at("12:00"), Resolve())
    assert cycles(story, metric) == [("Mon 12 11:00", "met")]


def test_a_reopened_ticket_needs_updates_again():
    story = given("periodic_update").when(at("11:00"), ANSWER, Resolve())
    story.when(at("14:00"), Reopen(reason="r"))
    assert due(story, "periodic_update") == "Tue 13 10:00"


# requester_wait, agent_work, resolution


@pytest.mark.parametrize(
    ("metric", "pause", "pauses"),
    [
        ("requester_wait", PENDING, True),
        ("requester_wait", ON_HOLD, False),
        ("agent_work", PENDING, True),
        ("agent_work", ON_HOLD, True),
        ("resolution", PENDING, True),
        ("resolution", ON_HOLD, True),
    ],
)
def test_what_each_clock_of_the_whole_life_pauses_for(metric, pause, pauses):
    story = given(metric).when(at("11:00"), pause).when(at("13:00"), Resume())
    assert due(story, metric) == ("Mon 12 16:00" if pauses else "Mon 12 14:00")
    assert bool(story.all(SlaPaused)) is pauses


def test_a_policy_may_say_that_the_resolution_never_pauses():
    story = given("resolution", policy={"pauses": []}).when(at("11:00"), PENDING)
    assert due(story, "resolution") == "Mon 12 14:00"


@pytest.mark.parametrize("metric", ["requester_wait", "agent_work", "resolution"])
def test_the_whole_life_is_judged_at_the_resolution(metric):
    story = given(metric).when(at("11:00"), ANSWER).when(at("15:00"), Resolve())
    assert cycles(story, metric) == [("Mon 12 10:00", "missed")]


@pytest.mark.parametrize("metric", ["requester_wait", "agent_work", "resolution"])
def test_the_whole_life_goes_on_when_the_ticket_is_reopened(metric):
    story = given(metric).when(at("11:00"), Resolve())
    story.when(at("10:00", TUESDAY), Reopen(reason="r"))
    assert due(story, metric) == "Tue 13 13:00"


def test_a_clock_counts_only_in_its_calendar():
    assert due(given("resolution", at=at("16:00")), "resolution") == "Tue 13 12:00"
