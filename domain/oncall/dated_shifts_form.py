"""The written form of dated shifts, instead of a rotation:

    shifts:
      - {from: "2026-12-24T18:00", to: "2026-12-25T09:00", person: ann}
      - {from: "2026-12-24T17:00:00Z", to: "2026-12-25T08:00:00Z", person: bo}

Without Z in local wall time: a time that occurs twice is the first of the two where a
shift begins and the last where it ends. With Z in UTC, which is exact; shifts imported
from an iCalendar text are in UTC. Several people together are several shifts.
"""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from domain.calendar.instants import to_us
from domain.documents.fields import below, read_list, read_object, refuse
from domain.errors import FieldError, InvalidError
from domain.oncall.dated_shifts import DatedShift, DatedShifts
from domain.oncall.schedule_words import read_moment, read_name
from domain.oncall.wall_time import first_instant, last_instant

SHIFT_FIELDS: Final = ("from", "to", "person")
MOST_SHIFTS: Final = 10_000  # of a schedule
MOST_ERRORS: Final = 100


def read_shifts(value: object, pointer: str, tz: str) -> DatedShifts:
    """Raises InvalidError that names each fault, up to the hundredth."""
    entries = read_list(value, pointer, limit=MOST_SHIFTS)
    errors: list[FieldError] = []
    shifts: list[DatedShift] = []
    for index, entry in enumerate(entries):
        try:
            shifts.append(_shift(entry, f"{pointer}/{index}", ZoneInfo(tz)))
        except InvalidError as error:
            errors += error.errors
    if errors:
        raise InvalidError(errors[:MOST_ERRORS])
    return DatedShifts(shifts=tuple(shifts), tz=tz)


def _shift(value: object, pointer: str, zone: ZoneInfo) -> DatedShift:
    fields = read_object(value, pointer)
    if unknown := tuple(_unknown(fields, pointer)):
        raise InvalidError(unknown)
    begin = read_moment(fields.get("from"), f"{pointer}/from")
    end = read_moment(fields.get("to"), f"{pointer}/to")
    first = to_us(begin) if begin.tzinfo else first_instant(zone, begin)
    last = to_us(end) if end.tzinfo else last_instant(zone, end)
    written_alike = bool(begin.tzinfo) == bool(end.tzinfo)
    # A shift swallowed by a gap of the clocks is empty, which is no mistake.
    if end <= begin if written_alike else last <= first:
        refuse(f"{pointer}/to", "is not after `from`")
    person = read_name(fields.get("person"), f"{pointer}/person")
    return DatedShift(first, last, person)


def _unknown(fields: object, pointer: str) -> Iterator[FieldError]:
    for name in fields if isinstance(fields, dict) else ():
        if name not in SHIFT_FIELDS:
            yield FieldError(below(pointer, name), "unknown field")
