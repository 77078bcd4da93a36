"""Durations as they are written and read."""

from datetime import timedelta

import pytest

from domain.duration import parse_duration, parse_positive


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT30M", 1800),
        ("PT3S", 3),
        ("P1DT2H", 93600),
        ("P2W", 1209600),
        ("PT0.5S", 0.5),
        ("-PT5M", -300),
        ("90s", 90),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("-5m", -300),
        ("PT0S", 0),
    ],
)
def test_it_reads_what_people_write(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "P1Y", "P1M", "30", "PT-5M", "5 m", "PT30M\n", "PT٣M"],
)
def test_it_refuses_what_is_not_a_duration_in_words(text):
    with pytest.raises(
        ValueError, match="is not a duration: write 90s, 5m, 2h, 1d, or ISO"
    ):
        parse_duration(text)


def test_what_no_calendar_can_hold_is_too_long():
    with pytest.raises(ValueError, match="is too long"):
        parse_duration("P999999999DT999999999H")


@pytest.mark.parametrize("text", ["PT0S", "-PT1S"])
def test_a_target_is_longer_than_zero(text):
    with pytest.raises(ValueError, match="must be longer than zero"):
        parse_positive(text)


def test_a_target_of_a_hundred_years_is_a_typing_error():
    with pytest.raises(ValueError, match="longer than five years"):
        parse_positive("P36500D")
