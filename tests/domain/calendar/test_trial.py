"""A calendar tried out: the instants of a budget, or the business time until an end."""

from datetime import timedelta

import pytest

from domain.calendar.evaluation import Question, try_out
from domain.calendar.span import Span
from domain.errors import InvalidError
from tests.support.calendars import EVERY_DAY, OFFICE, calendar, local

HOUR = timedelta(hours=1)
ROUND_THE_CLOCK = None
MONDAY = local("2026-01-12T10:00")
NIGHT = Span(local("2026-01-12T16:00"), local("2026-01-13T07:30"))


def asked(start=MONDAY, budget=None, end=None, pauses=()):
    return Question(start=start, budget=budget, end=end, pauses=pauses)


def pieces(trial):
    return [(segment.start, segment.end) for segment in trial.segments]


def faults(calendar_=OFFICE, **question):
    with pytest.raises(InvalidError) as refused:
        try_out(calendar_, asked(**question))
    return [error.pointer for error in refused.value.errors]


def test_a_budget_answers_both_instants():
    trial = try_out(OFFICE, asked(local("2026-01-12T13:00"), budget=4 * HOUR))
    assert trial.due_at == local("2026-01-12T17:00")
    assert trial.breach_at == local("2026-01-13T09:00")


def test_the_segments_are_what_counted_until_it_was_used_up():
    trial = try_out(OFFICE, asked(budget=8 * HOUR, pauses=(NIGHT,)))
    assert pieces(trial) == [
        (local("2026-01-12T10:00"), local("2026-01-12T16:00")),
        (local("2026-01-13T09:00"), local("2026-01-13T11:00")),
    ]


def test_an_end_answers_the_business_time_until_then():
    trial = try_out(OFFICE, asked(end=local("2026-01-13T11:00"), pauses=(NIGHT,)))
    assert trial.elapsed == 8 * HOUR == sum((b - a for a, b in pieces(trial)), 0 * HOUR)


def test_a_clock_held_for_good_is_never_due_and_shows_what_it_used():
    held = Span(local("2026-01-12T16:00"))
    trial = try_out(OFFICE, asked(budget=8 * HOUR, pauses=(held,)))
    assert (trial.due_at, trial.breach_at) == (None, None)
    assert pieces(trial) == [(MONDAY, local("2026-01-12T16:00"))]


def test_there_are_at_most_five_thousand_segments_and_the_rest_is_told():
    hours = [(f"{hour:02}:00", f"{hour:02}:30") for hour in range(24)]
    busy = calendar(hours=hours, days=EVERY_DAY)
    year = try_out(busy, asked(end=MONDAY + timedelta(days=365)))
    assert (len(year.segments), year.cut) == (5_000, True)
    assert try_out(busy, asked(end=MONDAY + timedelta(days=30))).cut is False


def test_always_open_is_one_piece():
    trial = try_out(ROUND_THE_CLOCK, asked(budget=HOUR))
    assert pieces(trial) == [(MONDAY, MONDAY + HOUR)]


@pytest.mark.parametrize(
    ("question", "pointers"),
    [
        ({}, ["/budget"]),
        ({"budget": HOUR, "end": MONDAY}, ["/end"]),
        ({"budget": -HOUR}, ["/budget"]),
        ({"budget": timedelta(days=2000)}, ["/budget"]),
        ({"budget": timedelta(days=1000)}, ["/budget"]),  # of open hours: 12 years
        ({"end": MONDAY - HOUR}, ["/end"]),
        ({"end": MONDAY + timedelta(days=2000)}, ["/end"]),
        ({"start": local("1850-01-01T00:00"), "end": MONDAY}, ["/start"]),
        ({"start": local("9999-12-30T00:00"), "budget": HOUR}, ["/start"]),
        ({"budget": HOUR, "pauses": (Span(MONDAY, MONDAY - HOUR),)}, ["/pauses/0/to"]),
    ],
)
def test_what_cannot_be_answered_is_refused_by_its_place(question, pointers):
    assert faults(**question) == pointers
