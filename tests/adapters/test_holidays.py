"""Public holidays as the installed packages and iCalendar files know them."""

from datetime import date, timedelta

import pytest

from domain.calendar.holiday_sources import HolidaySource
from domain.errors import InvalidError
from infra.calendars.holidays.sources import InstalledHolidays
from tests.support.ical import calendar, event

TODAY = date(2026, 11, 22)
IMPORTED = date(2017, 8, 24)


def look_up(today=TODAY, **fields):
    source = HolidaySource(pointer="/holidays/0", **fields)
    return InstalledHolidays().look_up(source, today)


def country(code, subdivision=None, *years):
    found = look_up(
        package="holidays", country=code, subdivision=subdivision, years=years
    )
    return {str(day) for day in found.holidays}


def refused(**fields):
    with pytest.raises(InvalidError) as caught:
        look_up(**fields)
    [error] = caught.value.errors
    return error


# packages


def test_china_works_on_some_weekend_days_to_make_up_for_long_holidays():
    found = look_up(package="chinesecalendar", years=(2026,))
    assert sorted(map(str, found.working_days)) == [
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ]


def test_the_chinese_national_day_holiday_is_known_day_by_day():
    found = look_up(package="chinesecalendar", years=(2026,))
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(8)]
    assert [day in found.holidays for day in days] == [True] * 7 + [False]


def test_without_years_last_year_is_known_and_what_is_announced_of_the_coming_ones():
    found = look_up(package="chinesecalendar")
    assert {2025, 2026} <= {day.year for day in found.holidays}


def test_that_the_coming_years_are_not_announced_yet_is_said():
    [warning] = look_up(package="chinesecalendar").warnings
    assert warning.pointer == "/holidays/0/package"
    assert "publish again when they are announced" in warning.message


def test_a_year_that_was_asked_for_and_is_not_known_is_refused():
    error = refused(package="chinesecalendar", years=(2026, 2100))
    assert error.pointer == "/holidays/0/years/1"


def test_a_german_state_has_holidays_of_its_own():
    womens_day = "2026-03-08"
    berlin, bavaria = country("DE", "BE", 2026), country("DE", "BY", 2026)
    assert (womens_day in berlin, womens_day in bavaria) == (True, False)


def test_a_country_is_known_from_last_year_to_five_years_ahead():
    assert {day[:4] for day in country("DE")} == {str(y) for y in range(2025, 2032)}


def test_hungary_works_on_some_saturdays_too():
    found = look_up(package="holidays", country="HU", years=(2025,))
    assert sorted(map(str, found.working_days)) == [
        "2025-05-17",
        "2025-10-18",
        "2025-12-13",
    ]


def test_only_the_years_that_were_asked_for_are_taken():
    found = look_up(package="holidays", country="CN", years=(2026,))
    assert {d.year for d in (*found.holidays, *found.working_days)} == {2026}


def test_a_year_without_a_holiday_is_warned_about():
    [warning] = look_up(package="holidays", country="DE", years=(1900,)).warnings
    assert (warning.pointer, "1900" in warning.message) == ("/holidays/0/country", True)


def test_an_unknown_country_is_refused():
    error = refused(package="holidays", country="list_supported_countries")
    assert error.pointer == "/holidays/0/country"


def test_an_unknown_subdivision_is_refused_with_those_there_are():
    error = refused(package="holidays", country="DE", subdivision="ZZ")
    assert error.pointer == "/holidays/0/subdivision"
    assert "BY" in error.message


# iCalendar


def days(*lines, today=IMPORTED):
    found = look_up(today, ical=calendar(event(*lines)))
    return sorted(map(str, found.holidays))


CHRISTMAS = ("DTSTART;VALUE=DATE:20101224", "DTEND;VALUE=DATE:20101225")
YEARLY = (*CHRISTMAS, "RRULE:FREQ=YEARLY")


