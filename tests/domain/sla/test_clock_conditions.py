"""Six conditions of a clock over any field, their order, and the longest pause."""

import pytest

from domain.errors import InvalidError
from domain.sla.facts import SlaAttached, SlaCancelled, SlaPaused, SlaResumed
from domain.ticket.decide import Assign, Change, Reopen, Resolve, Resume
from tests.support.clocks import (
    ON_HOLD,
    PENDING,
    TUESDAY,
    WEDNESDAY,
    at,
    cycles,
    due,
    office,
    opened,
    seen,
    told,
)
from tests.support.dsl import ANSWER, NOTE

CHECKED = {
    "start": {"attributes.amount": {"at_least": 1000}},
    "stop": {"attributes.checked_by": {"set": True}},
}


def given(definition, *, target="4h", policy=None, **fields):
    """A ticket of Monday 10:00 with the clock `check`."""
    world = office({"check": target}, clocks={"check": definition}, **(policy or {}))
    return opened(world, **fields)


def attributes(**values):
    return Change(fields={"attributes": values})


def tagged(*tags):
    return Change(fields={"tags": tags})


ON_TAGS = {
    "start": {"tags": "go"},
    "stop": {"tags": "halt"},
    "cancel": {"tags": "drop"},
    "reset": {"tags": "anew"},
    "pause": {"tags": "wait"},
    "resume": {"tags": "on"},
}


def tags_said(*moments, definition=ON_TAGS):
    """A ticket tagged `go` at 10:00, and with these words at 11:00, 12:00 …"""
    story = given(definition, tags=("go",))
    for hour, words in enumerate(moments, start=11):
        story.when(at(f"{hour}:00"), tagged(*words.split()))
    return story


# a clock of one's own


def test_a_clock_of_one_s_own_starts_when_its_field_says_so():
    story = given(CHECKED, attributes={"amount": 10})
    assert story.ticket.clocks == ()
    story.when(at("11:00"), attributes(amount=5000))
    assert due(story, "check") == "Mon 12 15:00"


def test_it_stops_when_its_field_says_so():
    story = given(CHECKED, attributes={"amount": 5000})
    story.when(at("12:00"), attributes(amount=5000, checked_by="bo"))
    assert cycles(story, "check") == [("Mon 12 10:00", "met")]


def test_it_outlives_the_resolution_if_it_does_not_name_it():
    story = given(CHECKED, attributes={"amount": 5000}).when(at("11:00"), Resolve())
    assert story.clock("check").live


@pytest.mark.parametrize(
    ("field", "wanted", "command"),
    [
        ("event", "ticket.assigned", Assign(agent="ann")),
        ("assignee", {"set": True}, Assign(agent="ann")),
        ("team", ["front", "second"], Assign(team="second")),
        ("status", "on_hold", ON_HOLD),
        ("pause_reason", "waits for the supplier", ON_HOLD),
        ("priority", ["high", "urgent"], Change(priority="urgent")),
        ("tier", {"not": ["standard"]}, Change(tier="gold")),
        ("tags", "seen", tagged("spam", "seen")),
        ("product_area", "heating", Change(fields={"product_area": "heating"})),
        ("visibility", "internal", NOTE),
        ("author_kind", "agent", ANSWER),
        ("message_channel", "email", ANSWER),
        ("attributes.ok", True, attributes(ok=True)),
        ("attributes.score", {"at_most": 2}, attributes(score=1.5)),
    ],
)
def test_any_field_may_stop_a_clock(field, wanted, command):
    story = given({"start": {"status": "open"}, "stop": {field: wanted}})
    assert story.clock("check").live
    story.when(at("11:00"), command)
    assert story.clock("check").state == "met"


def test_to_a_condition_true_is_not_one():
    definition = {"start": {"status": "open"}, "stop": {"attributes.ok": True}}
    assert given(definition).when(at("11:00"), attributes(ok=1)).clock("check").live


def test_an_attribute_named_like_a_field_is_not_that_field():
    definition = {"start": {"status": "open"}, "stop": {"author_kind": "agent"}}
    story = given(definition).when(at("11:00"), attributes(author_kind="agent"))
    assert story.clock("check").state == "running"


