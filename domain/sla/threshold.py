"""When to warn: `80%` of the target, or `PT5M` before the due instant."""

from datetime import timedelta
from fractions import Fraction
from functools import cache

from domain.duration import parse_positive

WHOLE = 100


@cache
def parse_threshold(text: str) -> Fraction | timedelta:
    """Raises ValueError with a sentence that a person can act on."""
    if not text.endswith("%"):
        return parse_positive(text)
    number = text[:-1]
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) < WHOLE:
        msg = f"{text!r} must be a whole percentage from 1% to 99%"
        raise ValueError(msg)
    return Fraction(int(number), WHOLE)
