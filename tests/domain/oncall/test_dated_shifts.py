"""Shifts with dates of their own, beside rotations: read, answered, warned about."""

from datetime import UTC, datetime

import pytest

from domain.errors import InvalidError
from domain.oncall.on_call import on_call_at
from domain.oncall.override import Leave
from domain.oncall.schedule_lint import inactive_warnings, schedule_warnings
from domain.oncall.shifts import shifts
from tests.support.oncall import (
    at,
    dated,
    layer,
    local,
    override,
    people_at,
    plan,
    schedule,
    told,
)
from tests.support.schedule_quality import quality


def refused(*entries, **fields):
    with pytest.raises(InvalidError) as caught:
        schedule({"name": "x", "shifts": list(entries), **fields})
    return {error.pointer: error.message for error in caught.value.errors}


def entry(begin="2026-12-24T18:00", end="2026-12-25T09:00", person="ann", **more):
    return {"from": begin, "to": end, "person": person, **more}


# written


def test_a_shift_is_on_the_walls_of_its_layer():
    found = plan({"name": "eve", "shifts": [entry()], "tz": "America/Chicago"})
    [shift] = shifts(found, local("2026-12-20", "UTC"), local("2026-12-30", "UTC"))
    assert shift.begin == local("2026-12-24T18:00", "America/Chicago")
    assert shift.end == local("2026-12-25T09:00", "America/Chicago")
    assert shift.reason == "layer eve, shift of 2026-12-25T00:00Z"


def test_with_a_z_it_is_in_utc_whatever_the_zone():
    exact = entry("2026-12-24T17:00:00Z", "2026-12-25T08:00:00Z")
    found = plan({"name": "eve", "shifts": [exact], "tz": "America/Chicago"})
    [shift] = shifts(found, local("2026-12-20", "UTC"), local("2026-12-30", "UTC"))
    assert shift.begin == datetime(2026, 12, 24, 17, tzinfo=UTC)


def test_an_hour_that_occurs_twice_is_covered_by_both_sides():
    one = entry("2026-10-31T20:00", "2026-11-01T01:30")
    other = entry("2026-11-01T01:30", "2026-11-01T08:00", "bo")
    found = plan({"name": "x", "shifts": [one, other]}, tz="America/Chicago")
    for hour, people in [("05", ["ann"]), ("07", ["ann", "bo"]), ("08", ["bo"])]:
        assert people_at(found, local(f"2026-11-01T{hour}:00", "UTC")) == people


def test_a_shift_within_the_hour_that_is_skipped_is_no_mistake_and_nobodys():
    gone = entry("2026-03-08T02:10", "2026-03-08T02:50")
    found = plan({"name": "x", "shifts": [gone]}, tz="America/Chicago")
    assert shifts(found, local("2026-03-08", "UTC"), local("2026-03-09", "UTC")) == ()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ("ann", "/0"),
        ({"from": "2026-12-24T18:00", "person": "ann"}, "/0/to"),
        (entry(begin="soon"), "/0/from"),
        (entry(begin="2026-12-24T18:00+01:00"), "/0/from"),
        (entry(end="2026-12-24T18:00"), "/0/to"),
        (entry(end="2026-12-24T00:00:00Z"), "/0/to"),
        (entry(person=""), "/0/person"),
        (entry(place="home"), "/0/place"),
        (entry(begin="1960-01-01T00:00"), "/0/from"),
    ],
)
def test_what_is_wrong_in_a_shift_is_named(wrong, pointer):
    assert set(refused(wrong)) == {f"/layers/0/shifts{pointer}"}


def test_all_that_is_wrong_is_named_at_once():
    found = refused(entry(person=3), entry(end="x"), priority=-1)
    assert set(found) == {
        "/layers/0/shifts/0/person",
        "/layers/0/shifts/1/to",
        "/layers/0/priority",
    }


def test_a_layer_has_turns_or_shifts_and_not_both():
    turns = layer("ann")["rotation"]
    assert set(refused(rotation=turns)) == {"/layers/0/rotation"}


def test_a_schedule_has_a_bounded_number_of_shifts():
    shift = entry()
    half = {"shifts": [shift] * 5_001}
    assert set(refused(*[shift] * 10_001)) == {"/layers/0/shifts"}
    with pytest.raises(InvalidError, match="more than 10,000 shifts"):
        schedule({"name": "a", **half}, {"name": "b", **half})


# answered


def test_several_people_are_on_call_together():
    assert told(plan(dated(("ann", 0, 8), ("bo", 4, 12)))) == [
        ("ann", 0, 8),
        ("bo", 4, 12),
    ]


