"""What a driver takes and returns, and how the words of a case are read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from domain.calendar.calendar import Calendar
from domain.calendar.holiday_sources import Expansion, expand
from domain.calendar.instants import wall_to_utc
from domain.calendar.span import Span
from domain.errors import InvalidError
from infra.calendars.holidays.sources import InstalledHolidays

Case: TypeAlias = dict[str, Any]
Event: TypeAlias = dict[str, Any]

DATE = re.compile(r"\d{4}-\d\d-\d\d")
UNIT_S = {"s": 1, "min": 60, "h": 3600}
STARTS = ("interval_start", "clock_start", "created", "customer_reply", "origin")
STOPS = ("interval_end", "closed", "resolved", "agent_reply", "first_response")


class UndrivableError(Exception):
    """The case asks for something that no driver understands."""


@dataclass(frozen=True)
class Answer:
    """Our outcome, as it is printed, and whether the expectation holds."""

    got: Any
    agrees: bool
    why: str | None = None
    """What has to be known to see that they agree."""


def zone_of(case: Case) -> tzinfo:
    calendar = case.get("calendar")
    return ZoneInfo(calendar["tz"]) if calendar else UTC


def calendar_of(case: Case) -> Calendar | None:
    """The case's calendar; under `option`, one that never opens stands for none."""
    if case.get("calendar") is None:
        return None
    try:
        return _expanded(case).calendar()
    except InvalidError as error:
        never_opens = [problem.pointer for problem in error.errors] == ["/hours"]
        if case.get("adopt") == "option" and never_opens:
            return None
        raise


def _expanded(case: Case) -> Expansion:
    """Packages are asked for the years around the first event."""
    events = timed_events(case)
    today = events[0][1].date() if events else date(2026, 1, 1)
    holidays = InstalledHolidays()
    return expand(case["calendar"], lambda source: holidays.look_up(source, today))


def instant(text: str, zone: tzinfo) -> datetime:
    """An instant with its offset, or a wall time of the zone; T24:00 is allowed."""
    day, separator, time = text.partition("T")
    if separator and time.startswith("24:00"):
        midnight = datetime.fromisoformat(day) + timedelta(days=1)
        return wall_to_utc(zone, midnight)
    at = datetime.fromisoformat(text)
    return wall_to_utc(zone, at) if at.tzinfo is None else at.astimezone(UTC)


def show(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def timed_events(case: Case) -> list[tuple[str, datetime, Event]]:
    """(type, instant, event) of the events that have a date, in their order."""
    events = [e for e in case["events"] if isinstance(e, dict)]
    return [(e["type"], at, e) for e in events if (at := dated(e, case))]


def dated(event: Event, case: Case) -> datetime | None:
    text = str(event.get("at"))
    return instant(text, zone_of(case)) if DATE.match(text) else None


def start_of(case: Case) -> datetime:
    """When the clock starts: at the latest of the events that may start one."""
    events = timed_events(case)
    starts = [at for kind, at, _ in events if kind in STARTS]
    if not events:
        raise UndrivableError("no event with a time")
    return max(starts) if starts else events[0][1]


def stop_of(case: Case) -> datetime:
    events = timed_events(case)
    stops = [at for kind, at, _ in events if kind in STOPS]
    return min(stops) if stops else events[-1][1]


def pauses_of(case: Case) -> list[Span]:
    """Pauses by event; the time from closing to reopening is one too."""
    found: list[Span] = []
    begun: datetime | None = None
    for kind, at, event in sorted(timed_events(case), key=lambda item: item[1]):
        if begun is not None and _ends_pause(kind, event):
            found.append(Span(begun, at))
            begun = None
        elif begun is None and (kind == "pause" or event.get("pauses")):
            begun = at
    return found if begun is None else [*found, Span(begun)]


def _ends_pause(kind: str, event: Event) -> bool:
    if kind == "state":
        return not event.get("pauses")
    return kind in ("resume", "reopened", "closed", "resolved")


def budget_of(case: Case) -> timedelta:
    """The one target given as `…_s`, `…_min` or `…_h`, and pauses already accrued."""
    found = [
        value * UNIT_S[unit]
        for name, value in case["targets"].items()
        if (unit := name.rpartition("_")[2]) in UNIT_S
    ]
    if len(found) != 1:
        raise UndrivableError(f"needs one budget, has {len(found)}")
    accrued = [
        event["value"]
        for event in case["events"]
        if isinstance(event, dict) and event.get("type") == "accrued_pause_s"
    ]
    return timedelta(seconds=found[0] + sum(accrued))


def local_days(
    zone: tzinfo, start: datetime, end: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """[start, end) cut at the local midnights."""
    while start < end:
        day = start.astimezone(zone).date()
        midnight = datetime(day.year, day.month, day.day) + timedelta(days=1)  # noqa: DTZ001
        cut = min(end, wall_to_utc(zone, midnight))
        yield day, start, cut
        start = cut
