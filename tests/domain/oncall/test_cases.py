"""What other on-call systems publish about themselves, by the id of the case.

GoAlert's tables of hand-offs (ESC-002 to 034), its overrides and history (ESC-047 to
050), Grafana OnCall's rolling users, layers, swaps and score (ESC-036 to 058, 073),
LinkedIn oncall's populating (ESC-059). Decided here where they leave it open:

- ESC-004: a turn that a gap swallows is consumed, so that hours of the day stay with
  whom they belong to; only the instants of the hand-offs are theirs.
- ESC-034: an index that somebody moved by hand is a version that continues the turn.
- ESC-048: the conflict itself; that of two at once the second is refused is the event
  store's doing (unique versions of the schedule's stream).
- ESC-050: the shift has begun at 07:00, which a range from 08:00 cuts and `on_call_at`
  does not.
- ESC-059: no shift is populated by load here; all busy is a hole and a warning. That
  newcomers go first has no counterpart in a rotation.
- ESC-073, ESC-114: windows of an escalation step and of quiet hours are asked as a
  layer's hours: when does the next one begin.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.calendar.instants import from_us, to_us
from domain.oncall.on_call import on_call_at
from domain.oncall.override import Leave, Swap, conflict
from domain.oncall.plan import Plan
from domain.oncall.schedule_lint import gap_warnings
from domain.oncall.shifts import gaps, shifts
from domain.oncall.wall_time import first_instant, last_instant
from tests.support.oncall import (
    HOUR,
    at,
    hour,
    layer,
    local,
    override,
    people_at,
    people_at_hours,
    plan,
    rotation,
    schedule,
    told,
)
from tests.support.schedule_quality import quality

CHICAGO, LORD_HOWE = "America/Chicago", "Australia/Lord_Howe"
HANDOFFS = {
    "ESC-002": (
        (CHICAGO, "2020-03-06T02:30", "day", 1),
        ("2020-03-06T01:00", "2020-03-10T01:00"),
        """
            03-05T02:30-06 03-06T02:30-06 03-07T02:30-06
            03-08T03:00-05 03-09T02:30-05 03-10T02:30-05
        """,
    ),
    "ESC-003": (
        (CHICAGO, "2020-03-06T02:30", "hour", 1),
        ("2020-03-08T01:00", "2020-03-08T04:00"),
        """
            03-08T00:30-06 03-08T01:30-06 03-08T03:00-05
            03-08T03:30-05 03-08T04:30-05
        """,
    ),
    "ESC-004": (
        (CHICAGO, "2020-03-06T02:00", "hour", 1),
        ("2020-03-08T01:00", "2020-03-08T04:00"),
        """
            03-08T01:00-06 03-08T03:00-05 03-08T04:00-05
            03-08T05:00-05
        """,
    ),
    "ESC-008": (
        (CHICAGO, "2020-10-01T01:30", "month", 1),
        ("2020-10-02T01:00", "2020-12-02T01:00"),
        """
            10-01T01:30-05 11-01T01:30-05 12-01T01:30-06
            01-01T01:30-06
        """,
    ),
    "ESC-010": (
        (LORD_HOWE, "2021-04-02T02:00", "day", 1),
        ("2021-04-02T01:00", "2021-04-06T01:00"),
        """
            04-01T02:00+11 04-02T02:00+11 04-03T02:00+11
            04-04T02:00+10:30 04-05T02:00+10:30 04-06T02:00+10:30
        """,
    ),
    "ESC-011": (
        (LORD_HOWE, "2020-10-02T02:15", "day", 1),
        ("2020-10-02T01:00", "2020-10-06T01:00"),
        """
            10-01T02:15+10:30 10-02T02:15+10:30 10-03T02:15+10:30
            10-04T02:30+11 10-05T02:15+11 10-06T02:15+11
        """,
    ),
    "ESC-012": (
        (LORD_HOWE, "2020-10-02T01:30", "hour", 24),
        ("2020-10-02T01:00", "2020-10-06T01:00"),
        """
            10-01T01:30+10:30 10-02T01:30+10:30 10-03T01:30+10:30
            10-04T01:30+10:30 10-05T01:30+11 10-06T01:30+11
        """,
    ),
}


@pytest.mark.parametrize("case", HANDOFFS)
def test_hand_offs_are_where_goalert_has_them(case):
    (tz, start, unit, length), (walk_from, walk_to), expected = HANDOFFS[case]
    turns = rotation(start, unit, length, tz)
    begin, end = to_us(local(walk_from, tz)), to_us(local(walk_to, tz))
    walked = list(turns.periods(begin, end + 1))
    instants = [walked[0].begin, *(period.end for period in walked)]
    found = [from_us(i).astimezone(ZoneInfo(tz)) for i in instants]
    assert [_short(handoff) for handoff in found] == expected.split()


def _short(instant: datetime) -> str:
    offset = f"{instant:%z}"
    offset = offset[:3] if offset.endswith("00") else f"{offset[:3]}:{offset[3:]}"
    return f"{instant:%m-%dT%H:%M}{offset}"


def test_esc_004_a_turn_that_a_gap_swallows_is_consumed():
    turns = rotation("2020-03-06T02:00", "hour", 1, CHICAGO, people="abcd")
    walk = turns.periods(
        to_us(local("2020-03-08T00:00", CHICAGO)),
        to_us(local("2020-03-08T05:00", CHICAGO)),
    )
    assert [turns.order(period.number)[0] for period in walk] == ["c", "d", "b", "c"]


@pytest.mark.parametrize(
    ("start", "unit", "length", "end", "real_seconds"),
    [
        pytest.param("2017-03-12", "hour", 3, "2017-03-12T03:00", 7200, id="ESC-017"),
        pytest.param("2017-11-05", "hour", 3, "2017-11-05T03:00", 14400, id="ESC-018"),
        pytest.param("2017-03-01", "month", 1, "2017-04-01", 2674800, id="ESC-019"),
        pytest.param("2017-11-01", "month", 2, "2018-01-01", 5274000, id="ESC-020"),
    ],
)
def test_a_turn_lasts_so_long_on_the_wall(start, unit, length, end, real_seconds):
    turns = rotation(start, unit, length, CHICAGO)
    first, following = from_us(turns.begin(0)), from_us(turns.begin(1))
    assert following == local(end, CHICAGO)
    assert following - first == timedelta(seconds=real_seconds)


@pytest.mark.parametrize(
    ("instant", "begin", "end"),
    [
        ("2018-12-05T00:00:00", "2018-12-05", "2018-12-06"),
        ("2018-12-04T23:59:59", "2018-12-04", "2018-12-05"),
    ],
)
def test_esc_022_the_grid_reaches_back_before_its_start(instant, begin, end):
    turns = rotation("2018-12-10T00:00", "day", 1, "UTC")
    period = turns.period_at(to_us(local(instant, "UTC")))
    assert from_us(turns.begin(period)) == local(begin, "UTC")
    assert from_us(turns.begin(period + 1)) == local(end, "UTC")


@pytest.mark.parametrize(
    ("pick", "wall", "instant"),
    [
        pytest.param(
            last_instant, "2018-11-04T01:30", "2018-11-04T01:30-06:00", id="ESC-024"
        ),
        pytest.param(
            first_instant, "2018-03-11T02:30", "2018-03-11T03:00-05:00", id="ESC-025"
        ),
        pytest.param(
            last_instant, "2018-03-11T02:30", "2018-03-11T03:00-05:00", id="ESC-026"
        ),
        pytest.param(
            first_instant,
            "2018-11-04T01:30",
            "2018-11-04T01:30-05:00",
            id="the-first-of-two",
        ),
    ],
)
def test_the_instant_of_a_wall_time(pick, wall, instant):
    found = pick(ZoneInfo(CHICAGO), datetime.fromisoformat(wall))
    assert from_us(found) == datetime.fromisoformat(instant)


def test_esc_032_removing_somebody_else_does_not_change_who_is_on_call():
    before = plan(layer("u1", "u2", "u3"))
    assert people_at(before, at(30)) == ["u2"]
    after = before.revised(schedule(layer("u2", "u3")), at(30))
    assert people_at_hours(after, [30, 49, 73]) == {30: ["u2"], 49: ["u3"], 73: ["u2"]}


def test_esc_034_a_turn_continued_off_the_grid_is_kept_for_its_whole_length():
    weeks = {"start": "2018-04-21T14:08:09", "unit": "week", "length": 6}
    by_grid = schedule(layer("u1", "u2", "u0", **weeks))
    moved = datetime(2018, 8, 30, 21, 54, 38, tzinfo=UTC)
    assert people_at(Plan.of(by_grid), moved) == ["u1"]
    by_hand = plan(layer("u0", **weeks)).revised(by_grid, moved)
    assert people_at(by_hand, datetime(2018, 9, 10, 2, 44, tzinfo=UTC)) == ["u0"]


def test_esc_036_turns_are_counted_over_the_days_that_open():
    days = plan(layer("u1", "u2", restrict=[{"days": ["mon", "wed", "fri"]}]))
    found = {n: people_at(days, at(24 * n) + timedelta(minutes=5)) for n in range(10)}
    on_call = {n: people[0] for n, people in found.items() if people}
    assert on_call == {0: "u1", 2: "u2", 4: "u1", 7: "u2", 9: "u1"}


def test_esc_038_the_order_counts_from_start_also_where_the_layer_begins_later():
    half_hours = [{"from": f"{h:02}:00", "to": f"{h:02}:30"} for h in range(24)]
    validity = {"from": "2026-03-02T02:00", "until": "2026-03-02T06:59"}
    hourly = layer("u1", "u2", "u3", unit="hour", restrict=half_hours, **validity)
    found = people_at_hours(plan(hourly), [n + 5 / 60 for n in range(8)])
    people = [names[0] if names else None for names in found.values()]
    assert people == [None, None, "u3", "u1", "u2", "u3", "u1", None]


def test_esc_041_a_layer_that_has_begun_ends_when_it_is_deleted():
    first, second = layer("ann", name="kept"), layer("bo", name="gone")
    later = layer("chen", name="future", **{"from": "2026-03-02T18:00"})
    both = plan(first, second, later)
    after = both.revised(schedule(first), at(12))
    assert told(both) == [("bo", 0, 18), ("chen", 18, 24)]
    assert told(after) == [("bo", 0, 12), ("ann", 12, 24)]


def test_esc_047_an_add_is_on_call_for_the_whole_window():
    always = layer("u1", priority=1)
    days = layer(
        "u2", name="days", priority=1, restrict=[{"from": "09:00", "to": "21:00"}]
    )
    added = plan(always, days, changes=(override("add", "u3", 0, 24),))
    assert people_at_hours(added, [0, 9, 21]) == {
        0: ["u1", "u3"],
        9: ["u1", "u2", "u3"],
        21: ["u1", "u3"],
    }


def test_esc_048_the_same_override_twice_is_a_conflict():
    first, second = override("add", "u1", 9, 12), override("add", "u1", 9, 12)
    assert conflict(first, []) is None
    assert conflict(second, [first]) is first


def test_esc_050_the_past_is_what_was_in_force_then():
    was = Plan.of(schedule(layer("foobar")), since=at(7))
    validity = {"from": "2026-03-02T08:00", "until": "2026-03-02T10:00"}
    now = was.revised(schedule(layer("foobar", **validity)), at(8))
    assert on_call_at(now, at(8)).now[0].begin == at(7)
    (asked,) = shifts(now, at(8), at(9))
    assert (asked.person, asked.end) == ("foobar", at(9))


def timed(person: str, priority: int, begin: float, end: float, name: str):
    validity = {"from": f"{at(begin):%FT%H:%M}", "until": f"{at(end):%FT%H:%M}"}
    return layer(person, name=name, priority=priority, **validity)


def test_esc_051_higher_covers_lower_equals_stand_together_overrides_cover_all():
    written = [("A", 1, 10, 15), ("B", 1, 11, 13), ("A", 1, 16, 19), ("A", 1, 21, 22)]
    written += [("B", 1, 22, 24), ("C", 2, 12, 14), ("D", 2, 14, 15), ("D", 2, 17, 18)]
    written += [("D", 2, 20, 23)]
    layers = [timed(*shift, name=f"l{i}") for i, shift in enumerate(written)]
    first = override("replace", "E", 22, 23)
    above = override("replace", "A", 22, 22.5, priority=1)
    final = plan(*layers, changes=(above, first))
    assert told(final) == [
        ("A", 10, 12),
        ("B", 11, 12),
        ("C", 12, 14),
        ("D", 14, 15),
        ("A", 16, 17),
        ("D", 17, 18),
        ("A", 18, 19),
        ("D", 20, 22),
        ("A", 22, 22.5),
        ("E", 22.5, 23),
        ("B", 23, 24),
    ]
    uncovered = [(hour(g.begin), hour(g.end)) for g in gaps(final, at(0), at(24))]
    assert uncovered == [(0, 10), (15, 16), (19, 20)]


def test_esc_052_equals_are_split_where_a_higher_layer_ends():
    written = [("A", 1, 10, 20), ("B", 1, 10, 20), ("C", 2, 10, 13)]
    layers = [timed(*shift, name=f"l{i}") for i, shift in enumerate(written)]
    assert told(plan(*layers)) == [("C", 10, 13), ("A", 13, 20), ("B", 13, 20)]


def swap(begin: float, end: float, **more: object) -> Swap:
    given = {"taker": "other", "taken_at": at(-24), **more}
    return Swap(id="s-1", asker="user", begin=at(begin), end=at(end), **given)


NOON = timed("user", 1, 12, 15, name="noon")


def test_esc_053_a_swap_applies_to_what_the_asker_would_have_had():
    swapped = plan(NOON, changes=(swap(13, 18),))
    assert told(swapped) == [("user", 12, 13), ("other", 13, 15)]


@pytest.mark.parametrize(
    "ineffective",
    [
        pytest.param({"asker": "stranger"}, id="by-somebody-not-in-the-schedule"),
        pytest.param({"cancelled_at": at(-12)}, id="deleted"),
        pytest.param({"taken_at": at(16)}, id="in-the-past"),
        pytest.param({"taker": None, "taken_at": None}, id="untaken"),
    ],
)
def test_esc_054_a_swap_without_effect_changes_nothing(ineffective):
    fields = {"id": "s-1", "asker": "user", "taker": "other", "taken_at": at(-24)}
    idle = Swap(begin=at(13), end=at(18), **{**fields, **ineffective})
    assert shifts(plan(NOON, changes=(idle,)), at(0), at(24)) == shifts(
        plan(NOON), at(0), at(24)
    )


def test_esc_058_an_empty_schedule_scores_nothing():
    empty = plan(layer("ann", **{"from": "2027-01-01"}))
    assert quality(empty, at(0), at(168)).score == 0
    assert quality(empty, at(0), at(168)).reasons == ("nobody is ever on call",)


def test_esc_058_a_schedule_with_gaps_and_imbalance_scores_28():
    some = plan(timed("u1", 1, 0, 26, name="one"), timed("u2", 1, 30, 39, name="two"))
    found = quality(some, at(0), at(168))
    assert found.score == 28
    assert found.reasons == (
        "79% of the time nobody is on call",
        "u1 is on call 49% more than the mean",
    )


def test_esc_058_a_full_and_balanced_schedule_scores_100():
    full = plan(layer("u1", "u2"))
    found = quality(full, at(0), at(96))
    assert (found.score, found.reasons) == (100, ())


def test_esc_059_when_all_are_away_there_is_a_hole_and_a_warning():
    away = tuple(
        Leave(person=person, begin=at(0), end=at(24))
        for person in ("123", "456", "789")
    )
    hole = plan(layer("123", "456", "789"), leaves=away)
    assert people_at(hole, at(1)) == []
    (warning,) = gap_warnings(hole, at(0), weeks=1)
    assert warning.message.startswith("nobody is on call for 24 h 00 min")


@pytest.mark.parametrize(("now", "eta"), [(8, 9), (12, None), (17, 33)])
def test_esc_073_the_next_opening_of_a_window(now, eta):
    window = plan(layer("ann", restrict=[{"from": "09:00", "to": "17:00"}]))
    found = on_call_at(window, at(now))
    assert [s.begin for s in found.next if not found.now] == ([at(eta)] if eta else [])
    assert bool(found.now) == (eta is None)


def test_esc_114_what_is_held_overnight_is_due_at_seven_on_the_wall():
    awake = layer("ann", restrict=[{"from": "07:00", "to": "22:00"}])
    asked = local("2026-03-28T23:30", "Europe/Berlin")
    (following,) = on_call_at(plan(awake, tz="Europe/Berlin"), asked).next
    assert following.begin == datetime.fromisoformat("2026-03-29T07:00:00+02:00")
    assert following.begin - asked == 6.5 * HOUR
