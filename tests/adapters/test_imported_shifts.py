"""iCalendar texts as shifts, read by the installed packages."""

from datetime import UTC, date, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from domain.errors import InvalidError
from domain.oncall.shift_sources import ShiftSource
from infra.calendars.sources import InstalledSources
from tests.support.ical import calendar, event

TODAY = date(2026, 10, 20)
CHICAGO = "DTSTART;TZID=America/Chicago:"
NIGHT = (f"{CHICAGO}20261031T200000", "DTEND;TZID=America/Chicago:20261101T080000")
ANN = "SUMMARY:ann"


def read(*events, tz="America/Chicago", today=TODAY):
    source = ShiftSource(pointer="/layers/0", ical=calendar(*events), tz=tz)
    return InstalledSources().shifts(source, today)


def spans(*events, **given):
    """In UTC, as `MM-DD HH:MM`, to the minute."""
    return [
        (f"{shift.begin:%m-%d %H:%M}", f"{shift.end:%m-%d %H:%M}")
        for shift in sorted(read(*events, **given).shifts, key=lambda s: s.begin)
    ]


def refused(*events, text=None):
    source = ShiftSource(pointer="/layers/0", ical=text or calendar(*events), tz="UTC")
    with pytest.raises(InvalidError) as caught:
        InstalledSources().shifts(source, TODAY)
    [error] = caught.value.errors
    assert error.pointer == "/layers/0/ical"
    return error.message


# times


def test_a_time_in_utc_is_that_instant():
    found = read(event("DTSTART:20261224T170000Z", "DTEND:20261225T080000Z", ANN))
    [shift] = found.shifts
    assert shift.begin == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert shift.end == datetime(2026, 12, 25, 8, tzinfo=UTC)
    assert found.warnings == ()


def test_a_time_of_a_zone_is_on_the_walls_there():
    assert spans(event(*NIGHT), tz="Asia/Tokyo") == [("11-01 01:00", "11-01 14:00")]


def test_a_time_of_no_zone_is_on_the_walls_of_the_layer():
    floating = event("DTSTART:20261031T200000", "DTEND:20261101T080000")
    assert spans(floating) == [("11-01 01:00", "11-01 14:00")]
    assert spans(floating, tz="Asia/Tokyo") == [("10-31 11:00", "10-31 23:00")]


def test_a_zone_that_the_text_describes_itself_is_taken():
    zone = [
        *("BEGIN:VTIMEZONE", "TZID:Base", "BEGIN:STANDARD", "DTSTART:20000101T000000"),
        *("TZOFFSETFROM:+0300", "TZOFFSETTO:+0300", "END:STANDARD", "END:VTIMEZONE"),
    ]
    there = event("DTSTART;TZID=Base:20261031T200000", "DURATION:PT1H")
    assert spans(zone, there) == [("10-31 17:00", "10-31 18:00")]


def test_an_unknown_zone_is_refused_and_not_taken_for_none():
    message = refused(event("DTSTART;TZID=Mars/Base:20261031T200000", "DURATION:PT1H"))
    assert "DTSTART: there is no time zone 'Mars/Base'" in message


def test_hours_are_hours_and_days_are_days_in_the_night_of_the_change():
    start = f"{CHICAGO}20261031T200000"  # 01:00 UTC, and 02:00 a day later
    assert spans(event(start, "DURATION:PT12H")) == [("11-01 01:00", "11-01 13:00")]
    assert spans(event(start, "DURATION:P1D")) == [("11-01 01:00", "11-02 02:00")]
    assert spans(event(*NIGHT)) == [("11-01 01:00", "11-01 14:00")]


def test_the_length_of_a_series_in_hours_is_exact_each_time():
    series = event(
        f"{CHICAGO}20261030T200000", "DURATION:PT12H", "RRULE:FREQ=DAILY;COUNT=3"
    )
    assert spans(series) == [
        ("10-31 01:00", "10-31 13:00"),
        ("11-01 01:00", "11-01 13:00"),
        ("11-02 02:00", "11-02 14:00"),
    ]


def test_a_whole_day_is_that_of_the_layer():
    day = event("DTSTART;VALUE=DATE:20261101", "DTEND;VALUE=DATE:20261102")
    assert spans(day) == [("11-01 05:00", "11-02 06:00")]
    assert spans(day, tz="Asia/Tokyo") == [("10-31 15:00", "11-01 15:00")]


def test_whole_days_follow_on_each_other_where_midnight_does_not_exist():
    days = [
        event(f"DTSTART;VALUE=DATE:{day}", uid=day) for day in ("20260423", "20260424")
    ]
    (_, handed), (taken, _) = spans(*days, tz="Africa/Cairo")
    assert handed == taken == "04-23 22:00"


