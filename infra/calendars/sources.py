"""Data from others: holidays of packages, iCalendar texts. Nothing is fetched."""

from datetime import date

from domain.oncall.shift_sources import FoundShifts, ShiftSource
from infra.calendars.holidays.sources import InstalledHolidays
from infra.calendars.ical.shifts import found


class InstalledSources(InstalledHolidays):
    def shifts(self, source: ShiftSource, today: date) -> FoundShifts:
        """Raises InvalidError for an invalid iCalendar text."""
        return found(source, today)
