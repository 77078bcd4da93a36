"""Reading and refusing schedules; what is allowed but probably unintended."""

from datetime import date, datetime
from typing import Any

import pytest

from domain.errors import InvalidError
from domain.oncall.schedule import Restriction
from domain.oncall.schedule_form import parse_schedule
from domain.oncall.schedule_lint import (
    gap_warnings,
    has_effect,
    schedule_warnings,
)
from tests.support.oncall import REF, WORKDAYS, at, layer, override, plan, schedule

FRONT_LINE: dict[str, Any] = {
    "tz": "America/Chicago",
    "layers": [
        {
            "name": "base",
            "rotation": {
                "start": "2026-01-05T09:00",
                "unit": "week",
                "length": 1,
                "people": ["ann", "bo", "chen"],
            },
            "restrict": [{"days": WORKDAYS, "from": "09:00", "to": "21:00"}],
        }
    ],
}


def problems(document: object) -> dict[str, str]:
    with pytest.raises(InvalidError) as refused:
        parse_schedule(REF, document)
    return {error.pointer: error.message for error in refused.value.errors}


def in_rotation(**fields: object) -> dict[str, Any]:
    first = FRONT_LINE["layers"][0]
    return in_layer(rotation={**first["rotation"], **fields})


def in_layer(**fields: object) -> dict[str, Any]:
    return {**FRONT_LINE, "layers": [{**FRONT_LINE["layers"][0], **fields}]}


def test_all_of_the_form_is_read():
    read = parse_schedule(REF, FRONT_LINE)
    (base,) = read.layers
    assert (read.ref, read.tz, base.name) == (REF, "America/Chicago", "base")
    assert base.rotation.start == datetime(2026, 1, 5, 9)  # noqa: DTZ001
    assert (base.rotation.unit, base.rotation.length) == ("week", 1)
    assert base.rotation.people == ("ann", "bo", "chen")
    assert base.restrict == (Restriction((0, 1, 2, 3, 4), 9 * 3600, 21 * 3600),)


def test_what_is_left_out_has_its_default():
    bare = schedule({"name": "a", "rotation": {**layer("ann")["rotation"]}}).layers[0]
    assert (bare.rotation.length, bare.restrict, bare.masks) == (1, (), False)
    assert (bare.starts, bare.ends, bare.rotation.tz) == (None, None, "UTC")


def test_a_layer_without_turns_or_shifts_says_what_it_needs():
    assert problems({"tz": "UTC", "layers": [{"name": "base"}]}) == {
        "/layers/0": "needs turns (`rotation`), `shifts` or `ical`"
    }


def test_a_window_may_last_the_day_or_end_on_the_next():
    windows = [{}, {"from": "22:00", "to": "06:00"}, {"from": "18:00", "to": "24:00"}]
    read = schedule(layer("ann", restrict=windows)).layers[0].restrict
    assert [(r.opens_s // 3600, r.closes_s // 3600) for r in read] == [
        (0, 24),
        (22, 30),
        (18, 24),
    ]


def test_dates_of_yaml_are_taken():
    start = in_rotation(start=date(2026, 1, 5))
    assert parse_schedule(REF, start).layers[0].rotation.start.hour == 0
    until = in_layer(until=datetime(2026, 1, 5, 9))  # noqa: DTZ001
    assert parse_schedule(REF, until).layers[0].ends is not None


def test_all_problems_are_named_at_once():
    wrong = in_rotation(start="soon", unit="year", length=0, people=[], turn=1)
    wrong["tz"], wrong["colour"] = "Mars", "red"
    wrong["layers"][0]["restrict"] = [{"days": ["monday"], "from": "9"}]
    assert set(problems(wrong)) == {
        "/colour",
        "/tz",
        "/layers/0/rotation/turn",
        "/layers/0/rotation/start",
        "/layers/0/rotation/unit",
        "/layers/0/rotation/length",
        "/layers/0/rotation/people",
        "/layers/0/restrict/0/days/0",
        "/layers/0/restrict/0/from",
    }


@pytest.mark.parametrize("document", [None, [], "front-line", {}])
def test_a_document_that_is_no_schedule_is_refused(document):
    assert problems(document)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": 7}, "/name"),
        ({"tz": "Europe"}, "/tz"),
        ({"rotation": None}, "/rotation"),
        ({"restrict": []}, "/restrict"),
        ({"restrict": ["09:00"]}, "/restrict/0"),
        ({"restrict": [{"days": []}]}, "/restrict/0/days"),
        ({"restrict": [{"from": "24:00"}]}, "/restrict/0/from"),
        ({"restrict": [{"from": "09:00", "to": "00:00"}]}, "/restrict/0/to"),
        ({"restrict": [{"from": "09:00", "to": "09:00"}]}, "/restrict/0/to"),
        ({"from": "2026-02-30"}, "/from"),
        ({"from": "2026-01-05T09:00Z"}, "/from"),
        ({"from": "2026-01-05", "until": "2026-01-05"}, "/until"),
        ({"masks": "yes"}, "/masks"),
        ({"masks": True}, "/masks"),
        ({"masks": True, "from": "2026-01-05"}, "/masks"),
        ({"priority": -1}, "/priority"),
        ({"priority": True}, "/priority"),
    ],
)
def test_an_impossible_layer_is_refused(fields, pointer):
    assert set(problems(in_layer(**fields))) == {f"/layers/0{pointer}"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"start": "2026-01-05T09:00+01:00"}, "/start"),
        ({"start": "0001-01-01T00:00"}, "/start"),
        ({"start": "2026-W01-1"}, "/start"),
        ({"start": datetime(2026, 1, 5, 9, 0, 0, 1)}, "/start"),  # noqa: DTZ001
        ({"unit": ["week"]}, "/unit"),
        ({"length": 1001}, "/length"),
        ({"length": "1"}, "/length"),
        ({"people": ["ann", ""]}, "/people/1"),
        ({"people": "ann"}, "/people"),
        ({"people": ["ann"] * 1001}, "/people"),
    ],
)
def test_an_impossible_rotation_is_refused(fields, pointer):
    assert set(problems(in_rotation(**fields))) == {f"/layers/0/rotation{pointer}"}