# series


def test_a_series_is_spelled_out_from_a_month_back_to_400_days_ahead():
    found = read(event("DTSTART:20200101T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY"))
    begins = sorted(shift.begin.date() for shift in found.shifts)
    assert (begins[0], begins[-1]) == (date(2026, 9, 19), date(2027, 11, 23))
    assert len(begins) == 431
    [warning] = found.warnings
    assert warning.pointer == "/layers/0/ical"
    assert "expanded until 2027-11-24: publish again" in warning.message


def test_a_series_that_ends_before_needs_no_warning():
    rule = "RRULE:FREQ=WEEKLY;UNTIL=20261214T140000Z"
    found = read(event(f"{CHICAGO}20261102T080000", "DURATION:PT1H", rule))
    assert (len(list(found.shifts)), found.warnings) == (7, ())


@pytest.mark.parametrize(("until", "warned"), [("20271123", 0), ("20271201", 1)])
def test_it_is_said_where_a_series_is_cut_short(until, warned):
    rule = f"RRULE:FREQ=DAILY;UNTIL={until}T080000Z"
    found = read(event("DTSTART:20261102T080000Z", "DURATION:PT1H", rule))
    assert len(found.warnings) == warned


def test_a_series_that_was_over_before_it_began_has_no_shift():
    rule = "RRULE:FREQ=DAILY;UNTIL=20261101T080000Z"
    assert spans(event("DTSTART:20261102T080000Z", "DURATION:PT1H", rule)) == []


def test_what_does_not_repeat_is_kept_however_far_it_is():
    far = event("DTSTART:20010101T080000Z", "DURATION:PT1H")
    assert spans(far) == [("01-01 08:00", "01-01 09:00")]


def test_a_series_keeps_the_time_on_the_wall_through_the_change_of_the_clocks():
    weekly = event(*NIGHT, "RRULE:FREQ=WEEKLY;COUNT=2")
    assert spans(weekly) == [
        ("11-01 01:00", "11-01 14:00"),
        ("11-08 02:00", "11-08 14:00"),
    ]


def test_days_are_taken_out_of_a_series_added_and_moved():
    series = event(
        *("DTSTART:20261102T080000Z", "DTEND:20261102T200000Z", "SUMMARY:ann"),
        *("RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20261103T080000Z"),
        "RDATE:20261110T080000Z",
    )
    moved = event(
        *("RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T100000Z"),
        *("DTEND:20261104T120000Z", "SUMMARY:bo"),
    )
    gone = event(
        *("RECURRENCE-ID:20261105T080000Z", "DTSTART:20261105T080000Z"),
        *("DTEND:20261105T200000Z", "STATUS:CANCELLED"),
    )
    found = sorted(read(series, moved, gone).shifts, key=lambda shift: shift.begin)
    assert [(f"{s.begin:%d %H}-{s.end:%H}", s.summary) for s in found] == [
        ("02 08-20", "ann"),
        ("04 10-12", "bo"),
        ("10 08-20", "ann"),
    ]


# people


def test_who_takes_part_is_told_by_mail_address_unless_they_declined():
    [shift] = read(
        event(
            *NIGHT,
            "ATTENDEE;CN=Ann:mailto:ann@shop.example",
            "ATTENDEE;PARTSTAT=DECLINED:mailto:bo@shop.example",
            "ATTENDEE;CUTYPE=ROOM:MAILTO:room@shop.example",
        )
    ).shifts
    assert shift.mails == ("ann@shop.example",)


def test_a_comma_in_a_summary_is_a_comma():
    [shift] = read(event(*NIGHT, "SUMMARY:Ann Li\\, Bo")).shifts
    assert shift.summary == "Ann Li, Bo"


# what is not taken


def test_an_event_without_a_length_is_left_out_and_counted():
    [warning] = read(
        event(CHICAGO + "20261031T200000"), event(*NIGHT, uid="2")
    ).warnings
    assert warning.message == "1 events without a length are no shifts: left out"


def test_a_text_without_an_event_is_warned_about():
    [warning] = read().warnings
    assert warning.message == "holds no event of these days"


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([event(ANN)], ""),
        ([event(NIGHT[0], "DTEND;VALUE=DATE:20261102")], ""),
        ([event(NIGHT[0], "DTEND;TZID=America/Chicago:20261030T0800")], "DTEND"),
        ([event("DTSTART:20261224T17Z")], "DTSTART"),
        (
            [event("DTSTART:20261224T170000Z", "DTEND:20261223T170000Z")],
            "ends before it begins",
        ),
        ([event("DTSTART:19601224T170000Z", "DURATION:PT1H")], "the year 1960"),
        ([event(*NIGHT, "RRULE:FREQ=HOURLY")], "not of days"),
        ([event(*NIGHT, "RRULE:FREQ=DAILY;BYHOUR=1,2")], "BYHOUR"),
        ([event(*NIGHT, "RRULE:FREQ=DAILY;INTERVAL=0")], "never moves on"),
        ([event(*NIGHT, *["ATTENDEE:mailto:a@b"] * 101)], "100 people"),
        ([event(*NIGHT, "RRULE:FREQ=DAILY", uid=n) for n in range(30)], "10,000"),
        ([event(*NIGHT, "RRULE:FREQ=DAILY", uid=n) for n in range(501)], "500 series"),
    ],
)
def test_what_cannot_be_a_calendar_of_shifts_is_refused(events, reason):
    assert reason in refused(*events)


