"""A merge ends no promise to a customer who waits, and can be undone: whatever both
tickets promised, and wherever they stood.
"""

from datetime import timedelta

import pytest

from domain.copies import replace
from domain.errors import RuleError
from domain.lifecycle.facts import Customer, TicketAbsorbed, TicketResumed
from domain.sla.facts import SlaBreached, SlaMet
from domain.ticket.decide import Assign, Change, PauseTicket, Resolve
from domain.ticket.merge import unmerge
from tests.support.dsl import ANSWER, CUSTOMER, NOON, Story, instant, promising, world
from tests.support.merging import ALL, Two

BOTH = {"first_response": "PT30S", "next_response": "PT20S"}


def story(targets, at="0s", *, answered=None, **fields):
    made = Story(promising(targets), at, **fields)
    return made.when(answered, ANSWER) if answered else made


def two(targets=BOTH, *, b="10s", a_answered="5s", **fields):
    return Two(story(targets, answered=a_answered), story(targets, b, **fields))


def test_field_002_who_waits_in_the_one_that_goes_in_waits_in_the_one_that_stays():
    both = two().merge("20s")
    assert both.clocks() == {"first_response/1": "met", "first_response/2": "running"}
    assert both.due("first_response/2") == instant("40s")


def test_an_answer_in_the_one_that_stays_keeps_the_promise():
    both = two().merge("20s").when("a", "30s", ANSWER)
    assert both.clocks()["first_response/2"] == "met"
    assert both.facts["a"][-1].elapsed == timedelta(seconds=20)
    assert isinstance(both.facts["a"][-1], SlaMet)


def test_nobody_who_answers_is_a_breach_there():
    both = two().merge("20s").enforce("a", "1h")
    breach = next(f for f in both.facts["a"] if isinstance(f, SlaBreached))
    assert (breach.metric, breach.breach_at) == ("first_response", instant("40s"))


def test_one_who_waits_has_one_clock_for_the_answer():
    both = two().merge("20s").when("a", "25s", Change(fields={"tags": ("x",)}))
    assert [k for k, s in both.clocks().items() if s == "running"] == [
        "first_response/2"
    ]


def test_who_asked_again_in_the_one_that_goes_in_keeps_that_clock():
    b = story(BOTH, answered="5s").when("10s", CUSTOMER)
    both = Two(story(BOTH, answered="5s"), b).merge("20s")
    assert both.clocks()["next_response/1"] == "running"
    assert both.due("next_response/1") == instant("30s")


def test_who_was_promised_nothing_there_is_promised_the_next_response_here():
    a = Story(promising_only("question"), type="question").when("5s", ANSWER)
    b = Story(promising_only("question"), "10s", type="other")
    both = Two(a, b).merge("20s")
    assert both.clocks()["next_response/1"] == "running"


def promising_only(type_):
    return world({"care": {"match": [{"when": {"type": type_}, "targets": BOTH}]}})


def test_a_promise_that_only_the_one_that_goes_in_had_survives_later_changes():
    made = world(
        {
            "a-care": {
                "match": [{"when": {"type": "a"}, "targets": {"resolution": "9h"}}]
            },
            "b-care": {
                "match": [
                    {"when": {"type": "b"}, "targets": {"first_response": "1h"}},
                ]
            },
        }
    )
    a = Story(made, type="a").when("1m", ANSWER)
    both = Two(a, Story(made, "2m", type="b")).merge("3m")
    both.when("a", "4m", Change(priority="urgent", reason="r"))
    both.when("a", "5m", Change(fields={"type": "other"}, reason="r"))
    assert both.clocks()["first_response/1"] == "running"


def test_where_both_wait_the_stricter_clock_goes_on():
    both = two(a_answered=None).merge("20s")
    assert both.clocks() == {"first_response/1": "running"}
    assert both.due("first_response/1") == instant("30s")


def test_a_ticket_that_waits_for_its_customer_goes_on():
    a = story(BOTH, answered="5s").when("6s", PauseTicket(reason="r"))
    both = Two(a, story(BOTH, "10s")).merge("20s")
    assert both.a.status == "open"
    assert any(isinstance(f, TicketResumed) for f in both.facts["a"])
    assert both.clocks()["first_response/2"] == "running"


def test_it_stays_pending_where_nobody_waits():
    a = story(BOTH, answered="5s").when("6s", PauseTicket(reason="r"))
    both = Two(a, story(BOTH, "10s", answered="12s")).merge("20s")
    assert both.a.status == "pending"


def test_a_clock_that_a_pause_held_goes_on_in_a_ticket_that_is_open():
    paused = promising({"first_response": "1h"}, pauses=["first_response"])
    b = Story(paused, "10m").when("20m", PauseTicket(reason="r"))
    both = Two(Story(paused).when("1m", ANSWER), b).merge("50m")
    assert both.clocks()["first_response/2"] == "running"
    assert both.due("first_response/2") == instant("100m")


def test_what_was_resolved_promises_nothing_more():
    b = story(BOTH, "10s").when("12s", Resolve())
    both = Two(story(BOTH, answered="5s"), b).merge("20s")
    assert both.clocks() == {"first_response/1": "met"}


def test_a_wait_goes_on_through_merges_of_merges():
    first = two().merge("20s")
    c = replace(first.a, id="b", number=3)
    again = Two(story(BOTH, answered="5s"), story(BOTH))
    again.b = c
    again.merge("25s")
    assert again.clocks()["first_response/2"] == "running"
    assert again.due("first_response/2") == instant("40s")
    assert again.a.message_count == 5


