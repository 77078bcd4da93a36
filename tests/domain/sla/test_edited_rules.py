"""Policies and calendars are edited: what running clocks make of it, and when."""

from dataclasses import replace

import pytest

from domain.configuration.configuration import fold_config
from domain.configuration.retiring import retire
from domain.event import Event
from domain.sla.facts import SlaBreached, SlaRestated
from domain.ticket.decide import (
    Assign,
    Change,
    PauseTicket,
    Reopen,
    Resolve,
    RestatePromises,
    Resume,
    decide,
)
from domain.ticket.restatement import clock_changes
from tests.support.calendars import local
from tests.support.clocks import (
    BY_PRIORITY,
    LOWERED,
    NINE_TO_FIVE,
    OFFICE,
    RAISED,
    at,
    due,
    office,
    opened,
    seen,
)
from tests.support.dsl import (
    ANSWER,
    BY_ANN,
    CUSTOMER,
    NOON,
    Story,
    instant,
    published,
    world,
)


def given():
    """A ticket of Monday 10:00 with 8 h."""
    return opened(office(BY_PRIORITY))


EASTER = local("2026-04-02T16:00")
HOLIDAY = {**OFFICE, "holidays": ["2026-04-03"]}
CALENDARS_NEW = RestatePromises(
    policies=False, calendars=True, reason="Good Friday", forced=True
)
POLICIES_NEW = RestatePromises(
    policies=True, calendars=False, reason="we promise more", forced=True
)
STRICTER = {"match": [{"targets": {"resolution": "2h"}}], "calendar": "office"}


def edited(story, kind, name, document):
    """The next version is published; the ticket has not heard of it."""
    config = published(story.world.config, kind, name, document)
    story.world = replace(story.world, config=config)
    return story


def good_friday():
    return opened(office({"resolution": "4h"}), EASTER)


def test_a_holiday_declared_in_time_moves_the_deadline():
    story = edited(good_friday(), "calendars", "office", HOLIDAY)
    story.when(local("2026-04-02T20:00"), CALENDARS_NEW)
    fact = story.one(SlaRestated)
    assert fact.old_due_at == local("2026-04-03T12:00")
    assert fact.new_due_at == local("2026-04-06T12:00")
    assert (fact.calendar.version, fact.reason) == (2, "Good Friday")


def test_a_holiday_declared_after_the_breach_leaves_the_breach_in_the_log():
    story = edited(good_friday(), "calendars", "office", HOLIDAY)
    story.when(local("2026-04-04T10:00"), CALENDARS_NEW)
    breach = story.event(SlaBreached)
    assert breach.timestamp == local("2026-04-03T12:00")
    assert story.clock("resolution").due_at == local("2026-04-06T12:00")
    assert story.clock("resolution").breached_at == local("2026-04-03T12:00")


def test_what_was_judged_is_not_restated():
    story = good_friday().when(local("2026-04-03T11:00"), Resolve())
    edited(story, "calendars", "office", HOLIDAY)
    story.when(local("2026-04-04T10:00"), CALENDARS_NEW)
    assert story.all(SlaRestated) == []


def test_a_calendar_edit_alone_reaches_no_running_clock():
    story = edited(good_friday(), "calendars", "office", HOLIDAY)
    story.when(local("2026-04-02T20:00"), Assign(agent="ann"), ANSWER)
    assert story.clock("resolution").due_at == local("2026-04-03T12:00")


@pytest.mark.parametrize("change", [RAISED, LOWERED])
def test_a_running_ticket_keeps_the_versions_that_it_was_matched_by(change):
    story = edited(given(), "sla-policies", "care", STRICTER)
    hours = {day: [["00:00", "24:00"]] for day in OFFICE["hours"]}
    edited(story, "calendars", "office", {"tz": "UTC", "hours": hours})
    clock = story.when(at("11:00"), change).clock("resolution")
    assert (clock.policy.version, clock.calendar.version) == (1, 1)


def test_on_command_the_newest_policy_counts_from_the_old_start():
    story = edited(given(), "sla-policies", "care", STRICTER)
    story.when(at("11:00"), POLICIES_NEW)
    clock = story.clock("resolution")
    assert (clock.policy.version, seen(clock.due_at)) == (2, "Mon 12 12:00")


def test_pauses_survive_an_edit():
    story = (
        given().when(at("10:30"), PauseTicket(reason="r")).when(at("11:00"), Resume())
    )
    edited(story, "sla-policies", "care", STRICTER).when(at("11:30"), POLICIES_NEW)
    assert due(story, "resolution") == "Mon 12 12:30"


def test_a_pause_survives_an_edit_while_it_lasts():
    story = given().when(at("10:30"), PauseTicket(reason="r"))
    edited(story, "sla-policies", "care", STRICTER).when(at("11:30"), POLICIES_NEW)
    assert story.clock("resolution").state == "paused"
    story.when(at("13:00"), Resume())
    assert due(story, "resolution") == "Mon 12 14:30"


def test_a_longest_pause_survives_an_edit():
    story = opened(office({"resolution": "8h"}, longest_pause="2h"))
    story.when(at("10:30"), PauseTicket(reason="r"))
    longer = STRICTER | {"longest_pause": "2h"}
    edited(story, "sla-policies", "care", longer).when(at("11:30"), POLICIES_NEW)
    assert due(story.enforce(at("13:00")), "resolution") == "Mon 12 14:00"


