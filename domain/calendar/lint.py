"""What is allowed in a calendar but probably unintended.

Warnings, not errors: none of them changes the arithmetic. They carry the JSON pointer
of the entry in the written form.
"""

from collections.abc import Iterator
from datetime import timedelta

from domain.calendar.calendar import WEEKDAYS, Calendar, Windows
from domain.calendar.open_hours import open_spans
from domain.documents.fields import time_text
from domain.duration import DAY_S
from domain.errors import FieldError

ONE_DAY = timedelta(days=1)


def calendar_warnings(calendar: Calendar) -> tuple[FieldError, ...]:
    """Overlapping windows, shifts that a holiday hides, breaks outside all hours."""
    return (
        *_overlaps(calendar),
        *_overnight(calendar),
        *_hidden_shifts(calendar),
        *_idle_breaks(calendar),
    )


def _places(calendar: Calendar) -> Iterator[tuple[str, Windows]]:
    for day, windows in zip(WEEKDAYS, calendar.weekly, strict=True):
        yield f"/hours/{day}", windows
    for date, windows in calendar.shifts:
        yield f"/shifts/{date}", windows


def _overnight(calendar: Calendar) -> Iterator[FieldError]:
    """Opening and closing are easily swapped: then it is open all night. A night shift
    is shorter.
    """
    for pointer, windows in _places(calendar):
        for index, window in enumerate(windows):
            length_s = window.closes_s - window.opens_s
            if window.closes_s > DAY_S and length_s >= DAY_S // 2:
                opens, closes = time_text(window.opens_s), time_text(window.closes_s)
                message = f"is open overnight, from {opens} to {closes} of the next day"
                yield FieldError(f"{pointer}/{index}", message)


def _overlaps(calendar: Calendar) -> Iterator[FieldError]:
    for pointer, windows in _places(calendar):
        for index in _overlapping(windows):
            yield FieldError(
                f"{pointer}/{index}", "overlaps another window of that day"
            )
    yield from _into_the_next_day(calendar)


def _overlapping(windows: Windows) -> Iterator[int]:
    for index, window in enumerate(windows):
        if any(
            window.opens_s < earlier.closes_s and earlier.opens_s < window.closes_s
            for earlier in windows[:index]
        ):
            yield index


def _into_the_next_day(calendar: Calendar) -> Iterator[FieldError]:
    following = calendar.weekly[1:] + calendar.weekly[:1]
    for day, windows, after in zip(WEEKDAYS, calendar.weekly, following, strict=True):
        first = min((window.opens_s for window in after), default=DAY_S)
        for index, window in enumerate(windows):
            if window.closes_s - DAY_S > first:
                yield FieldError(
                    f"/hours/{day}/{index}", "overlaps a window of the next day"
                )


def _hidden_shifts(calendar: Calendar) -> Iterator[FieldError]:
    for day, windows in calendar.shifts:
        if windows and calendar.is_holiday(day):
            yield FieldError(f"/shifts/{day}", "has no effect: that date is a holiday")


def _idle_breaks(calendar: Calendar) -> Iterator[FieldError]:
    bare = Calendar(
        tz=calendar.tz,
        weekly=calendar.weekly,
        shifts=calendar.shifts,
        holidays=calendar.holidays,
        yearly=calendar.yearly,
    )
    for day, _ in calendar.breaks:
        around = (day - ONE_DAY, day + ONE_DAY)
        if list(open_spans(bare, *around)) == list(open_spans(calendar, *around)):
            yield FieldError(f"/breaks/{day}", "has no effect: closed at that time")