def test_all_fields_of_a_condition_must_hold_and_one_of_several_conditions():
    definition = {
        "start": {"status": "open"},
        "stop": [{"tags": "a", "priority": "high"}, {"tags": "b"}],
    }
    story = given(definition).when(at("11:00"), tagged("a"))
    assert story.clock("check").live
    assert story.when(at("12:00"), tagged("b")).clock("check").state == "met"


def test_a_built_in_metric_takes_a_condition_of_the_policy():
    clocks = {"resolution": {"pause": {"tags": "blocked"}}}
    story = opened(office({"resolution": "4h"}, clocks=clocks))
    story.when(at("11:00"), PENDING).when(at("12:00"), tagged("blocked"))
    story.when(at("13:00"), tagged())
    assert due(story, "resolution") == "Mon 12 15:00"


@pytest.mark.parametrize("missing", ["start", "stop"])
def test_a_clock_of_one_s_own_needs_a_start_and_a_stop(missing):
    definition = {name: test for name, test in CHECKED.items() if name != missing}
    with pytest.raises(InvalidError, match=f"/clocks/check/{missing}"):
        given(definition)


def test_a_field_that_does_not_exist_is_refused_by_name():
    with pytest.raises(InvalidError, match="/clocks/check/start/statos"):
        given({**CHECKED, "start": {"statos": "open"}})


# each condition


def test_cancelled_it_counts_neither_as_met_nor_as_missed():
    story = tags_said("drop")
    fact = story.one(SlaCancelled)
    assert (fact.by, story.clock("check").state) == ("condition", "cancelled")
    assert told(story.enforce(at("17:00", WEDNESDAY)), "sla")[-1] == (
        "Mon 12 11:00 sla.cancelled"
    )


def test_while_the_cancel_condition_holds_nothing_starts():
    assert len(tags_said("drop", "drop go").all(SlaAttached)) == 1


def test_a_cancelled_clock_starts_again_when_it_may():
    story = tags_said("drop", "go")
    assert cycles(story, "check")[1] == ("Mon 12 12:00", "running")


def test_a_reset_starts_the_clock_anew_at_once():
    story = tags_said("anew go")
    assert cycles(story, "check") == [
        ("Mon 12 10:00", "cancelled"),
        ("Mon 12 11:00", "running"),
    ]
    assert story.one(SlaCancelled).by == "reset"


def test_a_reset_hides_no_breach():
    story = given(ON_TAGS, target="30m", tags=("go",))
    story.when(at("11:00"), tagged("anew", "go"))
    assert cycles(story, "check") == [
        ("Mon 12 10:00", "missed"),
        ("Mon 12 11:00", "running"),
    ]


def test_a_pause_lasts_until_the_resume_condition_holds():
    story = tags_said("wait", "other", "on")
    assert told(story, SlaPaused, SlaResumed) == [
        "Mon 12 11:00 sla.paused",
        "Mon 12 13:00 sla.resumed",
    ]
    assert due(story, "check") == "Mon 12 16:00"


def test_without_a_resume_condition_a_pause_lasts_as_long_as_its_own_holds():
    definition = {k: v for k, v in ON_TAGS.items() if k != "resume"}
    story = tags_said("wait", "other", definition=definition)
    assert due(story, "check") == "Mon 12 15:00"


def test_a_clock_that_starts_paused_counts_from_its_resumption():
    story = given(ON_TAGS, tags=("go", "wait")).when(at("12:00"), tagged("on"))
    assert due(story, "check") == "Mon 12 16:00"


def test_a_stop_ends_the_pause_first():
    story = tags_said("wait", "other", "halt")
    assert story.clock("check").elapsed == at("11:00") - at("10:00")


# their order


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("halt drop anew wait on go", "met"),
        ("drop anew wait on go", "cancelled"),
        ("wait on go", "paused"),
        ("on go", "running"),
    ],
)
def test_of_several_conditions_the_first_in_order_holds(words, state):
    assert tags_said(words).ticket.clocks[0].state == state


def test_a_reset_comes_before_a_pause_and_the_new_clock_is_paused():
    assert cycles(tags_said("anew wait go"), "check") == [
        ("Mon 12 10:00", "cancelled"),
        ("Mon 12 11:00", "paused"),
    ]


