"""Every clock can say where its time went, to the microsecond, whatever was done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import NotFoundError
from domain.sla.excuse import ExcuseBreach
from domain.sla.forecast import used
from domain.ticket.clock_explanation import explain
from domain.ticket.decide import (
    Assign,
    Change,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
)
from domain.ticket.draft import seal
from domain.ticket.merge import merge
from domain.ticket.world import World
from tests.support.calendars import EVERY_DAY
from tests.support.dsl import AGENTS, BY_ANN, NOON, TEAMS, Story, configured, instant
from tests.support.explained import ZERO, rules


def explained(story, key, at):
    return explain(story.events, key, story.world.calendar, instant(at))


MONDAY = timedelta(hours=20)  # after NOON: 2026-11-23 09:00 in Berlin


def monday(clock="09:00"):
    hours, minutes = map(int, clock.split(":"))
    return NOON + MONDAY + timedelta(hours=hours - 9, minutes=minutes)


def kinds(found):
    return [interval.kind for interval in found.intervals]


def intervals(found, kind):
    return [interval for interval in found.intervals if interval.kind == kind]


@pytest.fixture
def paused():
    story = Story(rules(), at=monday("09:00"))
    return story.when(monday("10:00"), PauseTicket(reason="a photo is missing"))


def test_a_paused_clock_names_who_paused_it_and_why(paused):
    [pause] = intervals(explained(paused, "resolution/1", monday("11:00")), "paused")
    assert (pause.cause.actor.id, pause.reason) == ("ann", "a photo is missing")


def test_a_pause_names_the_event_that_it_follows_from(paused):
    [pause] = intervals(explained(paused, "resolution/1", monday("11:00")), "paused")
    event = paused.events[pause.cause.version - 1]
    assert (pause.cause.type, event.timestamp) == ("ticket.paused", monday("10:00"))


def test_a_pause_over_lunch_is_closed_there_because_it_costs_nothing(paused):
    found = explained(paused, "resolution/1", monday("14:00"))
    assert kinds(found) == ["running", "paused", "closed", "paused"]


def test_closed_time_names_the_calendar_and_its_version():
    found = explained(Story(rules()), "resolution/1", monday("09:00"))
    assert "calendar office, version 1" in intervals(found, "closed")[-1].reason


def test_a_holiday_is_named_by_its_date():
    story = Story(rules(), at=monday("16:00"))
    [day] = intervals(explained(story, "resolution/1", monday("99:00")), "holiday")
    assert (str(day.holiday), day.end - day.start) == ("2026-11-24", timedelta(days=1))


def test_time_before_a_restart_is_shown_and_does_not_count():
    story = Story(rules("restart"), at=monday("09:00"))
    story.when(monday("10:00"), Change(priority="urgent"))
    found = explained(story, "resolution/1", monday("10:30"))
    told = [(i.kind, i.counted) for i in found.intervals]
    assert told == [("carried", ZERO), ("running", timedelta(minutes=30))]


def test_what_a_change_carried_over_counts_by_its_share():
    """One of six hours was used, so half an hour of three is."""
    story = Story(rules("carry_share"), at=monday("09:00"))
    story.when(monday("10:00"), Change(priority="urgent"))
    [carried] = intervals(explained(story, "resolution/1", monday("11:00")), "carried")
    assert (carried.counted, carried.reason) == (timedelta(minutes=30), "carry_share")


def test_carried_time_stays_with_the_team_that_used_it():
    story = Story(rules("carry_share"), at=monday("09:00"))
    story.when(monday("09:30"), Assign(team="second"))
    story.when(monday("10:00"), Change(priority="urgent"))
    found = explained(story, "resolution/1", monday("11:00"))
    used_by = {share.name: share.counted for share in found.consumption.teams}
    assert used_by == {None: timedelta(minutes=15), "second": timedelta(minutes=75)}


@pytest.mark.parametrize(("rule", "counted"), [("resume", "PT0S"), ("count", "1h")])
def test_a_reopened_ticket_shows_the_time_it_lay_resolved(rule, counted):
    story = Story(rules(reopen=rule), at=monday("09:00")).when(
        monday("10:00"), Resolve()
    )
    story.when(monday("11:00"), Reopen(reason="cold again"))
    found = explained(story, "resolution/2", monday("11:30"))
    [lay] = intervals(found, "reopened")
    assert (lay.counted, lay.status) == (instant(counted) - NOON, "resolved")


def test_a_gap_without_a_promise_is_told_as_such():
    story = Story(rules(), at=monday("09:00"))
    story.when(monday("10:00"), Change(fields={"type": "other"}))
    story.when(monday("11:00"), Change(fields={"type": "question"}))
    found = explained(story, "resolution/2", monday("11:30"))
    assert kinds(found) == ["running", "unpromised", "running"]


def test_a_clock_taken_over_from_a_merged_ticket_adds_up_too():
    mine = Story(rules(), at=monday("11:00"))
    theirs = Story(rules("carry_share"), at=monday("09:00"))
    theirs.when(monday("10:00"), Change(priority="urgent"))
    absorbed = replace(theirs.ticket, id="t-2")
    _, staying = merge(absorbed, mine.ticket, monday("11:30"), mine.world)
    mine.events += seal(staying, BY_ANN)
    mine.ticket = staying.ticket
    found = explained(mine, "resolution/1", monday("11:45"))
    clock = mine.clock("resolution")
    calendar = mine.world.calendar(clock.calendar)
    assert found.elapsed == used(clock, monday("11:45"), calendar)
    assert found.elapsed == timedelta(minutes=30 + 105)


def test_the_deadlines_tell_how_each_came_about(paused):
    paused.when(monday("11:00"), Resume()).when(
        monday("11:00"), Change(priority="urgent")
    )
    told = [
        (d.type, d.rule_of_change, d.old_due_at, d.due_at)
        for d in explained(paused, "resolution/1", monday("11:30")).deadlines
    ]
    due = [monday("16:00"), monday("17:00"), monday("13:00")]
    assert told == [
        ("sla.attached", None, None, due[0]),
        ("sla.resumed", None, due[0], due[1]),
        ("sla.restated", "from_start", due[1], due[2]),
    ]


def test_the_verdict_is_told_as_a_formula():
    story = Story(rules(), at=monday("09:00")).when(monday("11:10"), Resolve())
    found = explained(story, "resolution/1", monday("12:00"))
    assert found.verdict == "elapsed 2 h 10 min of 6 h: met"


def test_a_breach_and_its_excuse_are_told():
    story = Story(rules(), at=monday("09:00")).when(monday("99:00"), Resolve())
    excuse = ExcuseBreach(
        metric="resolution", cycle=None, reason="power cut", approved_by="mia"
    )
    found = explained(story.when(monday("99:00"), excuse), "resolution/1", "P9D")
    assert (found.breach.at, found.clock.excuse.approved_by) == (monday("16:00"), "mia")
    assert found.verdict.endswith("over, excused by mia")


def test_an_explanation_of_the_past_knows_nothing_of_later(paused):
    paused.when(monday("11:00"), Resume())
    found = explained(paused, "resolution/1", monday("10:30"))
    assert (kinds(found), found.elapsed) == (["running", "paused"], timedelta(hours=1))


def test_a_clock_that_never_was_cannot_be_explained(paused):
    with pytest.raises(NotFoundError, match="there is no clock 'resolution/2'"):
        explained(paused, "resolution/2", monday("11:00"))


def test_without_a_cycle_the_last_one_is_explained():
    story = Story(rules(), at=monday("09:00")).when(monday("10:00"), Resolve())
    story.when(monday("11:00"), Reopen(reason="cold again"))
    assert explained(story, "resolution", monday("11:30")).clock.cycle == 2


def test_a_stopped_clock_counts_where_the_ticket_was_at_its_stop():
    story = Story(rules(), at=monday("09:00")).when(
        monday("09:10"), Assign(team="front")
    )
    story.when(monday("10:00"), Resolve()).when(monday("10:10"), Change(tier="gold"))
    standing = story.clock("resolution").standing
    assert (standing.team, standing.tier) == ("front", "standard")


def test_a_broken_clock_counts_where_the_ticket_was_at_its_breach():
    story = Story(rules(), at=monday("09:00")).when(
        monday("09:10"), Assign(team="front")
    )
    story.enforce(monday("99:00")).when(monday("99:00"), Assign(team="second"))
    assert story.when(monday("99:10"), Resolve()).clock("resolution").standing.team == (
        "front"
    )


def test_the_clock_of_a_team_is_that_teams_also_when_the_next_one_takes_over():
    story = Story(rules(), at=monday("09:00")).when(
        monday("09:10"), Assign(team="front")
    )
    story.when(monday("10:00"), Assign(team="second"))
    first, second = [c for c in story.ticket.clocks if c.metric == "team"]
    assert (first.standing.team, second.standing) == ("front", None)


def test_a_clock_that_runs_counts_nowhere_yet():
    assert Story(rules()).clock("resolution").standing is None


def test_one_closed_night_is_one_row_whatever_happens_in_it():
    story = opened_late()
    for hour in ("7h", "8h", "9h"):
        story.when(hour, Assign(agent="bo"), Assign(agent="chen"))
    rows = told_of(story.enforce("24h"), "24h")
    assert [row.kind for row in rows].count("closed") == 1


def test_a_pause_outside_the_hours_is_seen():
    story = opened_late().when("8h", PauseTicket(reason="parts are ordered"))
    story.when("10h", Resume(reason="they came"))
    [night] = [r for r in told_of(story.enforce("24h"), "24h") if r.kind == "closed"]
    assert "paused meanwhile, 2026-11-22T20:00:00Z to 2026-11-22T22:00:00Z" in (
        night.reason
    )
    assert "parts are ordered" in night.reason


def opened_late():
    """At noon; the hours end at 17:00 UTC and begin at 10:00 on the next day."""
    hours = {day: [["10:00", "17:00"]] for day in EVERY_DAY}
    config = configured(
        {
            "agents": AGENTS,
            "teams": TEAMS,
            "calendars": {"office": {"tz": "UTC", "hours": hours}},
            "sla-policies": {
                "care": {
                    "match": [{"targets": {"resolution": "40h"}}],
                    "calendar": "office",
                }
            },
        }
    )
    return Story(World(config=config, directory=config.directory))


def told_of(story, at):
    calendar = story.world.calendar
    return explain(story.events, "resolution", calendar, instant(at)).intervals
