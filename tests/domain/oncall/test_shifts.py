"""The final schedule: covering, leaves, overrides, swaps, versions, and its reasons."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InvalidError
from domain.oncall.on_call import on_call_at
from domain.oncall.override import Leave, Swap, conflict
from domain.oncall.plan import Plan
from domain.oncall.shifts import gaps, shifts
from tests.support.oncall import (
    DAY,
    WORKDAYS,
    at,
    hour,
    layer,
    local,
    override,
    people_at,
    people_at_hours,
    plan,
    schedule,
    told,
)

NIGHTS = [{"from": "20:00", "to": "08:00"}]


def leave(person: str, begin: float, end: float, **more: datetime) -> Leave:
    return Leave(person=person, begin=at(begin), end=at(end), **more)


def reasons(of: Plan, begin: float = 0, end: float = 24) -> list[str]:
    return [shift.reason for shift in shifts(of, at(begin), at(end))]


def test_a_later_layer_covers_an_earlier_one():
    both = plan(layer("ann"), layer("bo", name="nights", restrict=NIGHTS))
    assert told(both) == [("bo", 0, 8), ("ann", 8, 20), ("bo", 20, 24)]


def test_a_shift_says_of_which_layer_and_turn_it_is():
    assert reasons(plan(layer("ann", "bo")), 0, 48) == [
        "layer base, turn 1",
        "layer base, turn 2",
    ]


def test_a_turn_is_one_shift_however_often_it_is_interrupted_and_never_joined_over_it():
    weekly = layer("ann", "bo", unit="week", restrict=[{"days": WORKDAYS}])
    found = shifts(plan(weekly), at(0), at(14 * 24))
    spans = [(s.person, hour(s.begin) / 24, hour(s.end) / 24) for s in found]
    assert spans == [("ann", 0, 5), ("bo", 7, 12)]


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens():
    friday = layer("ann", restrict=[{"days": ["fri"], "from": "22:00", "to": "06:00"}])
    assert told(plan(friday), 0, 7 * 24) == [("ann", 4 * 24 + 22, 5 * 24 + 6)]


def test_an_opening_night_is_covered_through_both_of_its_double_hours():
    night = layer("ann", restrict=[{"from": "20:00", "to": "02:30"}])
    found = shifts(
        plan(night, tz="Europe/Berlin"),
        local("2026-10-24T12:00", "Europe/Berlin"),
        local("2026-10-25T12:00", "Europe/Berlin"),
    )
    assert sum((s.end - s.begin for s in found), timedelta()) == timedelta(hours=7.5)


def test_a_layer_lives_in_its_own_zone():
    tokyo = layer("dai", tz="Asia/Tokyo", restrict=[{"from": "09:00", "to": "18:00"}])
    assert told(plan(tokyo, tz="Europe/Berlin")) == [("dai", 0, 9)]


def test_a_temporary_layer_serves_between_its_dates_only():
    fair = {"from": "2026-03-02T06:00", "until": "2026-03-02T09:30"}
    assert told(plan(layer("ann"), layer("bo", name="fair", **fair))) == [
        ("ann", 0, 6),
        ("bo", 6, 9.5),
        ("ann", 9.5, 24),
    ]


def test_a_mask_hides_layers_and_overrides_also_where_it_is_empty():
    fair = {"from": "2026-03-02T06:00", "until": "2026-03-02T12:00", "masks": True}
    mask = layer("bo", name="fair", restrict=[{"from": "08:00", "to": "09:00"}], **fair)
    added = override("add", "chen", 4, 7)
    assert told(plan(mask, layer("ann", name="top"), changes=(added,))) == [
        ("ann", 0, 6),
        ("chen", 4, 6),
        ("bo", 8, 9),
        ("ann", 12, 24),
    ]


def test_who_is_on_leave_is_stood_in_for_by_the_next_of_the_rotation():
    away = plan(layer("ann", "bo", "chen"), leaves=(leave("ann", 6, 12),))
    assert told(away, 0, 72) == [
        ("ann", 0, 6),
        ("bo", 6, 12),
        ("ann", 12, 24),
        ("bo", 24, 48),
        ("chen", 48, 72),
    ]
    assert reasons(away)[1] == "layer base, turn 1: ann is on leave"


def test_a_leave_does_not_move_the_turns_of_others():
    away = plan(layer("ann", "bo", "chen"), leaves=(leave("bo", 24, 96),))
    assert people_at_hours(away, [1, 25, 49, 73]) == {
        1: ["ann"],
        25: ["chen"],
        49: ["chen"],
        73: ["ann"],
    }


def test_where_nobody_of_a_rotation_is_there_the_layer_beneath_shows():
    layers = layer("ann"), layer("bo", "chen", name="top")
    away = leave("bo", 0, 24), leave("chen", 6, 12)
    assert told(plan(*layers, leaves=away)) == [
        ("chen", 0, 6),
        ("ann", 6, 12),
        ("chen", 12, 24),
    ]


def test_a_leave_does_not_change_what_was_before_it_was_known():
    late = leave("ann", 0, 24, made_at=at(10))
    assert told(plan(layer("ann", "bo"), leaves=(late,))) == [
        ("ann", 0, 10),
        ("bo", 10, 24),
    ]


def test_a_removed_person_leaves_a_gap():
    removed = plan(layer("ann"), changes=(override("remove", "ann", 6, 9),))
    assert told(removed) == [("ann", 0, 6), ("ann", 9, 24)]
    assert [(hour(g.begin), hour(g.end)) for g in gaps(removed, at(0), at(24))] == [
        (6, 9)
    ]


def test_a_replacement_takes_only_what_the_replaced_person_would_have_had():
    instead = override("replace", "chen", 12, 36, replaces="ann")
    assert told(plan(layer("ann", "bo"), changes=(instead,)), 0, 48) == [
        ("ann", 0, 12),
        ("chen", 12, 24),
        ("bo", 24, 48),
    ]


def test_a_replacement_of_nobody_in_particular_covers_everybody():
    both = layer("ann", priority=1), layer("bo", name="beside", priority=1)
    alone = override("replace", "chen", 6, 9)
    assert told(plan(*both, changes=(alone,)), 6, 9) == [("chen", 6, 9)]


def test_an_override_says_who_made_it_for_whom_and_why():
    instead = override(
        "replace", "chen", 0, 24, replaces="ann", id="o-1", by="lead", reason="ill"
    )
    assert reasons(plan(layer("ann"), changes=(instead,))) == [
        "override o-1 by lead, for ann: ill"
    ]


def test_the_later_made_override_wins_and_the_higher_priority_before_it():
    early, late = override("replace", "bo", 0, 24), override("replace", "chen", 0, 24)
    above = override("replace", "dai", 0, 24, priority=1)
    assert told(plan(layer("ann"), changes=(early, late))) == [("chen", 0, 24)]
    assert told(plan(layer("ann"), changes=(above, late))) == [("dai", 0, 24)]


def test_an_override_with_somebody_on_leave_leaves_who_is_there():
    instead = override("replace", "bo", 0, 24, replaces="ann")
    away = plan(layer("ann"), changes=(instead,), leaves=(leave("bo", 6, 9),))
    assert told(away) == [("bo", 0, 6), ("ann", 6, 9), ("bo", 9, 24)]


def test_who_is_added_while_on_call_is_on_call_once():
    added = plan(layer("ann"), changes=(override("add", "ann", 6, 9),))
    assert told(added) == [("ann", 0, 24)]
    assert people_at(added, at(7)) == ["ann"]


def test_an_override_counts_from_when_it_was_made_until_it_was_cancelled():
    late = override("replace", "bo", 0, 24, made_at=at(6), cancelled_at=at(9))
    assert told(plan(layer("ann"), changes=(late,))) == [
        ("ann", 0, 6),
        ("bo", 6, 9),
        ("ann", 9, 24),
    ]


def test_an_override_that_was_cancelled_before_it_began_has_never_been():
    idle = override("replace", "bo", 12, 24, cancelled_at=at(6))
    assert told(plan(layer("ann"), changes=(idle,))) == [("ann", 0, 24)]


def test_both_halves_of_a_swap_take_effect_together():
    both = layer("ann", priority=1), layer("bo", "chen", name="beside", priority=1)
    window, taken = (at(0), at(24)), at(-1)
    swap = Swap(
        id="s-1",
        asker="ann",
        taker="bo",
        begin=window[0],
        end=window[1],
        back=window,
        taken_at=taken,
    )
    swapped = shifts(plan(*both, changes=(swap,)), *window)
    assert [(s.person, s.reason) for s in swapped] == [
        ("ann", "swap s-1 by bo, for bo"),
        ("bo", "swap s-1 by bo, for ann"),
    ]


def test_a_swap_gives_a_later_turn_back():
    back = at(24), at(48)
    swap = Swap(id="s-1", asker="ann", taker="bo", begin=at(0), end=at(24), back=back)
    assert told(plan(layer("ann", "bo"), changes=(swap,)), 0, 48) == [
        ("bo", 0, 24),
        ("ann", 24, 48),
    ]


@pytest.mark.parametrize(
    ("other", "conflicts"),
    [
        (override("add", "bo", 8, 12), True),
        (override("add", "bo", 12, 16), False),
        (override("add", "chen", 8, 12), False),
        (override("replace", "chen", 8, 12, replaces="bo"), True),
        (override("remove", "bo", 8, 12, priority=1), False),
        (override("remove", "bo", 8, 12, cancelled_at=at(9)), False),
    ],
)
def test_overrides_about_the_same_person_at_the_same_time_are_in_conflict(
    other, conflicts
):
    made = override("add", "bo", 9, 12)
    assert (conflict(other, [made]) is made) == conflicts


def test_two_overrides_for_everybody_are_in_conflict():
    first, second = override("replace", "bo", 0, 9), override("replace", "chen", 8, 12)
    assert conflict(second, [first]) is first


def test_a_new_version_does_not_touch_the_past():
    changed = plan(layer("ann")).revised(
        schedule(layer("bo", start="2026-03-01")), at(9)
    )
    assert told(changed) == [("ann", 0, 9), ("bo", 9, 24)]


def test_a_version_that_changes_nothing_of_a_shift_does_not_split_it():
    changed = plan(layer("ann")).revised(schedule(layer("ann", "bo")), at(9))
    assert reasons(changed) == ["layer base, turn 1"]


def test_a_retired_schedule_has_nobody_on_call():
    assert told(plan(layer("ann")).revised(None, at(9))) == [("ann", 0, 9)]


def test_before_its_first_version_nobody_is_on_call():
    assert told(plan(layer("ann"), since=at(9))) == [("ann", 9, 24)]


@pytest.mark.parametrize(
    ("people", "days"),
    [
        pytest.param("bcd", "bcdb", id="another went"),
        pytest.param("acd", "cdac", id="the holder went"),
        pytest.param("xabcd", "bcdx", id="somebody came"),
        pytest.param("dcba", "badc", id="they moved"),
        pytest.param("bcba", "bcba", id="somebody has two turns"),
        pytest.param("xyz", "yzxy", id="nobody stayed"),
    ],
)
def test_a_change_of_people_keeps_whose_turn_it_is(people, days):
    changed = plan(layer(*"abcd")).revised(schedule(layer(*people)), at(36))
    assert "".join(people_at(changed, at(36 + 24 * n))[0] for n in range(4)) == days


def test_a_new_start_sets_the_turns_again():
    again = schedule(layer("ann", "bo", "chen", start="2026-03-03T00:00"))
    changed = plan(layer("ann", "bo", "chen")).revised(again, at(30))
    assert people_at_hours(changed, [29, 31]) == {29: ["bo"], 31: ["ann"]}


def test_the_same_document_again_changes_nothing():
    same = schedule(layer("ann", "bo", "ann", "chen"))
    once = Plan.of(same)
    assert told(once.revised(same, at(60)), 0, 240) == told(once, 0, 240)


def test_whose_turn_was_next_keeps_it_if_the_last_holder_goes_between_turns():
    days = {"restrict": [{"days": ["mon", "wed", "fri"]}]}
    changed = plan(layer("ann", "bo", "chen", **days)).revised(
        schedule(layer("bo", "chen", **days)), at(36)
    )
    assert people_at_hours(changed, [49, 97]) == {49: ["bo"], 97: ["chen"]}


def test_on_call_now_next_and_previous():
    found = on_call_at(plan(layer("ann", "bo", "chen")), at(30))
    assert [s.person for s in found.now] == ["bo"]
    assert [(s.person, hour(s.begin)) for s in found.next] == [("chen", 48)]
    assert [(s.person, hour(s.end)) for s in found.previous] == [("ann", 24)]


def test_next_is_somebody_else_however_long_that_takes():
    months = layer("ann", "bo", unit="month", length=6)
    (following,) = on_call_at(plan(months), at(1)).next
    assert (following.person, following.begin) == (
        "bo",
        datetime(2026, 9, 2, tzinfo=UTC),
    )


def test_the_hand_off_itself_belongs_to_who_takes_over():
    assert [s.person for s in on_call_at(plan(layer("ann", "bo")), at(24)).now] == [
        "bo"
    ]


def test_who_is_not_on_call_is_told_with_the_reason():
    instead = override("replace", "bo", 0, 24, replaces="ann", id="o-1", by="lead")
    away = leave("dai", 0, 48)
    of = plan(layer("ann", "chen", "dai"), changes=(instead,), leaves=(away,))
    absent = on_call_at(of, at(1)).absent
    assert {who.person: who.reason for who in absent} == {
        "ann": "override o-1 by lead, for ann",
        "chen": "off shift",
        "dai": "on leave until 2026-03-04T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("begin", "end", "pointer"),
    [
        (at(0), at(0), "/to"),
        (at(1), at(0), "/to"),
        (at(0), at(0) + 800 * DAY, "/to"),
        (datetime(1969, 1, 1, tzinfo=UTC), at(0), "/from"),
        (datetime(2199, 12, 31, tzinfo=UTC), datetime(2200, 1, 2, tzinfo=UTC), "/to"),
        (datetime(9999, 12, 31, tzinfo=UTC), datetime.max.replace(tzinfo=UTC), "/from"),
    ],
)
def test_an_impossible_range_is_refused(begin, end, pointer):
    with pytest.raises(InvalidError) as refused:
        shifts(plan(layer("ann")), begin, end)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_an_impossible_instant_is_refused():
    with pytest.raises(InvalidError, match="/at"):
        on_call_at(plan(layer("ann")), datetime.max.replace(tzinfo=UTC))