def test_a_yearly_day_is_spelled_out_from_one_year_back_to_three_ahead():
    assert days(*YEARLY) == ["2016-12-24", "2017-12-24", "2018-12-24", "2019-12-24"]


def test_a_year_later_it_reaches_a_year_further():
    assert days(*YEARLY, today=date(2018, 8, 24))[-1] == "2020-12-24"


def test_it_is_imported_on_a_29th_of_february_as_on_any_day():
    found = days(*YEARLY, today=date(2024, 2, 29))
    assert found == ["2023-12-24", "2024-12-24", "2025-12-24", "2026-12-24"]


def test_a_day_taken_out_of_a_series_is_no_holiday():
    found = days(*YEARLY, "EXDATE;VALUE=DATE:20171224")
    assert found == ["2016-12-24", "2018-12-24", "2019-12-24"]


def test_a_day_moved_within_a_series_is_a_holiday_where_it_was_moved_to():
    moved = event("RECURRENCE-ID;VALUE=DATE:20171224", "DTSTART;VALUE=DATE:20171222")
    found = look_up(IMPORTED, ical=calendar(event(*YEARLY), moved))
    assert sorted(map(str, found.holidays)) == [
        "2016-12-24",
        "2017-12-22",
        "2018-12-24",
        "2019-12-24",
    ]


def test_a_day_that_was_cancelled_within_a_series_is_no_holiday():
    gone = ("RECURRENCE-ID;VALUE=DATE:20171224", "DTSTART;VALUE=DATE:20171224")
    text = calendar(event(*YEARLY), event(*gone, "STATUS:CANCELLED"))
    found = look_up(IMPORTED, ical=text)
    assert sorted(map(str, found.holidays)) == [
        "2016-12-24",
        "2018-12-24",
        "2019-12-24",
    ]


def test_days_named_one_by_one_are_holidays():
    assert days(CHRISTMAS[0], "RDATE;VALUE=DATE:20171226") == ["2017-12-26"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("DTEND;VALUE=DATE:20261004", "2026-10-03"),
        ("DURATION:P3D", "2026-10-03"),
        ("DTEND;VALUE=DATE:20261001", "2026-10-01"),
        ("SUMMARY:no end at all", "2026-10-01"),
    ],
)
def test_the_end_is_the_day_after_the_last(until, last):
    found = days("DTSTART;VALUE=DATE:20261001", until)
    assert (found[0], found[-1]) == ("2026-10-01", last)


def test_what_does_not_repeat_is_kept_however_far_it_is():
    assert days(*CHRISTMAS) == ["2010-12-24"]


def test_what_was_cancelled_is_no_holiday():
    assert days(*CHRISTMAS, "STATUS:CANCELLED") == []


def test_events_with_a_time_of_day_are_left_out_and_counted():
    meeting = event("DTSTART:20261001T100000Z", "DTEND:20261001T110000Z", uid="2")
    found = look_up(ical=calendar(event(*CHRISTMAS), meeting))
    assert list(map(str, found.holidays)) == ["2010-12-24"]
    [warning] = found.warnings
    assert warning.message.startswith("1 events with a time of day")


def test_a_file_without_a_holiday_is_warned_about():
    [warning] = look_up(ical=calendar()).warnings
    assert warning.message == "holds no all-day event of these years"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT\r\nEND:VEVENT",
        calendar() * 2,
        calendar(event("SUMMARY:when?")),
        calendar(event("DTSTART;VALUE=DATE:2010")),
        calendar(event(*CHRISTMAS, CHRISTMAS[0])),
        calendar(event(CHRISTMAS[0], "DTEND;VALUE=DATE:20091224")),
        calendar(event(CHRISTMAS[0], "DTEND:20101225T100000Z")),
        calendar(event(CHRISTMAS[0], "DTEND;VALUE=DATE:99991231")),
        calendar(event("DTSTART;VALUE=DATE:00010101")),
        calendar(event(*YEARLY, "EXDATE:nonsense")),
    ],
)
def test_what_is_no_calendar_of_days_is_refused(text):
    assert refused(ical=text).pointer == "/holidays/0/ical"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=DAILY;BYHOUR=1,2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=NEVER",
        "FREQ=YEARLY;UNTIL=soon",
        "garbage",
    ],
)
def test_a_rule_that_is_not_of_days_is_refused(rule):
    assert refused(ical=calendar(event(*CHRISTMAS, f"RRULE:{rule}")))