def test_an_edit_that_makes_it_too_late_breaks_it_at_the_order():
    story = edited(given(), "sla-policies", "care", STRICTER)
    fact = story.when(at("15:00"), POLICIES_NEW).event(SlaBreached)
    assert (seen(fact.timestamp), fact.fact.inherited) == ("Mon 12 15:00", True)


def test_where_nothing_was_edited_an_order_restates_nothing():
    assert given().when(at("11:00"), POLICIES_NEW, CALENDARS_NEW).all(SlaRestated) == []


def test_a_policy_edit_leaves_the_calendar_as_it_was_pinned():
    story = edited(given(), "sla-policies", "care", STRICTER)
    edited(story, "calendars", "office", {"tz": "UTC", "hours": {"mon": NINE_TO_FIVE}})
    story.when(at("11:00"), POLICIES_NEW)
    assert story.clock("resolution").calendar.version == 1


def test_an_edit_reaches_only_the_policy_that_was_edited():
    def policy(metric, target):
        return {"match": [{"targets": {metric: target}}]}

    story = Story(
        world({"a": policy("resolution", "8h"), "b": policy("first_response", "4h")})
    )
    config = published(
        story.world.config, "sla-policies", "a", policy("resolution", "4h")
    )
    config = published(config, "sla-policies", "b", policy("first_response", "1h"))
    story.world = replace(story.world, config=config)
    order = RestatePromises(policies=True, calendars=False, reason="r", name="a")
    story.when("10m", order)
    versions = {c.metric: c.policy.version for c in story.ticket.clocks}
    assert versions == {"resolution": 2, "first_response": 1}


# what is withdrawn stays withdrawn

T = {"match": [{"when": {"type": "t"}, "targets": {"resolution": "10m"}}]}
OTHER = {"match": [{"when": {"type": "x"}, "targets": {"resolution": "1m"}}]}


def retired(story, name):
    config = story.world.config
    version = config.entry("sla-policies", name).stream_version + 1
    fact = retire(config, "sla-policies", name)
    event = Event(f"sla-policies/{name}", version, NOON, BY_ANN, fact)
    story.world = replace(story.world, config=fold_config([event], config))
    return story


def withdrawn():
    """Field-001: the policy is retired, and the order to follow that withdraws."""
    story = retired(Story(world({"p": T, "q": OTHER}), type="t"), "p")
    story.when("1m", POLICIES_NEW)
    assert states(story) == ["cancelled"]
    return story


def states(story):
    return [clock.state for clock in story.ticket.clocks]


LATER = [
    [Change(fields={"tags": ("x",)})],
    [Change(priority="urgent", reason="r")],
    [Change(tier="gold")],
    [Change(fields={"type": "y"}), Change(fields={"type": "t"})],
    [Resolve(), Reopen(reason="r")],
    [Assign(agent="bo")],
    [PauseTicket(reason="r"), Resume(reason="r")],
    [CUSTOMER, ANSWER],
    [RestatePromises(policies=True, calendars=True, reason="r", forced=False)],
    [RestatePromises(policies=True, calendars=False, reason="r", name="q")],
]


@pytest.mark.parametrize("commands", LATER)
def test_field_001_what_a_restatement_withdrew_no_later_edit_promises_again(commands):
    assert states(withdrawn().when("2m", *commands)) == ["cancelled"]


def test_nor_where_the_newest_version_does_not_promise_it_any_more():
    story = edited(Story(world({"p": T}), type="t"), "sla-policies", "p", OTHER)
    story.when("1m", POLICIES_NEW, Change(fields={"tags": ("x",)}))
    assert states(story) == ["cancelled"]


def test_what_the_version_in_force_promises_is_promised_again():
    story = withdrawn()
    edited(story, "sla-policies", "q", T)
    story.when("2m", Change(fields={"tags": ("x",)}))
    assert states(story) == ["cancelled", "running"]


def test_an_edit_that_unpromises_something_comes_back_by_what_is_in_force_only():
    story = Story(world({"p": T}), type="t").when("1m", Change(fields={"type": "y"}))
    retired(story, "p").when("2m", Change(fields={"type": "t"}))
    assert states(story) == ["cancelled"]


def test_a_retired_policy_keeps_what_it_promises_until_it_is_withdrawn():
    story = retired(Story(world({"p": T}), type="t"), "p")
    assert states(story.when("2m", Change(fields={"tags": ("x",)}))) == ["running"]


# what a preview lists


def test_a_clock_that_a_restatement_does_not_move_is_not_listed():
    wider = {"match": [{"targets": {"resolution": "10m"}}]}
    story = edited(Story(world({"p": T}), type="t"), "sla-policies", "p", wider)
    draft = decide(story.ticket, POLICIES_NEW, instant("1m"), story.world)
    assert [*clock_changes(draft)] == []


def test_a_clock_that_it_moves_is():
    quicker = {"match": [{"targets": {"resolution": "5m"}}]}
    story = edited(Story(world({"p": T}), type="t"), "sla-policies", "p", quicker)
    draft = decide(story.ticket, POLICIES_NEW, instant("1m"), story.world)
    assert [change.what for change in clock_changes(draft)] == ["restated"]
