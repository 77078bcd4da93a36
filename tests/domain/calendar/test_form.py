"""Reading, refusing, writing and warning about calendars."""

from datetime import date
from typing import Any

import pytest

from domain.calendar.calendar import Calendar, Window
from domain.calendar.document import calendar_form, parse_calendar
from domain.calendar.lint import calendar_warnings
from domain.errors import InvalidError

OFFICE: dict[str, Any] = {
    "tz": "Asia/Shanghai",
    "hours": {
        "mon": [["09:00", "12:00"], ["13:30", "18:00"]],
        "tue": [["09:00", "18:00"]],
        "fri": [["22:00", "06:00"]],
        "sat": [["08:00:30", "24:00"]],
    },
    "holidays": [
        "2026-10-01",
        {"from": "2026-10-02", "to": "2026-10-07"},
        {"yearly": "05-01"},
        "02-29",
        {"dates": ["2026-02-17", "2026-02-18"]},
    ],
    "shifts": {"2026-10-10": [["09:00", "18:00"]], "2026-10-12": []},
    "breaks": {"2026-12-29": [["12:00", "13:00"]]},
}


def problems(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidError) as caught:
        parse_calendar({**OFFICE, **changes})
    return {problem.pointer: problem.message for problem in caught.value.errors}


def test_all_of_the_form_is_read() -> None:
    office = parse_calendar(OFFICE)
    assert office.windows_on(date(2026, 1, 5)) == (
        Window(9 * 3600, 12 * 3600),
        Window(13 * 3600 + 1800, 18 * 3600),
    )
    assert office.windows_on(date(2026, 1, 9)) == (Window(22 * 3600, 30 * 3600),)
    assert office.windows_on(date(2026, 10, 10)) == (Window(9 * 3600, 18 * 3600),)
    assert office.windows_on(date(2026, 10, 12)) == ()
    assert office.holidays == (
        (date(2026, 2, 17), date(2026, 2, 18)),
        (date(2026, 10, 1), date(2026, 10, 7)),
    )
    assert office.is_holiday(date(2027, 5, 1))
    assert office.is_holiday(date(2028, 2, 29))
    assert not office.is_holiday(date(2028, 2, 28))
    assert not office.is_holiday(date(2026, 10, 8))


def test_a_range_holds_its_ends_and_a_yearly_holiday_one_day() -> None:
    hours = parse_calendar(
        {
            **OFFICE,
            "holidays": [
                {"yearly": "05-01"},
                {"from": "2019-07-08", "to": "2019-09-01"},
            ],
        }
    )
    days = ("2019-05-01", "2019-05-02", "2019-07-01", "2019-07-12", "2019-09-01")
    marked = [hours.is_holiday(date.fromisoformat(day)) for day in days]
    assert marked == [True, False, False, True, True]


def test_what_is_written_is_read_as_an_equal_calendar() -> None:
    office = parse_calendar(OFFICE)
    again = parse_calendar(calendar_form(office))
    assert again == office
    assert hash(again) == hash(office)
    assert again != parse_calendar({**OFFICE, "tz": "Asia/Tokyo"})


def test_dates_of_yaml_are_taken() -> None:
    hours = parse_calendar({**OFFICE, "holidays": [date(2026, 10, 1)]})
    assert hours.holidays == ((date(2026, 10, 1), date(2026, 10, 1)),)


def test_all_problems_are_named_at_once() -> None:
    found = problems(tz="Mars", hours={"mon": [["9", "12:00"]], "monday": []}, foo=1)
    assert set(found) == {"/tz", "/hours/mon/0/0", "/hours/monday", "/foo"}


@pytest.mark.parametrize(
    "tz", [None, 8, "", "Mars/Base", "../etc", "Europe", "localtime"]
)
def test_an_unknown_zone_is_refused(tz: object) -> None:
    assert set(problems(tz=tz)) == {"/tz"}


@pytest.mark.parametrize(
    ("window", "pointer"),
    [
        (["09:00", "00:00"], "/hours/mon/0/1"),
        (["24:00", "06:00"], "/hours/mon/0/0"),
        (["09:00", "24:01"], "/hours/mon/0/1"),
        (["09:60", "10:00"], "/hours/mon/0/0"),
        (["09:00", "09:00"], "/hours/mon/0"),
        (["09:00"], "/hours/mon/0"),
        ("0900", "/hours/mon/0"),
        ([810, "17:00"], "/hours/mon/0/0"),  # 13:30 as YAML reads it without quotes
    ],
)
def test_an_impossible_window_is_refused(window: object, pointer: str) -> None:
    assert set(problems(hours={"mon": [window]})) == {pointer}


@pytest.mark.parametrize(
    ("holiday", "pointer"),
    [
        ("2026-02-30", "/holidays/0"),
        ("20261001", "/holidays/0"),
        ("13-01", "/holidays/0"),
        (7, "/holidays/0"),
        ({"yearly": "02-30"}, "/holidays/0/yearly"),
        ({"from": "2026-10-02", "to": "2026-10-01"}, "/holidays/0/to"),
        ({"from": "soon", "to": "2026-10-01"}, "/holidays/0/from"),
        ({"dates": ["2026-10-01", "soon"]}, "/holidays/0/dates/1"),
        ({"dates": "2026-10-01"}, "/holidays/0/dates"),
        ({"package": "chinesecalendar"}, "/holidays/0"),
        ({"yearly": "05-01", "name": "May Day"}, "/holidays/0"),
    ],
)
def test_an_impossible_holiday_is_refused(holiday: object, pointer: str) -> None:
    assert set(problems(holidays=[holiday])) == {pointer}


def test_pointers_are_escaped() -> None:
    assert set(problems(breaks={"24/12~": []})) == {"/breaks/24~112~0"}


@pytest.mark.parametrize("document", [None, [], "office"])
def test_a_document_that_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(InvalidError):
        parse_calendar(document)


def test_a_calendar_that_never_opens_is_refused() -> None:
    assert set(problems(hours={}, shifts={"2026-10-10": []})) == {"/hours"}


def warned(**changes: object) -> list[str]:
    hours: Calendar = parse_calendar({**OFFICE, **changes})
    return [problem.pointer for problem in calendar_warnings(hours)]


def test_a_sound_calendar_has_no_warnings() -> None:
    assert warned() == []


def test_what_has_no_effect_or_overlaps_is_warned_about() -> None:
    assert warned(hours={"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}) == [
        "/hours/mon/1",
        "/breaks/2026-12-29",
    ]
    nights = {"sun": [["22:00", "06:00"]], "mon": [["05:00", "13:00"]]}
    assert warned(hours=nights, breaks={}) == ["/hours/sun/0"]
    swapped = {"mon": [["18:00", "09:00"]]}
    assert warned(hours=swapped, breaks={}) == ["/hours/mon/0"]
    assert warned(shifts={"2026-10-01": [["09:00", "10:00"]]}) == ["/shifts/2026-10-01"]
    assert warned(breaks={"2026-01-05": [["12:15", "13:00"]]}) == ["/breaks/2026-01-05"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"hours": {"mon": [["09:00", "09:30"]] * 101}}, "/hours/mon"),
        ({"holidays": ["2026-10-01"] * 10_001}, "/holidays"),
        ({"breaks": {str(n): [] for n in range(10_001)}}, "/breaks"),
    ],
)
def test_a_calendar_has_bounds(changes: dict[str, object], pointer: str) -> None:
    assert set(problems(**changes)) == {pointer}
