"""The public holidays behind the entries of a calendar: which source provides what."""

from datetime import date

from domain.calendar.holiday_sources import CHINESE, Found, HolidaySource
from infra.calendars.holidays import chinese, country, ical


class InstalledHolidays:
    """What the installed packages provide; nothing is fetched."""

    def look_up(self, source: HolidaySource, today: date) -> Found:
        """Raises InvalidError. Without `years`: from last year to five years ahead."""
        if source.ical is not None:
            return ical.found(source.ical, source.pointer, today)
        years = source.years or tuple(range(today.year - 1, today.year + 6))
        if source.package == CHINESE:
            return chinese.found(source, years)
        return country.found(source, years)
