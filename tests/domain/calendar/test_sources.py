"""Holidays of others take the place of the entry that names them."""

from datetime import date

import pytest

from domain.calendar.holiday_sources import Found, HolidaySource, expand
from domain.errors import FieldError, InvalidError

NEW_YEAR, GOLDEN_WEEK = date(2026, 1, 1), date(2026, 10, 1)
SUNDAY, SATURDAY = date(2026, 1, 4), date(2026, 10, 10)
CHINA = {"package": "chinesecalendar"}
BERLIN = {"package": "holidays", "country": "DE", "subdivision": "BE"}
HOURS = [["09:00", "12:00"], ["13:00", "18:00"]]
OFFICE = {"tz": "Asia/Shanghai", "hours": {"mon": HOURS, "tue": [["10:00", "11:00"]]}}


def known(source: HolidaySource) -> Found:
    if source.country == "XX":
        raise InvalidError.at(f"{source.pointer}/country", "no such country")
    days = (NEW_YEAR, GOLDEN_WEEK)
    return Found(holidays=days, working_days=(SUNDAY, SATURDAY))


def expanded(*holidays, **fields):
    return expand(OFFICE | {"holidays": list(holidays), **fields}, known)


def faults(*holidays, **fields):
    with pytest.raises(InvalidError) as refused:
        expanded(*holidays, **fields).calendar()
    return [error.pointer for error in refused.value.errors]


def advice(*holidays, **fields):
    made = expanded(*holidays, **fields)
    return [(w.pointer, w.message) for w in made.advice(made.calendar())]


def open_on(day, *holidays, **fields):
    return len(expanded(*holidays, **fields).calendar().windows_on(day))


def test_dates_stand_where_the_source_stood():
    document = expanded("2026-05-01", CHINA, {"yearly": "12-24"}).document
    assert document["holidays"] == [
        "2026-05-01",
        {"dates": ["2026-01-01", "2026-10-01"]},
        {"yearly": "12-24"},
    ]


def test_what_was_written_is_left_as_it_was():
    document = OFFICE | {"holidays": [CHINA], "shifts": {}}
    expand(document, known)
    assert document == OFFICE | {"holidays": [{"package": "chinesecalendar"}]} | {
        "shifts": {}
    }


def test_the_source_is_asked_for_what_the_entry_says():
    asked = []

    def note(source):
        asked.append(source)
        return Found(holidays=())

    entries = [CHINA, BERLIN | {"years": [2026]}, {"ical": "BEGIN:VCALENDAR"}]
    expand(OFFICE | {"holidays": entries}, note)
    assert asked == [
        HolidaySource(pointer="/holidays/0", package="chinesecalendar"),
        HolidaySource(
            pointer="/holidays/1",
            package="holidays",
            country="DE",
            subdivision="BE",
            years=(2026,),
        ),
        HolidaySource(pointer="/holidays/2", ical="BEGIN:VCALENDAR"),
    ]


def test_an_excepted_date_is_a_day_like_any_other():
    calendar = expanded(CHINA | {"except": ["2026-01-01"]}).calendar()
    marked = [calendar.is_holiday(day) for day in (NEW_YEAR, GOLDEN_WEEK)]
    assert marked == [False, True]


def test_an_exception_from_nothing_is_warned_about():
    found = advice(CHINA | {"except": ["2026-01-01", "2026-07-07"]})
    assert found == [("/holidays/0/except/1", "is not one of its days")]


# working days that make up for a bridge day


def test_a_moved_working_day_has_mondays_hours():
    calendar = expanded(CHINA).calendar()
    monday = calendar.windows_on(date(2026, 6, 1))
    assert calendar.windows_on(SATURDAY) == monday != ()


def test_a_moved_working_day_has_the_hours_of_the_entry():
    assert open_on(SATURDAY, CHINA | {"hours": [["09:00", "12:00"]]}) == 1


def test_a_moved_working_day_never_replaces_a_shift_that_was_written():
    closed = {"2026-10-10": []}
    found = [open_on(day, CHINA, shifts=closed) for day in (SATURDAY, SUNDAY)]
    assert found == [0, 2]


def test_an_excepted_working_day_stays_closed():
    assert open_on(SATURDAY, CHINA | {"except": ["2026-10-10"]}) == 0


def test_moved_working_days_without_hours_are_warned_about():
    found = advice(CHINA, hours={"tue": HOURS})
    assert found == [
        ("/holidays/0", "2 working days stay as they are: give their `hours`")
    ]


def test_a_moved_working_day_that_is_a_holiday_is_laid_at_its_entry():
    [(pointer, message)] = advice("2026-10-10", CHINA)
    assert pointer == "/holidays/1"
    assert message.startswith("the working day 2026-10-10 has no effect")


def test_a_warning_of_a_shift_that_was_written_stays_there():
    shifts = {"2026-10-10": HOURS}
    [(pointer, _)] = advice("2026-10-10", CHINA, shifts=shifts)
    assert pointer == "/shifts/2026-10-10"


# what is refused


@pytest.mark.parametrize(
    ("entry", "pointers"),
    [
        ({"package": "moon"}, ["/holidays/0/package"]),
        ({"package": 7}, ["/holidays/0/package"]),
        ({"package": "holidays"}, ["/holidays/0/country"]),
        (BERLIN | {"country": "XX"}, ["/holidays/0/country"]),
        (BERLIN | {"subdivision": 7}, ["/holidays/0/subdivision"]),
        (BERLIN | {"state": "BE"}, ["/holidays/0/state"]),
        (CHINA | {"country": "CN"}, ["/holidays/0/country"]),
        (CHINA | {"a/b": 1, "c": 2}, ["/holidays/0/a~1b", "/holidays/0/c"]),
        (CHINA | {"years": ["2026"]}, ["/holidays/0/years/0"]),
        (CHINA | {"years": [1800]}, ["/holidays/0/years/0"]),
        (CHINA | {"years": [True]}, ["/holidays/0/years/0"]),
        (CHINA | {"years": [2026] * 51}, ["/holidays/0/years"]),
        (CHINA | {"except": ["2026-02-30"]}, ["/holidays/0/except/0"]),
        (CHINA | {"except": "2026-01-01"}, ["/holidays/0/except"]),
        (CHINA | {"hours": [["9", "12:00"]]}, ["/holidays/0/hours/0/0"]),
        ({"ical": ""}, ["/holidays/0/ical"]),
        ({"ical": "x", "years": [2026]}, ["/holidays/0/years"]),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_by_its_place(entry, pointers):
    assert faults(entry) == pointers


def test_what_is_wrong_elsewhere_is_named_in_the_same_answer():
    found = faults(BERLIN | {"country": "XX"}, "soon", hours={"mon": [["9", "10:00"]]})
    assert found == ["/holidays/0/country", "/hours/mon/0/0", "/holidays/1"]


def test_shifts_that_cannot_be_read_are_told_once():
    assert faults(CHINA, shifts=["2026-10-10"]) == ["/shifts"]


def test_what_a_source_does_not_know_is_passed_on():
    warning = FieldError("/holidays/0/package", "knows nothing of next year")
    document = OFFICE | {"holidays": [CHINA]}
    made = expand(document, lambda _: Found(holidays=(), warnings=(warning,)))
    assert warning in made.advice(made.calendar())