def test_a_rule_that_never_gives_a_day_is_refused_and_not_searched_for_ever():
    rule = "RRULE:FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30"
    found = refused(ical=calendar(event(*CHRISTMAS, rule)))
    assert "almost never happens" in found.message


def test_a_file_of_too_many_series_is_refused():
    text = calendar(*(event(*YEARLY, uid=n) for n in range(501)))
    assert "more than 500 series" in refused(ical=text).message


# days that are worked

SATURDAY = "DTSTART;VALUE=DATE:20171007"


def worked(*lines):
    found = look_up(IMPORTED, ical=calendar(event(SATURDAY, *lines)))
    assert not set(found.holidays) & set(found.working_days)
    return [str(day) for day in found.working_days]


@pytest.mark.parametrize(
    "summary",
    [
        "国庆节 补班",
        "国庆节（班）",  # noqa: RUF001
        "国庆节 班",
        "国庆节班",
        "班",
        "[班] 国庆节",
        "上班",
        "春节调休上班",
        "補行上班日",
        "中秋節 補班",
        "工作日",
        "Working day",
        "Special Working Day",
        "Make-up workday",
        "рабочий день",
        "Munkanap",
    ],
)
def test_a_day_that_a_feed_marks_as_worked_closes_nothing(summary):
    assert worked(f"SUMMARY:{summary}") == ["2017-10-07"]


@pytest.mark.parametrize(
    "summary",
    [
        "国庆节 休",
        "国庆节（休）",  # noqa: RUF001
        "国庆节 放假不上班",
        "值班",
        "国庆节 调休",
        "Non-working day",
        "No working day",
        "Labour Day",
        "Workers' Day",
        "нерабочий день",
        "班禅",
    ],
)
def test_any_other_day_is_a_holiday(summary):
    assert worked(f"SUMMARY:{summary}") == []


def test_apple_marks_days_as_worked_in_its_own_words():
    assert worked("SUMMARY:国庆节", "X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY") == [
        "2017-10-07"
    ]
    assert worked("SUMMARY:国庆节", "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY") == []


def test_a_category_may_say_so():
    assert worked("SUMMARY:国庆节", "CATEGORIES:节假日,补班") == ["2017-10-07"]


def test_a_feed_with_both_has_the_days_off_and_the_days_on():
    off = event(
        "DTSTART;VALUE=DATE:20171001", "DTEND;VALUE=DATE:20171009", "SUMMARY:休"
    )
    on = event("DTSTART;VALUE=DATE:20170930", "SUMMARY:国庆节 补班", uid="2")
    within = event("DTSTART;VALUE=DATE:20171008", "SUMMARY:国庆节 补班", uid="3")
    found = look_up(IMPORTED, ical=calendar(off, on, within))
    assert sorted(d.day for d in found.holidays) == [1, 2, 3, 4, 5, 6, 7]
    assert sorted(map(str, found.working_days)) == ["2017-09-30", "2017-10-08"]


def test_a_feed_of_working_days_alone_is_no_empty_one():
    found = look_up(IMPORTED, ical=calendar(event(SATURDAY, "SUMMARY:补班")))
    assert found.warnings == ()


def test_two_days_of_one_uid_both_count():
    one, two = (event(f"DTSTART;VALUE=DATE:2017100{n}", "SUMMARY:休") for n in (1, 2))
    found = look_up(IMPORTED, ical=calendar(one, two))
    assert len(list(found.holidays)) == 2