@pytest.mark.parametrize("text", ["hello", "BEGIN:VCALENDAR", calendar() * 2])
def test_what_is_no_calendar_is_refused(text):
    assert "is no iCalendar text" in refused(text=text)


def test_a_rule_that_never_matches_is_not_looked_for_to_the_end_of_time():
    never = "RRULE:FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30"
    begun = perf_counter()
    assert "almost never happens" in refused(event(*NIGHT, never))
    assert perf_counter() - begun < 3  # to the year 9999 it takes seven


def test_series_that_begin_long_ago_are_bounded_together():
    old = ("DTSTART:19700101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    many = [event(*old, uid=n) for n in range(60)]
    assert "begin too long ago" in refused(*many)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", ["10-26", "10-30", "11-02"]),
        ("FREQ=MONTHLY;BYDAY=-1SA;COUNT=2", ["10-26", "10-31", "11-28"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20261115", ["10-26", "11-05", "11-15"]),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,-1;UNTIL=20261130",
            ["10-26", "10-31", "11-01", "11-30"],
        ),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["10-26"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=1", ["10-26", "10-30"]),
    ],
)
def test_rules_give_the_days_that_calendars_show(rule, days):
    """A series' own first day counts, also where its rule does not give it."""
    monday = event("DTSTART:20261026T080000Z", "DURATION:PT1H", f"RRULE:{rule}")
    assert [begin[:5] for begin, _ in spans(monday)] == days


def zone(rule):
    return [
        *("BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
        *("TZOFFSETFROM:+0000", "TZOFFSETTO:+0100", f"RRULE:{rule}"),
        *("END:STANDARD", "END:VTIMEZONE"),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=DAILY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYMONTH=2;BYDAY=5SU",
        "FREQ=YEARLY;BYDAY=2SU;BYMONTHDAY=20",
    ],
)
def test_a_zone_whose_rule_no_zone_has_is_refused(rule):
    there = event("DTSTART;TZID=X:20261031T200000", "DURATION:PT1H")
    assert "a time zone with the rule FREQ=" in refused(zone(rule), there)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11;UNTIL=20301104T060000Z",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=1,2,3,4,5,6,7;BYDAY=SU",
        "FREQ=YEARLY;INTERVAL=1;BYMONTH=1;BYMONTHDAY=1",
    ],
)
def test_a_zone_with_the_rules_of_zones_is_taken(rule):
    there = event("DTSTART;TZID=X:20261224T200000", "DURATION:PT1H")
    assert spans(zone(rule), there) == [("12-24 19:00", "12-24 20:00")]


def test_the_name_of_a_file_is_not_read_as_one(tmp_path):
    file = tmp_path / "kept.ics"
    file.write_text(calendar(event(*NIGHT)))
    assert "is no iCalendar text" in refused(text=str(file))


def test_a_zone_is_only_that_of_the_layer_where_the_text_names_none():
    zone = ZoneInfo("Europe/Berlin")
    [shift] = read(
        event("DTSTART:20261224T180000", "DURATION:PT15H"), tz=zone.key
    ).shifts
    assert shift.begin.astimezone(zone).hour == 18


# lengths

NEW_YORK = "DTSTART;TZID=America/New_York:20270313T120000"  # the day before the change
AUTUMN = "DTSTART;TZID=America/New_York:20271106T120000"


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        (NEW_YORK, "PT24H", "03-14 17:00"),
        (NEW_YORK, "P1D", "03-14 16:00"),
        (NEW_YORK, "P1DT12H", "03-15 04:00"),
        (NEW_YORK, "PT36H", "03-15 05:00"),
        (NEW_YORK, "P1W", "03-20 16:00"),
        (NEW_YORK, "PT168H", "03-20 17:00"),
        (NEW_YORK, "PT1H30M", "03-13 18:30"),
        (NEW_YORK, "PT1440M", "03-14 17:00"),
        (NEW_YORK, "PT86400S", "03-14 17:00"),
        (NEW_YORK, "P0DT24H0M0S", "03-14 17:00"),
        (NEW_YORK, "+PT24H", "03-14 17:00"),
        (AUTUMN, "PT24H", "11-07 16:00"),
        (AUTUMN, "P1D", "11-07 17:00"),
    ],
)
def test_field_007_hours_are_exact_and_days_nominal(start, length, end):
    [(_, ended)] = spans(event(start, f"DURATION:{length}"), tz="UTC")
    assert ended == end


