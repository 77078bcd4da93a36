"""When people are warned: walked back in business time, and not at night."""

import pytest

from domain.errors import InvalidError
from domain.sla.facts import SlaBreached, SlaWarned
from domain.ticket.decide import Change, PauseTicket, Resume
from tests.support.clocks import (
    FRIDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    office,
    on,
    opened,
    told,
)

EIGHT_TO_SEVEN = {
    "tz": "Europe/Berlin",
    "hours": {"mon": [["08:00", "19:00"]], "tue": [["08:00", "19:00"]]},
}
NIGHT = {"tz": "Europe/Berlin", "from": "22:00", "to": "07:00"}
LATER = on(WEDNESDAY, "23:00")


def warned(story, until=LATER):
    return [line.removesuffix(" sla.warned") for line in _warnings(story, until)]


def _warnings(story, until):
    return told(story.enforce(until), SlaWarned)


def given(target, warn_at, start, *, calendar="always", quiet=None, **policy):
    fields = {"quiet_hours": quiet} if quiet else {}
    world = office(
        {"resolution": target},
        calendars={"long": EIGHT_TO_SEVEN},
        **{"calendar": calendar, "warn_at": warn_at, **fields, **policy},
    )
    return opened(world, start)


# in business time


def test_an_hour_before_ten_past_eight_is_ten_past_six_of_the_evening_before():
    story = given("2h", ["1h"], at("17:10"), calendar="long")
    assert story.clock("resolution").due_at == at("08:10", TUESDAY)
    assert warned(story) == ["Mon 12 18:10"]


def test_half_an_hour_before_half_past_nine_is_nine_not_the_closing_before():
    story = given("1h", ["30m"], at("16:30"), calendar="office")
    assert warned(story) == ["Tue 13 09:00"]


def test_half_of_the_budget_at_closing_is_warned_of_at_closing():
    story = given("2h", ["50%"], at("16:00"), calendar="office")
    assert warned(story) == ["Mon 12 17:00"]


def test_a_warning_is_walked_back_over_the_weekend():
    story = given("4h", ["3h"], at("15:00", FRIDAY), calendar="office")
    assert warned(story, on(19, "23:00")) == ["Fri 16 16:00"]


def test_a_warning_is_walked_back_over_a_pause():
    story = given("4h", ["3h"], at("10:00"), calendar="office")
    story.when(at("10:30"), PauseTicket(reason="r")).when(at("13:00"), Resume())
    assert warned(story) == ["Mon 12 13:30"]


def test_any_number_of_warnings_is_given_each_at_its_instant():
    story = given("4h", ["1h", "25%", "PT30M", "90%"], at("10:00"), calendar="office")
    assert warned(story) == [
        "Mon 12 11:00",
        "Mon 12 13:00",
        "Mon 12 13:30",
        "Mon 12 13:36",
    ]


def test_every_change_plans_the_warnings_again():
    rules = [
        {"when": {"priority": "high"}, "targets": {"resolution": "4h"}},
        {"targets": {"resolution": "8h"}},
    ]
    story = opened(office(rules, warn_at=["1h"]))
    story.when(at("11:00"), Change(priority="high"))
    assert warned(story) == ["Mon 12 13:00"]


# quiet hours


def test_a_warning_of_the_night_is_given_before_it():
    story = given("12h", ["50%"], at("18:00"), quiet=NIGHT)
    assert warned(story) == ["Mon 12 22:00"]


def test_a_warning_outside_the_quiet_hours_is_not_moved():
    assert warned(given("12h", ["25%"], at("18:00"), quiet=NIGHT)) == ["Mon 12 21:00"]


def test_a_warning_at_the_end_of_the_night_is_not_moved():
    assert warned(given("18h", ["50%"], at("22:00"), quiet=NIGHT)) == ["Tue 13 07:00"]


def test_of_a_ticket_of_the_night_people_are_warned_in_the_morning():
    story = given("12h", ["25%"], at("23:00"), quiet=NIGHT)
    assert warned(story) == ["Tue 13 07:00"]


def test_a_warning_does_not_wait_for_the_morning_after_the_breach():
    story = given("4h", ["50%"], at("23:00"), quiet=NIGHT)
    assert warned(story) == ["Tue 13 01:00"]


def test_quiet_hours_in_the_middle_of_the_day_are_quiet_too():
    quiet = {"tz": "Europe/Berlin", "from": "12:00", "to": "13:00"}
    assert warned(given("5h", ["50%"], at("10:00"), quiet=quiet)) == ["Mon 12 12:00"]


def test_quiet_hours_have_a_zone_of_their_own():
    quiet = NIGHT | {"tz": "America/New_York"}
    story = given("4h", ["50%"], at("02:00"), quiet=quiet)
    assert warned(story) == ["Mon 12 04:00"]


def test_nothing_else_is_quiet():
    story = given("6h", [], at("20:00"), quiet=NIGHT).enforce(LATER)
    assert told(story, SlaBreached) == ["Tue 13 02:00 sla.breached"]


def brought_forward(target):
    """By a change at 23:00, of a ticket of Monday 14:30."""
    rules = [
        {"when": {"priority": "high"}, "targets": {"resolution": target}},
        {"targets": {"resolution": "48h"}},
    ]
    world = office(rules, calendar="always", warn_at=["50%"], quiet_hours=NIGHT)
    return opened(world, at("14:30")).when(at("23:00"), Change(priority="high"))


@pytest.mark.parametrize("target", ["17h", "18h"])
def test_a_warning_that_a_change_of_the_night_brings_forward_waits(target):
    assert warned(brought_forward(target)) == ["Tue 13 07:00"]


def test_it_does_not_wait_for_the_morning_after_the_breach_either():
    assert warned(brought_forward("16h")) == ["Mon 12 23:00"]


def test_a_warning_given_before_the_night_is_not_given_again_after_it():
    story = given("12h", ["50%"], at("18:00"), quiet=NIGHT)
    story.when(at("22:30"), PauseTicket(reason="r")).when(at("22:31"), Resume())
    assert warned(story) == ["Mon 12 22:00"]


@pytest.mark.parametrize(
    "quiet", [{"from": "22:00", "to": "25:00"}, {"from": "22:00"}, {**NIGHT, "tz": "X"}]
)
def test_quiet_hours_that_are_none_are_refused_by_name(quiet):
    with pytest.raises(InvalidError, match="/quiet_hours"):
        given("1h", [], at("10:00"), quiet=quiet)