def test_who_is_written_down_twice_is_on_call_once():
    twice = plan(dated(("ann", 0, 8), ("ann", 4, 12), ("ann", 5, 6)))
    found = [(s.begin, s.end) for s in shifts(twice, at(0), at(24))]
    assert found == [(at(0), at(8)), (at(8), at(12))]


def test_it_covers_the_layers_beneath_where_it_has_somebody():
    assert told(plan(layer("zoe"), dated(("ann", 6, 9)))) == [
        ("zoe", 0, 6),
        ("ann", 6, 9),
        ("zoe", 9, 24),
    ]


def test_it_masks_the_others_between_its_dates():
    masking = dated(
        *[("ann", 6, 9)], masks=True, **{"from": "2026-03-02", "until": "2026-03-03"}
    )
    assert told(plan(layer("zoe"), masking), -24, 48) == [
        ("zoe", -24, 0),
        ("ann", 6, 9),
        ("zoe", 24, 48),
    ]


def test_it_is_open_at_its_hours_only():
    hours = [{"from": "08:00", "to": "10:00"}]
    found = plan(dated(("ann", 0, 48), restrict=hours))
    assert told(found, 0, 48) == [("ann", 8, 10), ("ann", 32, 34)]


def test_nobody_stands_in_for_who_is_on_leave_and_what_lies_beneath_shows():
    away = Leave(person="ann", begin=at(4), end=at(6))
    found = plan(layer("zoe"), dated(("ann", 0, 8), ("bo", 5, 8)), leaves=(away,))
    assert told(found, 0, 8) == [
        ("ann", 0, 4),
        ("zoe", 4, 5),
        ("bo", 5, 8),
        ("ann", 6, 8),
    ]


def test_overrides_lie_on_top():
    changes = (override("replace", "bo", 2, 4, replaces="ann"),)
    assert told(plan(dated(("ann", 0, 8)), changes=changes), 0, 8) == [
        ("ann", 0, 2),
        ("bo", 2, 4),
        ("ann", 4, 8),
    ]


def test_who_comes_next_and_who_was_before_is_known():
    found = on_call_at(
        plan(dated(("ann", 0, 8), ("bo", 8, 12), ("chen", 20, 24))), at(9)
    )
    assert [[s.person for s in part] for part in (found.previous, found.now)] == [
        ["ann"],
        ["bo"],
    ]
    assert [(s.person, s.begin) for s in found.next] == [("chen", at(20))]
    assert {absent.person: absent.reason for absent in found.absent} == {
        "ann": "off shift",
        "chen": "off shift",
    }


def test_it_counts_in_the_quality():
    found = quality(plan(dated(("ann", 0, 12), ("bo", 12, 18))), at(0), at(24))
    assert (found.covered, found.balance) == (75, 50)


def test_a_new_version_takes_over_from_turns_and_the_other_way_round():
    turns, dates = layer("ann", "bo"), dated(("zoe", 0, 48), name="base")
    before = plan(turns)
    between = before.revised(schedule(dates), at(6))
    after = between.revised(schedule(turns), at(12))
    assert told(after) == [("ann", 0, 6), ("zoe", 6, 12), ("ann", 12, 24)]


# warned about


def warnings(*layers, known=("ann", "bo"), when=0.0):
    found = schedule_warnings(schedule(*layers), known, at(when), weeks=1)
    return {error.pointer: error.message for error in found}


def test_strangers_are_named_once_where_they_come_first():
    found = warnings(dated(("ann", 0, 200), ("zoe", 0, 4), ("zoe", 8, 9)))
    assert found == {"/layers/0/shifts/1/person": "there is no agent 'zoe'"}


def test_people_who_are_not_active_are_named_once():
    found = inactive_warnings(schedule(dated(("ann", 0, 4), ("ann", 8, 9))), {"ann"})
    assert [error.pointer for error in found] == ["/layers/0/shifts/0/person"]


def test_when_the_shifts_run_out_is_a_gap():
    found = warnings(dated(("ann", 0, 24)))
    assert found["/layers"].startswith("nobody is on call for 144 h 00 min")


def test_a_layer_whose_shifts_are_over_does_nothing():
    over = dated(("ann", 0, 24), name="over")
    found = warnings(layer("bo"), over, when=24)
    assert found == {"/layers/1/shifts": "has no shift ahead: the layer does nothing"}
    assert "/layers/1/shifts" in warnings(layer("bo"), dated(name="none"))
    assert not warnings(layer("bo"), over, when=23)


def test_shifts_that_others_cover_are_named():
    found = warnings(dated(("bo", 2, 4), name="below"), layer("ann"))
    assert set(found) == {"/layers/0"}
