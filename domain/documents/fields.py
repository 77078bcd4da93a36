"""The words of a written calendar: times of day, windows, dates, zones.

Each function reads one value, or raises `InvalidError` with the pointer it was given.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from domain.duration import DAY_S
from domain.errors import FieldError, InvalidError, UnknownNameError, escaped
from domain.nearest import did_you_mean

NOT_ZONES = ("localtime", "posixrules", "Factory")  # they mean another on each host
TIME = re.compile(r"(\d\d):([0-5]\d)(?::([0-5]\d))?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
LEAP_YEAR = 2000
MAX_ENTRIES = 10_000
FIRST_YEAR, LAST_YEAR = 1900, 2200


def refuse(pointer: str, message: str) -> NoReturn:
    raise InvalidError([FieldError(pointer, message)])


def below(pointer: str, key: object) -> str:
    """The JSON pointer of a member, escaped as RFC 6901 asks."""
    return f"{pointer}/{escaped(str(key))}"


def read_object(value: object, pointer: str) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        refuse(pointer, "must be an object")
    if len(value) > MAX_ENTRIES:
        refuse(pointer, f"has more than {MAX_ENTRIES:,} members")
    return value


def read_list(value: object, pointer: str, *, limit: int = MAX_ENTRIES) -> list[object]:
    if not isinstance(value, list | tuple):
        refuse(pointer, "must be a list")
    if len(value) > limit:
        refuse(pointer, f"has more than {limit:,} entries")
    return list(value)


def read_text(value: object, pointer: str) -> str:
    if isinstance(value, str) and value:
        return value
    refuse(pointer, "must be a text")


def read_year(value: object, pointer: str) -> int:
    if type(value) is int and FIRST_YEAR <= value <= LAST_YEAR:
        return value
    refuse(pointer, f"must be a year from {FIRST_YEAR} to {LAST_YEAR}")


def read_zone(value: object, pointer: str) -> str:
    try:
        if isinstance(value, str) and value not in NOT_ZONES:
            ZoneInfo(value)
            return value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    hint = did_you_mean(value, sorted(available_timezones()))
    message = f"{value!r} is not the name of an IANA time zone, as Europe/Berlin{hint}"
    raise InvalidError([UnknownNameError(pointer, message)])


def read_time(value: object, pointer: str) -> int:
    """Seconds since midnight, 24:00 included."""
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        hour, minute, second = (int(part or 0) for part in found.groups())
        if (total := hour * 3600 + minute * 60 + second) <= DAY_S:
            return total
    refuse(pointer, f'must be a quoted time of day, as "09:00", not {value!r}')


def read_date(value: object, pointer: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value  # YAML reads an unquoted date as one
    try:
        if isinstance(value, str) and DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    refuse(pointer, f"must be a date, as 2026-12-24, not {value!r}")


def read_month_day(value: object, pointer: str) -> tuple[int, int]:
    found = MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        if found is not None:
            day = date(LEAP_YEAR, int(found[1]), int(found[2]))
            return day.month, day.day
    except ValueError:
        pass
    refuse(pointer, f"must be a month and day, as 05-01, not {value!r}")


def time_text(second: int) -> str:
    """The time of day; past 24:00, the one on the next day."""
    minute, seconds = divmod(second if second <= DAY_S else second - DAY_S, 60)
    text = f"{minute // 60:02}:{minute % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text
