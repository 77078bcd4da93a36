"""Durations as ISO 8601 and people write them: `PT30M`, `P1DT2H`; `90s`, `5m`, `2h`.

Years and months are refused: their length depends on the calendar.
"""

import re
from datetime import timedelta
from typing import Final

DAY_S: Final = 86_400
ISO_DURATION = r"^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d{1,6})?S)?)?$"
"""Of an answer. JSON Schema's own format `duration` knows no fractions of a second."""
FORMS = "write 90s, 5m, 2h, 1d, or ISO 8601 as PT1H30M or P1DT2H"
LONGEST = timedelta(days=5 * 366)
"""No promise is longer; a hundred years is a typing error, not a target."""

_ISO = re.compile(
    r"(?P<sign>-)?P(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,12}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)
_SHORT = re.compile(r"(?P<sign>-)?(?P<n>\d{1,9})(?P<unit>[smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Raises ValueError with a sentence that a person can act on."""
    if short := _SHORT.fullmatch(text):
        length = timedelta(**{_UNITS[short["unit"]]: int(short["n"])})
        return -length if short["sign"] else length
    iso = _ISO.fullmatch(text)
    parts = iso.groupdict() if iso else {}
    sign = parts.pop("sign", None)
    given = {unit: float(n) for unit, n in parts.items() if n is not None}
    if not given or text.endswith("T"):
        msg = f"{text!r} is not a duration: {FORMS}"
        raise ValueError(msg)
    try:
        length = timedelta(**given)
    except OverflowError as error:
        msg = f"{text!r} is too long"
        raise ValueError(msg) from error
    return -length if sign else length


def parse_positive(text: str) -> timedelta:
    """A target: more than zero, at most five years."""
    length = parse_duration(text)
    if length <= timedelta(0):
        msg = f"{text!r} must be longer than zero"
        raise ValueError(msg)
    if length > LONGEST:
        msg = f"{text!r} is longer than five years"
        raise ValueError(msg)
    return length


def format_duration(length: timedelta) -> str:
    """Shortest ISO 8601 form in days, hours, minutes, seconds; exact to the µs."""
    if length < timedelta(0):
        return "-" + format_duration(-length)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n) + (
        f"{seconds}{fraction}S" if seconds or fraction else ""
    )
    days = f"{length.days}D" if length.days else ""
    return f"P{days}T{time}" if time else f"P{days}" if days else "PT0S"
