"""China's public holidays and moved working days (调休), of package chinesecalendar.

The State Council announces a year's days in the autumn before, so the package never
knows more than the next year.
"""

from collections.abc import Collection, Iterator
from datetime import date

from chinese_calendar import constants

from domain.calendar.holiday_sources import Found, HolidaySource
from domain.errors import FieldError, InvalidError

FIRST_YEAR = min(constants.holidays).year
LAST_YEAR = max(constants.holidays).year


def found(source: HolidaySource, years: Collection[int]) -> Found:
    """Raises InvalidError for a year that was asked for by name and is not known."""
    if errors := tuple(_unknown(source)):
        raise InvalidError(errors)
    missing = [year for year in years if year > LAST_YEAR]
    message = f"knows the days up to {LAST_YEAR}; publish again when they are announced"
    warning = FieldError(f"{source.pointer}/package", message)
    return Found(
        holidays=_within(constants.holidays, years),
        working_days=_within(constants.workdays, years),
        warnings=(warning,) if missing else (),
    )


def _unknown(source: HolidaySource) -> Iterator[FieldError]:
    for index, year in enumerate(source.years):
        if not FIRST_YEAR <= year <= LAST_YEAR:
            pointer = f"{source.pointer}/years/{index}"
            yield FieldError(pointer, f"known are {FIRST_YEAR} to {LAST_YEAR}")


def _within(days: Collection[date], years: Collection[int]) -> tuple[date, ...]:
    return tuple(day for day in days if day.year in years)
