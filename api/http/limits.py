"""What one client, and all of them together, may ask of this process."""

import re
from dataclasses import dataclass
from typing import Self

from domain.duration import format_duration, parse_duration

_RATE = re.compile(r"(?P<quota>[1-9][0-9]{0,8})/(?P<window>\S+)")


@dataclass(frozen=True)
class Rate:
    """At most `quota` requests in each window of `window_s` seconds."""

    quota: int
    window_s: int

    @classmethod
    def parse(cls, text: str) -> Self:
        found = _RATE.fullmatch(text.strip())
        try:
            window = parse_duration(found["window"]) if found else None
        except ValueError:
            window = None
        seconds = window.total_seconds() if window else 0
        if found is None or seconds < 1 or seconds != int(seconds):
            msg = f"{text!r} is not a rate: write it as 100/10s or 600/PT1M"
            raise ValueError(msg)
        return cls(int(found["quota"]), int(seconds))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Times are seconds, sizes bytes. `body_s`: from the end of the head to the end of
    the body. `bodies_bytes`: all bodies together, from their first byte to the answer.
    """

    per_key: Rate = Rate(10_000, 10)
    per_address: Rate = Rate(1_000, 10)
    wrong_keys: Rate = Rate(20, 10)
    body_s: float = 30.0
    body_bytes: int = 1_000_000
    bodies_bytes: int = 64_000_000
    cors_origins: tuple[str, ...] = ()
    hsts_s: int = 0


def seconds_of(text: str) -> float:
    """Raises ValueError for what is no duration above zero."""
    seconds = parse_duration(text.strip()).total_seconds()
    if seconds <= 0:
        msg = f"{format_duration(parse_duration(text))} must be longer than nothing"
        raise ValueError(msg)
    return seconds