def test_so_it_is_for_each_of_a_series():
    series = event(NEW_YORK, "DURATION:PT24H", "RRULE:FREQ=DAILY;COUNT=2")
    assert [end for _, end in spans(series, tz="UTC")] == ["03-14 17:00", "03-15 16:00"]


def test_a_folded_length_is_read_whole():
    found = spans(event(NEW_YORK, "DURAT\r\n ION:PT2\r\n 4H"), tz="UTC")
    assert found == [("03-13 17:00", "03-14 17:00")]


def test_the_length_of_an_alarm_is_none_of_the_event():
    alarm = ("BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT5M", "END:VALARM")
    found = event(NEW_YORK, "DURATION:PT24H", *alarm)
    assert spans(found, tz="UTC") == [("03-13 17:00", "03-14 17:00")]


@pytest.mark.parametrize("length", ["PT24H", "P1DT1H"])
def test_whole_days_have_no_length_in_hours(length):
    message = refused(event("DTSTART;VALUE=DATE:20270313", f"DURATION:{length}"))
    assert f"DURATION:{length} of an all-day event" in message


def test_a_negative_length_is_refused():
    assert "ends before it begins" in refused(event(NEW_YORK, "DURATION:-PT1H"))


# several events of one UID

LATER = (f"{CHICAGO}20261105T200000", "DTEND;TZID=America/Chicago:20261106T080000")
NIGHTLY = (*NIGHT, "RRULE:FREQ=DAILY;COUNT=2")


def test_two_events_of_one_uid_both_count():
    assert len(spans(event(*NIGHT), event(*LATER))) == 2


def test_two_series_of_one_uid_both_count():
    found = spans(event(*NIGHTLY), event(*LATER, "RRULE:FREQ=DAILY;COUNT=3"))
    assert len(found) == 5


def test_a_series_and_an_event_of_one_uid_both_count():
    assert len(spans(event(*NIGHTLY), event(*LATER))) == 3


def test_events_without_a_uid_all_count():
    def nameless(*lines):
        return ["BEGIN:VEVENT", *lines, "END:VEVENT"]

    assert len(spans(nameless(*NIGHTLY), nameless(*LATER), nameless(*NIGHT))) == 4


MOVED = (
    "RECURRENCE-ID;TZID=America/Chicago:20261101T200000",
    f"{CHICAGO}20261103T200000",
    "DURATION:PT1H",
)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_moved_occurrence_takes_the_place_of_its_own_in_any_order(turn):
    events = [event(*NIGHTLY), event(*MOVED)][::turn]
    assert spans(*events) == [
        ("11-01 01:00", "11-01 14:00"),
        ("11-04 02:00", "11-04 03:00"),
    ]


def test_a_moved_occurrence_belongs_to_the_last_series_of_its_uid_before_it():
    early = event(
        f"{CHICAGO}20261020T200000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"
    )
    found = spans(early, event(*NIGHTLY), event(*MOVED))
    assert len(found) == 4
    assert ("11-04 02:00", "11-04 03:00") in found


def test_a_cancelled_occurrence_takes_only_its_own_away():
    gone = event(MOVED[0], f"{CHICAGO}20261101T200000", "STATUS:CANCELLED")
    assert spans(event(*NIGHTLY), gone) == [("11-01 01:00", "11-01 14:00")]


def test_an_occurrence_whose_series_is_not_there_counts_alone():
    assert spans(event(*MOVED)) == [("11-04 02:00", "11-04 03:00")]


def test_a_change_of_all_that_follow_is_refused_by_name():
    changed = (MOVED[0].replace("ID;", "ID;RANGE=THISANDFUTURE;"), *MOVED[1:])
    assert "RANGE=THISANDFUTURE" in refused(event(*NIGHTLY), event(*changed))


def test_a_period_has_its_own_end():
    series = event(
        f"{CHICAGO}20261031T200000",
        "DURATION:PT12H",
        "RDATE;VALUE=PERIOD;TZID=America/Chicago:20261103T200000/20261103T210000",
    )
    assert spans(series)[-1] == ("11-04 02:00", "11-04 03:00")


def test_a_summary_with_a_line_separator_of_unicode_is_one_line():
    [shift] = read(event(*NIGHT, "SUMMARY:ann\u2028bo")).shifts
    assert shift.summary == "ann\u2028bo"