def test_layers_have_names_of_their_own_and_a_priority_each_or_none():
    layers = [layer("ann", priority=1), layer("bo")]
    assert set(problems({"tz": "UTC", "layers": layers})) == {
        "/layers/1/name",
        "/layers/1/priority",
    }


def warned(*layers: dict[str, Any], known: str = "ann bo") -> list[str]:
    found = schedule_warnings(schedule(*layers), known.split(), at(0))
    return [warning.pointer for warning in found]


def test_a_sound_schedule_has_no_warnings():
    assert warned(layer("ann", "bo")) == []


def test_an_unknown_person_is_warned_about():
    assert warned(layer("ann", "eve")) == ["/layers/0/rotation/people/1"]


def test_a_layer_that_others_cover_is_warned_about():
    assert warned(layer("ann"), layer("bo", name="top")) == ["/layers/0"]
    weekends = layer("bo", name="top", restrict=[{"days": ["sat", "sun"]}])
    assert warned(layer("ann"), weekends) == []
    equal = layer("ann", priority=1), layer("bo", name="beside", priority=1)
    assert warned(*equal) == []


def test_a_layer_that_a_mask_hides_is_warned_about():
    dates = {"from": "2026-03-02", "until": "2026-05-01"}
    mask = layer("ann", name="mask", masks=True, **dates)
    assert warned(mask, layer("bo")) == ["/layers/1"]


def test_hours_that_never_open_are_warned_about():
    dates = {"from": "2026-03-02", "until": "2026-03-07"}
    never = [{"days": ["sun"]}, {"days": ["tue"]}]
    weekend = layer("bo", name="top", restrict=never, **dates)
    assert warned(layer("ann"), weekend) == ["/layers/1/restrict/0"]


def test_a_layer_that_is_over_is_warned_about():
    over = layer("bo", name="top", until="2026-03-01")
    assert warned(layer("ann"), over) == ["/layers/1/until"]


def test_uncovered_hours_are_warned_about_ahead():
    days = schedule(layer("ann", restrict=[{"from": "09:00"}]))
    (warning,) = schedule_warnings(days, ["ann"], at(0), weeks=1)
    assert warning.pointer == "/layers"
    assert warning.message == (
        "nobody is on call for 63 h 00 min of the next 7 days,"
        " first from 2026-03-02T00:00Z to 2026-03-02T09:00Z"
    )


def test_an_override_has_no_effect_where_nobody_is_replaced():
    idle = override("replace", "bo", 0, 9, replaces="chen")
    sound = override("replace", "bo", 0, 9, replaces="ann")
    over = override("replace", "bo", -9, 0, replaces="chen")
    both = plan(layer("ann"), changes=(over, idle, sound))
    effects = [has_effect(both, change, at(0)) for change in (over, idle, sound)]
    assert effects == [True, False, True]


def test_a_removal_is_among_the_gaps_ahead():
    removed = plan(layer("ann"), changes=(override("remove", "ann", 0, 9),))
    assert len(list(gap_warnings(removed, at(0)))) == 1
    assert list(gap_warnings(removed, at(9))) == []
