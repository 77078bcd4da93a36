"""What a change does to a running clock, rule by rule, with the numbers of a worked
example: 8 h promised on Monday 10:00, raised to 4 h at 15:00.
"""

import pytest

from domain.errors import InvalidError
from domain.sla.facts import SlaBreached, SlaMet, SlaMissed, SlaRestated
from domain.ticket.decide import Change, Close, PauseTicket, Reopen, Resolve, Resume
from tests.support.clocks import (
    BY_PRIORITY,
    LOWERED,
    RAISED,
    THURSDAY,
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
from tests.support.dsl import ANSWER, Story, instant, world

BY_TIER = [
    {"when": {"tier": "gold"}, "targets": {"resolution": "4h"}},
    {"targets": {"resolution": "8h"}},
]
BY_TYPE = [
    {"when": {"type": "problem"}, "targets": {"resolution": "4h"}},
    {"targets": {"resolution": "8h"}},
]


def given(match=BY_PRIORITY, **on_change):
    """A ticket of Monday 10:00 with 8 h."""
    return opened(office(match, on_change=on_change))


def raised(rule, time="15:00", **others):
    return given(priority=rule, **others).when(at(time), RAISED)


# the rules


@pytest.mark.parametrize(
    ("rule", "deadline"),
    [
        ("from_start", "Mon 12 14:00"),
        ("carry_share", "Mon 12 16:30"),
        ("restart", "Tue 13 11:00"),
        ("keep", "Tue 13 10:00"),
        ("keep_tighter", "Mon 12 14:00"),
    ],
)
def test_a_raised_priority_makes_the_deadline_that_the_rule_says(rule, deadline):
    assert due(raised(rule), "resolution") == deadline


@pytest.mark.parametrize(
    ("rule", "deadline"),
    [
        ("from_start", "Wed 14 10:00"),
        ("carry_share", "Tue 13 13:00"),
        ("restart", "Wed 14 15:00"),
        ("keep", "Tue 13 10:00"),
        ("keep_tighter", "Tue 13 10:00"),
    ],
)
def test_a_lowered_priority_makes_the_deadline_that_the_rule_says(rule, deadline):
    story = given(priority=rule).when(at("15:00"), LOWERED)
    assert due(story, "resolution") == deadline


@pytest.mark.parametrize(
    "rule", ["from_start", "carry_share", "restart", "keep", "keep_tighter"]
)
def test_every_application_of_a_rule_is_on_record_with_both_deadlines(rule):
    story = raised(rule, "11:00")
    fact = story.one(SlaRestated)
    assert fact.rule_of_change == rule
    assert seen(fact.old_due_at) == "Tue 13 10:00"
    assert fact.new_due_at == story.clock("resolution").due_at


@pytest.mark.parametrize(
    ("kind", "match", "change"),
    [
        ("priority", BY_PRIORITY, RAISED),
        ("tier", BY_TIER, Change(tier="gold")),
        ("other", BY_TYPE, Change(fields={"type": "problem"})),
    ],
)
def test_each_kind_of_change_has_a_rule_of_its_own(kind, match, change):
    kept = {"priority": "keep", "tier": "keep", "other": "keep", kind: "restart"}
    story = given(match, **kept).when(at("15:00"), change)
    assert due(story, "resolution") == "Tue 13 11:00"


def test_a_rule_that_does_not_exist_is_refused_by_name():
    with pytest.raises(InvalidError, match="/on_change/priority"):
        given(priority="perhaps")


# too late by the change


def test_a_change_that_makes_it_too_late_breaks_it_at_the_change():
    fact = raised("from_start").event(SlaBreached)
    assert (seen(fact.timestamp), fact.fact.inherited) == ("Mon 12 15:00", True)
    assert seen(fact.fact.due_at) == "Mon 12 14:00"


def test_with_a_grace_it_holds_so_long_after_the_change():
    story = raised("from_start", grace="30m")
    assert story.all(SlaBreached) == []
    assert due(story, "resolution") == "Mon 12 15:30"
    assert story.enforce(at("16:00")).one(SlaBreached).inherited is False


def test_a_grace_is_of_business_time():
    story = raised("from_start", "16:30", grace="1h")
    assert due(story, "resolution") == "Tue 13 09:30"


def test_a_grace_gives_nothing_to_what_is_not_too_late():
    assert due(raised("from_start", "11:00", grace="4h"), "resolution") == (
        "Mon 12 14:00"
    )


def test_a_grace_mends_no_breach_that_has_happened():
    story = given(grace="4h").when(at("11:00", TUESDAY), RAISED)
    assert told(story, SlaBreached) == ["Tue 13 10:00 sla.breached"]
    assert due(story, "resolution") == "Mon 12 14:00"


def test_a_grace_is_given_once_whatever_else_changes():
    match = [
        {
            "when": {"priority": "high", "tier": "gold"},
            "targets": {"resolution": "4h", "assignment": "1h"},
        },
        *BY_PRIORITY,
    ]
    story = given(match, grace="30m").when(at("15:00"), RAISED)
    story.when(at("15:10"), Change(tier="gold"))
    assert due(story, "resolution") == "Mon 12 15:30"
    assert len(story.all(SlaRestated)) == 1


def test_what_was_kept_is_not_restated_when_something_else_changes():
    match = [
        {
            "when": {"priority": "high", "tier": "gold"},
            "targets": {"resolution": "4h", "assignment": "1h"},
        },
        *BY_PRIORITY,
    ]
    story = given(match, priority="keep").when(at("15:00"), RAISED)
    story.when(at("15:10"), Change(tier="gold"))
    assert due(story, "resolution") == "Tue 13 10:00"
    assert len(story.all(SlaRestated)) == 1


# another calendar comes with the change


def by_calendar(target, **on_change):
    """Gold counts always, the others in office hours."""
    gold = {
        "when": {"tier": "gold"},
        "targets": {"resolution": target},
        "calendar": "always",
    }
    return given([gold, BY_TIER[1]], **on_change).when(at("11:00"), Change(tier="gold"))


def test_from_the_start_under_another_calendar_is_from_the_start_of_that():
    assert due(by_calendar("9h"), "resolution") == "Mon 12 19:00"


def test_the_tighter_of_two_is_the_earlier_deadline_not_the_smaller_target():
    assert due(by_calendar("9h", tier="keep_tighter"), "resolution") == "Mon 12 19:00"
    assert due(by_calendar("25h", tier="keep_tighter"), "resolution") == "Tue 13 10:00"


def test_the_tighter_of_two_counts_in_its_own_calendar():
    story = by_calendar("8h", tier="keep_tighter")
    clock = story.clock("resolution")
    assert (seen(clock.due_at), clock.calendar) == ("Mon 12 18:00", None)
    story.when(at("12:00"), PauseTicket(reason="r")).when(at("13:00"), Resume())
    assert due(story, "resolution") == "Mon 12 19:00"


def test_what_is_kept_keeps_its_calendar():
    story = by_calendar("9h", tier="keep")
    clock = story.clock("resolution")
    assert (seen(clock.due_at), clock.calendar.name) == ("Tue 13 10:00", "office")


def test_a_grace_does_not_touch_what_is_kept():
    gold = {"when": {"tier": "gold"}, "targets": {"resolution": "1h"}}
    match = [gold | {"calendar": "always"}, BY_TIER[1]]
    world = office(match, on_change={"tier": "keep", "grace": "1h"})
    story = opened(world, at("16:00")).when(at("10:00", TUESDAY), Change(tier="gold"))
    assert due(story, "resolution") == "Tue 13 16:00"


def test_the_used_share_is_of_the_hours_that_the_clock_ran_by():
    story = by_calendar("4h", tier="carry_share")
    assert due(story, "resolution") == "Mon 12 14:30"


# pauses and changes


@pytest.mark.parametrize("rule", ["from_start", "carry_share", "keep"])
def test_a_pause_of_before_the_change_does_not_count_after_it(rule):
    story = given(priority=rule)
    story.when(at("11:00"), PauseTicket(reason="r")).when(at("12:00"), Resume())
    deadline = {
        "from_start": "Mon 12 15:00",
        "carry_share": "Mon 12 16:30",
        "keep": "Tue 13 11:00",
    }
    story.when(at("14:00"), RAISED)
    assert due(story, "resolution") == deadline[rule]


@pytest.mark.parametrize(
    ("rule", "deadline"),
    [
        ("from_start", "Mon 12 16:00"),
        ("carry_share", "Mon 12 16:30"),
        ("restart", "Tue 13 09:00"),
        ("keep", "Tue 13 12:00"),
    ],
)
def test_a_change_during_a_pause_shows_its_deadline_when_the_pause_ends(rule, deadline):
    story = given(priority=rule).when(at("11:00"), PauseTicket(reason="r"))
    story.when(at("12:00"), RAISED)
    assert (story.clock("resolution").state, due(story, "resolution")) == (
        "paused",
        None,
    )
    story.when(at("13:00"), Resume())
    assert seen(story.clock("resolution").breach_at) == deadline


def test_a_pause_over_night_costs_only_its_business_part():
    story = given().when(at("16:00"), PauseTicket(reason="r"))
    story.when(at("07:30", TUESDAY), Resume())
    assert due(story, "resolution") == "Tue 13 11:00"


# reopened


def reopened(rule, *, resolved="14:00", back=None, **others):
    story = given(reopen=rule, **others).when(at(resolved), Resolve())
    return story.when(back or at("10:00", WEDNESDAY), Reopen(reason="r"))


@pytest.mark.parametrize(
    ("rule", "deadline"),
    [
        ("resume", "Wed 14 14:00"),
        ("new_cycle", "Thu 15 10:00"),
        ("count", "Tue 13 10:00"),
    ],
)
def test_a_reopened_ticket_is_due_when_the_rule_says(rule, deadline):
    assert due(reopened(rule), "resolution") == deadline


def test_where_the_time_it_lay_resolved_counts_it_may_be_too_late_at_once():
    fact = reopened("count").event(SlaBreached)
    assert (seen(fact.timestamp), fact.fact.inherited) == ("Wed 14 10:00", True)


@pytest.mark.parametrize("rule", ["resume", "new_cycle", "count"])
def test_the_first_resolution_stays_met(rule):
    assert cycles(reopened(rule), "resolution")[0] == ("Mon 12 10:00", "met")


@pytest.mark.parametrize(
    ("back", "deadline"), [("14:00", "Wed 14 10:00"), ("14:00:01", "Wed 14 14:00")]
)
def test_a_ticket_reopened_too_late_to_resume_starts_a_new_cycle(back, deadline):
    story = reopened("resume", back=at(back, TUESDAY), reopen_within="1d")
    assert seen(story.clock("resolution").breach_at) == deadline


def test_what_was_missed_starts_a_new_cycle_under_every_rule():
    story = reopened("resume", resolved="23:00", back=at("10:00", WEDNESDAY))
    assert due(story, "resolution") == "Wed 14 11:00"
    late = given(reopen="resume").when(at("11:00", TUESDAY), Resolve())
    late.when(at("10:00", WEDNESDAY), Reopen(reason="r"))
    assert due(late, "resolution") == "Thu 15 10:00"


def test_what_was_resumed_is_resumed_again_with_all_that_was_used():
    story = reopened("resume").when(at("12:00", WEDNESDAY), Close())
    story.when(at("09:00", THURSDAY), Reopen(reason="r"))
    assert due(story, "resolution") == "Thu 15 11:00"


def test_a_ticket_resolved_from_a_pause_resumes_with_what_was_used_before_it():
    story = given().when(at("11:00"), PauseTicket(reason="r"))
    story.when(at("14:00"), Resolve()).when(at("10:00", WEDNESDAY), Reopen(reason="r"))
    assert due(story, "resolution") == "Wed 14 17:00"


# at closing time


def test_a_budget_that_ends_at_closing_is_due_then_and_broken_at_the_next_opening():
    clock = opened(office({"resolution": "4h"}), at("13:00")).clock("resolution")
    assert (seen(clock.due_at), seen(clock.breach_at)) == (
        "Mon 12 17:00",
        "Tue 13 09:00",
    )


def test_an_answer_after_closing_is_in_time():
    story = opened(office({"first_response": "4h"}), at("13:00"))
    assert story.when(at("20:00"), ANSWER).one(SlaMet).elapsed == at("14:00") - at(
        "10:00"
    )


def test_an_answer_a_second_after_the_next_opening_is_late_by_a_second():
    story = opened(office({"first_response": "4h"}), at("13:00"))
    story.when(at("09:00:01", TUESDAY), ANSWER)
    assert story.one(SlaMissed).overrun.total_seconds() == 1


def unpromised(*steps):
    """Eight hours for questions from noon on; another type has no promise."""
    rule = {"when": {"type": "question"}, "targets": {"resolution": "8h"}}
    story = Story(world({"care": {"match": [rule]}}))
    for time, command in steps:
        story.when(time, command)
    return story.clock("resolution")


OTHER, QUESTION = (Change(fields={"type": t}) for t in ("other", "question"))


def test_a_pause_while_nothing_is_promised_does_not_count_once_it_is_again():
    clock = unpromised(
        ("1h", OTHER),
        ("2h", PauseTicket(reason="r")),
        ("3h", Resume()),
        ("4h", QUESTION),
    )
    assert clock.due_at == instant("9h")


def test_a_pause_that_began_before_and_ended_while_nothing_was_promised_counts_not():
    clock = unpromised(
        ("30m", PauseTicket(reason="r")),
        ("1h", OTHER),
        ("3h", Resume()),
        ("5h", QUESTION),
    )
    assert clock.due_at == instant("PT10H30M")


def test_a_pause_that_lasts_holds_the_clock_once_it_is_promised_again():
    clock = unpromised(("1h", OTHER), ("2h", PauseTicket(reason="r")), ("4h", QUESTION))
    assert (clock.state, clock.due_at) == ("paused", None)
