"""The public holidays of a country, or of a part of it, of package `holidays`."""

from collections.abc import Collection

import holidays

from domain.calendar.holiday_sources import Found, HolidaySource
from domain.errors import FieldError, InvalidError

COUNTRIES = holidays.list_supported_countries(include_aliases=True)


def found(source: HolidaySource, years: Collection[int]) -> Found:
    """Raises InvalidError for a country or subdivision that the package lacks."""
    if source.country not in COUNTRIES:
        message = "not a country of the package; use an ISO 3166 code, for example DE"
        raise InvalidError.at(f"{source.pointer}/country", message)
    parts = COUNTRIES[source.country]
    if source.subdivision not in (None, *parts):
        known = ", ".join(parts) or "none"
        message = f"no subdivision of {source.country}; there are {known}"
        raise InvalidError.at(f"{source.pointer}/subdivision", message)
    days = holidays.country_holidays(
        source.country, subdiv=source.subdivision, years=years
    )
    missing = sorted(set(years) - {day.year for day in days})
    message = f"knows no holiday in {', '.join(map(str, missing))}"
    warning = FieldError(f"{source.pointer}/country", message)
    return Found(
        holidays=tuple(days),
        # Asked for one year, the package lists working days of others as well.
        working_days=tuple(d for d in days.weekend_workdays if d.year in years),
        warnings=(warning,) if missing else (),
    )
