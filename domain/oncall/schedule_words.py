"""The values in a written schedule: local times, units, counts, windows.

Each function reads one value, or raises `InvalidError` with the given pointer, like
those of `domain.documents.fields`.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Final

from domain.calendar.calendar import WEEKDAYS
from domain.documents.fields import refuse
from domain.duration import DAY_S
from domain.errors import InvalidError, UnknownWordError
from domain.oncall.rotation import UNITS, Unit

WALL_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?")
YEARS: Final = range(1970, 2200)
LENGTHS: Final = range(1, 1001)  # of any unit; within it no hand-off leaves datetime
PRIORITIES: Final = range(1001)


def read_name(value: object, pointer: str) -> str:
    if not isinstance(value, str) or not value.strip():
        refuse(pointer, "must be a name")
    return value


def read_unit(value: object, pointer: str) -> Unit:
    found = [unit for unit in UNITS if unit == value]
    if not found:
        raise InvalidError([UnknownWordError.of(pointer, value, UNITS)])
    return found[0]


def read_length(value: object, pointer: str) -> int:
    return _count(value, LENGTHS, pointer)


def read_priority(value: object, pointer: str) -> int:
    return _count(value, PRIORITIES, pointer)


def read_day(value: object, pointer: str) -> int:
    """0 is Monday."""
    if not isinstance(value, str) or value not in WEEKDAYS:
        raise InvalidError([UnknownWordError.of(pointer, value, WEEKDAYS)])
    return WEEKDAYS.index(value)


def read_wall(value: object, pointer: str) -> datetime:
    """Naive. YAML reads an unquoted one as date or datetime."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    try:
        if isinstance(value, str) and WALL_TIME.fullmatch(value):
            value = datetime.fromisoformat(value)
    except ValueError:
        pass
    if not isinstance(value, datetime) or value.tzinfo or value.microsecond:
        wanted = "must be a local time without offset, like 2026-01-05T09:00"
        refuse(pointer, f"{wanted}, not {str(value)!r}")
    if value.year not in YEARS:
        refuse(pointer, f"must be in the years {YEARS[0]} to {YEARS[-1]}")
    return value


def read_moment(value: object, pointer: str) -> datetime:
    """Naive in wall time, or in UTC where it ends in Z."""
    exact = isinstance(value, str) and value.endswith("Z")
    if isinstance(value, datetime) and value.tzinfo:
        value, exact = value.astimezone(UTC).replace(tzinfo=None), True
    wall = read_wall(
        value.removesuffix("Z") if isinstance(value, str) else value, pointer
    )
    return wall.replace(tzinfo=UTC) if exact else wall


def read_window(opens_s: int, closes_s: int, pointer: str) -> tuple[int, int]:
    """If it closes before it opens, it closes on the day after."""
    if opens_s == DAY_S:
        refuse(f"{pointer}/from", "must open before 24:00")
    if closes_s == 0:
        refuse(f"{pointer}/to", 'midnight at the end of a window is "24:00"')
    if opens_s == closes_s:
        refuse(f"{pointer}/to", "closes when it opens")
    return opens_s, closes_s if closes_s > opens_s else closes_s + DAY_S


def _count(value: object, allowed: range, pointer: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        refuse(pointer, f"must be a whole number from {allowed[0]} to {allowed[-1]}")
    return value