def test_a_pause_comes_before_a_resumption():
    assert tags_said("wait", "wait on").clock("check").state == "paused"


def test_an_answer_that_also_changes_the_policy_s_condition_is_judged():
    rules = [{"when": {"type": "question"}, "targets": {"resolution": "4h"}}]
    story = opened(office(rules)).when(at("11:00"), Resolve())
    story.when(at("12:00"), Change(fields={"type": "other"}))
    assert story.clock("resolution").state == "met"


def test_a_start_at_the_instant_of_the_stop_is_the_next_cycle():
    definition = {"start": {"event": "ticket.message_added"}, "stop": {"reply": True}}
    story = given(definition).when(at("11:00"), NOTE).when(at("12:00"), ANSWER)
    assert cycles(story, "check") == [
        ("Mon 12 11:00", "met"),
        ("Mon 12 12:00", "running"),
    ]


# the longest pause


def paused(longest="2h", **fields):
    policy = {"longest_pause": longest}
    return opened(office({"resolution": "4h"}, **policy), **fields).when(
        at("11:00"), PENDING
    )


def test_a_clock_goes_on_at_the_exact_end_of_the_longest_pause():
    story = paused().enforce(at("12:59:59"))
    assert story.clock("resolution").state == "paused"
    fact = story.enforce(at("15:00")).event(SlaResumed)
    assert (seen(fact.timestamp), fact.fact.outlived) == ("Mon 12 13:00", True)
    assert due(story, "resolution") == "Mon 12 16:00"


def test_the_ticket_itself_stays_paused():
    assert paused().enforce(at("15:00")).ticket.status == "pending"


@pytest.mark.parametrize("happens", [NOTE, tagged("x"), Assign(agent="ann")])
def test_it_does_not_pause_again_while_the_same_pause_lasts(happens):
    story = paused().when(at("14:00"), happens)
    assert len(story.all(SlaPaused)) == 1
    assert story.clock("resolution").state == "running"


def test_a_new_pause_pauses_again_and_may_last_as_long():
    story = paused().when(at("14:00"), Resume()).when(at("15:00"), PENDING)
    clock = story.clock("resolution")
    assert (clock.state, seen(clock.resumes_at)) == ("paused", "Mon 12 17:00")


def test_a_pause_that_ends_before_is_not_outlived():
    story = paused().when(at("12:00"), Resume()).enforce(at("14:00"))
    assert told(story, SlaResumed) == ["Mon 12 12:00 sla.resumed"]


def test_a_longest_pause_may_run_out_at_night_and_then_counts_from_the_opening():
    story = paused("8h").enforce(at("09:00", TUESDAY))
    assert told(story, SlaResumed) == ["Mon 12 19:00 sla.resumed"]
    assert due(story, "resolution") == "Tue 13 12:00"


def test_a_clock_that_outlived_its_pause_is_broken_in_time():
    story = paused().enforce(at("09:30", TUESDAY))
    assert told(story, "sla")[-1] == "Mon 12 16:00 sla.breached"


def test_a_reopened_ticket_paused_again_has_its_longest_pause():
    story = paused().when(at("14:00"), Resolve()).when(at("15:00"), Reopen(reason="r"))
    story.when(at("15:30"), PENDING)
    assert seen(story.clock("resolution").resumes_at) == "Mon 12 17:30"


# calendars


def test_a_rule_may_name_a_calendar_of_its_own():
    rules = [
        {
            "when": {"tier": "gold"},
            "targets": {"resolution": "9h"},
            "calendar": "always",
        },
        {"targets": {"resolution": "9h"}},
    ]
    story = opened(office(rules))
    assert due(story, "resolution") == "Tue 13 11:00"
    story.when(at("11:00"), Change(tier="gold"))
    assert due(story, "resolution") == "Mon 12 19:00"


def test_each_metric_of_a_ticket_may_have_its_own_calendar():
    rules = [{"targets": {"resolution": "9h"}}]
    every = {"match": [{"targets": {"first_response": "9h"}}], "calendar": "always"}
    story = opened(office(rules, others={"answers": every}))
    assert due(story, "first_response") == "Mon 12 19:00"
    assert due(story, "resolution") == "Tue 13 11:00"
