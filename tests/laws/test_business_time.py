"""Laws of business time, for any calendar, zone, start and budget."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar.business_time import (
    back,
    breach_at,
    due_at,
    elapsed,
    is_open,
    next_open,
    previous_open,
    segments,
)
from domain.calendar.calendar import Calendar
from domain.calendar.span import Span
from tests.support.calendars import EVERY_DAY, calendar

MICROSECOND = timedelta(microseconds=1)
ZERO = timedelta(0)
YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)
FORTY_YEARS_US = 40 * 365 * 86_400 * 1_000_000

SPLIT_SHIFT = (("08:00", "12:00"), ("13:00", "18:00"))
CALENDARS: list[Calendar | None] = [
    None,
    calendar("UTC"),
    calendar("Europe/Berlin", SPLIT_SHIFT, holidays=["12-24", "12-25", "2026-04-03"]),
    calendar("America/New_York", [("00:00", "24:00")], EVERY_DAY),
    calendar("Asia/Tehran", [("00:00", "24:00")], EVERY_DAY, holidays=["03-21"]),
    calendar("America/Sao_Paulo", [("22:00", "06:00")], EVERY_DAY),
    calendar("Australia/Lord_Howe", [("01:45", "02:15:30"), ("09:00", "17:00")]),
    calendar("Asia/Kathmandu", [("10:30", "10:45")], ["sun"]),
    calendar("Pacific/Apia", [("20:00", "04:00"), ("03:00", "12:00")], EVERY_DAY),
]

calendars = st.sampled_from(CALENDARS)
instants = st.integers(0, FORTY_YEARS_US).map(lambda us: YEAR_2000 + us * MICROSECOND)
durations = st.one_of(
    st.timedeltas(ZERO, timedelta(hours=40)),
    st.integers(0, 400).map(lambda quarters: timedelta(minutes=15 * quarters)),
)
few = settings(max_examples=25)


@st.composite
def pauses_after(draw: st.DrawFn, start: datetime) -> list[Span]:
    """Up to three pauses about the start, overlapping or not, none open-ended."""
    offsets = st.timedeltas(timedelta(hours=-5), timedelta(days=4))
    begins = draw(st.lists(offsets, max_size=3))
    lengths = st.timedeltas(timedelta(hours=-1), timedelta(days=2))
    return [Span(start + b, start + b + draw(lengths)) for b in begins]


@given(calendars, instants, durations, st.data())
@few
def test_a_deadline_is_the_first_instant_that_uses_the_budget_up(
    hours: Calendar | None, start: datetime, budget: timedelta, data: st.DataObject
) -> None:
    pauses = data.draw(pauses_after(start))
    due = due_at(hours, start, budget, pauses)
    assert due is not None
    assert elapsed(hours, start, due, pauses) == budget
    assert due >= start
    if due > start:
        assert elapsed(hours, start, due - MICROSECOND, pauses) == budget - MICROSECOND


@given(calendars, instants, durations, st.data())
@few
def test_a_breach_is_the_last_instant_within_the_budget(
    hours: Calendar | None, start: datetime, budget: timedelta, data: st.DataObject
) -> None:
    pauses = data.draw(pauses_after(start))
    due = due_at(hours, start, budget, pauses)
    breach = breach_at(hours, start, budget, pauses)
    assert due is not None
    assert breach is not None
    assert due <= breach
    assert elapsed(hours, start, breach, pauses) == budget
    assert elapsed(hours, start, breach + MICROSECOND, pauses) == budget + MICROSECOND


@given(calendars, instants, durations, durations)
@few
def test_a_larger_budget_is_never_due_earlier(
    hours: Calendar | None, start: datetime, budget: timedelta, more: timedelta
) -> None:
    first, second = due_at(hours, start, budget), due_at(hours, start, budget + more)
    assert first is not None
    assert second is not None
    assert first <= second
    assert (first == second) == (more == ZERO)


@given(calendars, instants, durations, durations, st.data())
@few
def test_the_parts_of_an_interval_add_up(
    hours: Calendar | None,
    start: datetime,
    first: timedelta,
    second: timedelta,
    data: st.DataObject,
) -> None:
    pauses = data.draw(pauses_after(start))
    middle, end = start + first, start + first + second
    parts = elapsed(hours, start, middle, pauses) + elapsed(hours, middle, end, pauses)
    assert parts == elapsed(hours, start, end, pauses)
    assert ZERO <= parts <= end - start


@given(calendars, instants, durations)
@few
def test_segments_are_the_elapsed_time(
    hours: Calendar | None, start: datetime, length: timedelta
) -> None:
    end = start + length
    pieces = segments(hours, start, end)
    assert sum((b - a for a, b in pieces), ZERO) == elapsed(hours, start, end)
    edges = [at for piece in pieces for at in piece]
    assert edges == sorted(set(edges))
    assert all(is_open(hours, a) for a, _ in pieces)
    assert not any(is_open(hours, b) for _, b in pieces if b < end)


@given(calendars, instants, durations, st.timedeltas(ZERO, timedelta(hours=30)))
@few
def test_a_pause_outside_hours_changes_nothing(
    hours: Calendar | None, start: datetime, budget: timedelta, offset: timedelta
) -> None:
    around = start + offset
    closing, opening = previous_open(hours, around), next_open(hours, around)
    assert closing is not None
    assert opening is not None
    pause = [Span(closing, opening)]
    assert due_at(hours, start, budget, pause) == due_at(hours, start, budget)
    assert breach_at(hours, start, budget, pause) == breach_at(hours, start, budget)


@given(calendars, instants, durations, st.data())
@few
def test_overlapping_pauses_count_once(
    hours: Calendar | None, start: datetime, budget: timedelta, data: st.DataObject
) -> None:
    pauses = data.draw(pauses_after(start))
    doubled = [*pauses, *reversed(pauses)]
    assert due_at(hours, start, budget, doubled) == due_at(hours, start, budget, pauses)


@given(calendars, instants, durations, st.data())
@few
def test_walking_back_is_the_inverse(
    hours: Calendar | None, start: datetime, budget: timedelta, data: st.DataObject
) -> None:
    pauses = data.draw(pauses_after(start))
    end = due_at(hours, start, budget, pauses)
    assert end is not None
    begin = back(hours, end, budget, pauses)
    assert begin is not None
    assert begin >= start
    assert elapsed(hours, start, begin, pauses) == ZERO
    assert elapsed(hours, begin, end, pauses) == budget
    if begin < end:
        later = begin + MICROSECOND
        assert elapsed(hours, later, end, pauses) < budget


@given(calendars, instants)
@few
def test_the_nearest_open_instants_enclose_closed_time_only(
    hours: Calendar | None, at: datetime
) -> None:
    before, after = previous_open(hours, at), next_open(hours, at)
    assert before is not None
    assert after is not None
    assert before <= at <= after
    assert is_open(hours, after)
    assert elapsed(hours, before, after) == ZERO
    if is_open(hours, at):
        assert before == at == after
    else:
        assert is_open(hours, before - MICROSECOND)
