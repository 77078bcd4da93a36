"""A slow second opinion on imported incidents, straight from the rows of the file.

Every minute of the log is looked at once: open or not. A row ends what the row before
it began; nothing of the engine, its calendars or its events is used.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WAITING = "Awaiting"
FINISHED = ("Resolved", "Closed")
PRIORITIES = {
    "1 - Critical": "urgent",
    "2 - High": "high",
    "3 - Moderate": "normal",
    "4 - Low": "low",
}
HOURS = {
    **dict.fromkeys(range(4), (8, 9, 10, 11, 13, 14, 15, 16, 17)),
    4: (8, 9, 10, 11, 13, 14, 15),
}
"""The hours of the clock, from full hour to full hour, that are work: by weekday."""
YEARLY = ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
DATED = ((2016, 3, 25), (2016, 3, 28))
TARGETS = {
    "urgent": timedelta(hours=4),
    "high": timedelta(hours=9),
    "normal": timedelta(hours=27),
    "low": timedelta(hours=45),
}
ROUND_THE_CLOCK = ("urgent",)


@dataclass(frozen=True)
class Judged:
    """`used` None: nobody has finished it."""

    outcome: str
    priority: str
    used: timedelta | None


def incidents(file: Path) -> dict[str, list[Mapping[str, str]]]:
    """The rows of each incident; in this file they stand in their order."""
    found: dict[str, list[Mapping[str, str]]] = {}
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["number"], []).append(row)
    return found


class Minutes:
    """How many minutes of work there are before each minute of a stretch of time."""

    def __init__(self, zone: ZoneInfo, first: datetime, last: datetime) -> None:
        self.zone, self.first = zone, first
        count = (last - first) // MINUTE + 1
        shown = ((first + n * MINUTE).astimezone(zone) for n in range(count))
        self.before = [0, *accumulate(int(_is_work(local)) for local in shown)]

    def between(self, begin: datetime, end: datetime) -> timedelta:
        a, b = ((at - self.first) // MINUTE for at in (begin, end))
        return (self.before[b] - self.before[a]) * MINUTE


def _is_work(local: datetime) -> bool:
    if local.hour not in HOURS.get(local.weekday(), ()):
        return False
    day = (local.year, local.month, local.day)
    return day not in DATED and day[1:] not in YEARLY


def judged(
    found: Mapping[str, list[Mapping[str, str]]], zone: ZoneInfo
) -> dict[str, Judged]:
    times = [
        _instant(r["sys_updated_at"], zone) for rows in found.values() for r in rows
    ]
    opened = [_instant(rows[0]["opened_at"], zone) for rows in found.values()]
    minutes = Minutes(zone, min(*times, *opened), max(times))
    return {number: _judged(rows, minutes) for number, rows in found.items()}


def _judged(rows: Iterable[Mapping[str, str]], minutes: Minutes) -> Judged:
    """Up to the first time that it was finished too late, or to the last that it was
    finished at all.
    """
    working, always = timedelta(0), timedelta(0)
    now, state, reopened, priority = None, "New", None, ""
    verdict: Judged | None = None
    for row in rows:
        now = now or _instant(row["opened_at"], minutes.zone)
        at = max(now, _instant(row["sys_updated_at"], minutes.zone))
        if state not in FINISHED and not state.startswith(WAITING):
            working, always = working + minutes.between(now, at), always + (at - now)
        again = reopened is not None and int(row["reopen_count"]) > reopened
        was_open = state not in FINISHED or again
        now, state = at, row["incident_state"]
        reopened, priority = int(row["reopen_count"]), PRIORITIES[row["priority"]]
        if was_open:
            verdict = None
        if state in FINISHED and was_open:
            used = always if priority in ROUND_THE_CLOCK else working
            if used > TARGETS[priority]:
                return Judged("missed", priority, used)
            verdict = Judged("met", priority, used)
    return verdict or Judged("open", priority, None)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    local = datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=zone)
    return local.astimezone(UTC)