@pytest.mark.parametrize("metric", ["periodic_update", "requester_wait", "resolution"])
def test_the_stricter_of_two_goes_on_whatever_it_measures(metric):
    both = Two(story(ALL, "3m", answered="4m"), story(ALL, "1m", answered="2m"))
    theirs = both.due(f"{metric}/1", "b")
    assert theirs < both.due(f"{metric}/1")
    assert both.merge("5m").due(f"{metric}/1") == theirs


def test_the_messages_of_the_one_count_in_the_other_which_says_where_they_are():
    both = two().merge("20s")
    fact = next(f for f in both.facts["a"] if isinstance(f, TicketAbsorbed))
    assert (fact.absorbed, fact.messages, fact.awaits_reply) == ("b", 1, True)
    assert both.a.message_count == 3
    assert [(a.ticket_id, a.up_to) for a in both.a.absorbed] == [("b", fact.version)]


def test_that_the_customers_differ_is_said_in_both_histories():
    both = two(customer=Customer(external_id="c-200")).merge("20s")
    fact = next(f for f in both.facts["a"] if isinstance(f, TicketAbsorbed))
    assert fact.customer == "c-200"
    assert both.b.merged.into_customer == "c-1"


def test_of_one_customer_nothing_is_said():
    both = two().merge("20s")
    assert both.b.merged.into_customer is None


def test_undone_it_is_open_again_and_its_promise_counts_from_its_own_start():
    both = two().merge("20s").unmerge("25s")
    assert (both.b.status, both.b.merged_into) == ("open", None)
    assert both.clocks("b") == {
        "first_response/1": "cancelled",
        "first_response/2": "running",
    }
    assert both.due("first_response/2", "b") == instant("40s")


def test_the_other_keeps_nothing_of_it():
    both = two().merge("20s").unmerge("25s")
    assert both.clocks()["first_response/2"] == "cancelled"
    assert both.a.message_count == 2
    assert both.a.absorbed == ()
    later = both.when("a", "26s", Change(fields={"tags": ("x",)}))
    assert "running" not in later.clocks().values()


def test_an_answer_in_between_was_one():
    both = two().merge("20s").when("a", "22s", ANSWER).unmerge("25s")
    assert both.clocks("b") == {"first_response/1": "cancelled"}
    assert both.clocks()["first_response/2"] == "met"


def test_a_clock_that_took_the_others_terms_has_its_own_again():
    both = two({"resolution": "1h"}, b="0s", a_answered=None)
    both.a = replace(story({"resolution": "1h"}, "10m").ticket, id="a", number=1)
    assert both.merge("20m").due("resolution/1") == instant("1h")
    assert both.unmerge("30m").due("resolution/1") == instant("70m")
    assert both.due("resolution/2", "b") == instant("1h")


def test_pauses_since_then_count_for_both_terms():
    both = two({"agent_work": "1h"}, b="0s", a_answered=None)
    both.a = replace(story({"agent_work": "1h"}, "10m").ticket, id="a", number=1)
    both.merge("20m").when("a", "30m", PauseTicket(reason="r", status="on_hold"))
    both.unmerge("40m")
    assert both.clocks()["agent_work/1"] == "paused"
    assert both.clocks("b")["agent_work/2"] == "running"


def test_what_was_pending_is_pending_again():
    b = story(BOTH, "10s", answered="11s").when("12s", PauseTicket(reason="r"))
    both = Two(story(BOTH, answered="5s"), b).merge("20s").unmerge("25s")
    assert (both.b.status, both.b.pause.since) == ("pending", instant("12s"))
    assert both.b.past_pauses == ()


def test_what_was_resolved_is_resolved_again():
    b = story(BOTH, "10s").when("12s", Resolve())
    both = Two(story(BOTH, answered="5s"), b).merge("20s").unmerge("25s")
    assert (both.b.status, both.b.resolved_at) == ("resolved", instant("12s"))
    assert both.b.closed_at is None


def test_it_goes_back_into_the_queue_of_its_team_with_its_time():
    team = {"members": ["bo"], "assignment": {"mode": "offer", "offer_timeout": "9h"}}
    made = world({}, teams={"second": team})
    b = Story(made).when("1m", Assign(team="second"))
    both = Two(Story(made), b).merge("5m").unmerge("10m")
    assert (both.b.queue.offer.agent, both.b.queued_at) == ("bo", instant("1m"))


def test_it_can_go_in_again():
    both = two().merge("20s").unmerge("25s").merge("26s")
    assert both.b.merged_into == "a"
    assert both.due("first_response/3") == instant("40s")


def test_after_a_week_it_is_too_late():
    both = two().merge("20s")
    with pytest.raises(RuleError, match="7 days"):
        both.unmerge(NOON + timedelta(days=7, seconds=21))
    both.unmerge(NOON + timedelta(days=7, seconds=20))


def test_what_went_into_no_other_cannot_be_taken_out():
    both = two().merge("20s")
    with pytest.raises(RuleError, match="unmerge the tickets merged into it, #2"):
        unmerge(both.a, both.a, "r", instant("1m"), both.world)


def test_where_the_other_went_on_itself_that_comes_first():
    both = two().merge("20s")
    both.a = replace(both.a, merged_into="c")
    with pytest.raises(RuleError, match="unmerge that one first"):
        both.unmerge("30s")


def test_it_can_be_undone_after_the_other_was_resolved():
    both = two().merge("20s").when("a", "22s", Resolve()).unmerge("25s")
    assert (both.a.status, both.b.status) == ("resolved", "open")
    assert both.clocks("b")["first_response/2"] == "running"
