"""Rules of series, replaced by the dates that they give: RRULE by RDATE.

`dateutil` searches for the next match of a rule until the year 9999. So it is called
for the same days 7,600 years later, where that is near: the calendar repeats every 400
years. A rule that then has no match for many years is refused, and the steps of all
rules of a text are counted together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple

from dateutil.rrule import rrulestr
from icalendar import Event

from infra.calendars.ical.refusal import IcalError
from infra.calendars.ical.text import start_of

AROUND = timedelta(days=31)
"""How far an occurrence may have been moved."""
LATER = 7_600
LONGEST_GAP = timedelta(days=12 * 366)  # from one 29 February to the next are 8 years
MAX_STEPS = 500_000
DAYS_A_STEP = {"DAILY": 1, "WEEKLY": 3, "MONTHLY": 15, "YEARLY": 15}
"""How many days a rule advances in the time of one daily step, as measured."""
STEPS_A_DATE = 10  # for each resulting date
PARTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST")


class Stretch(NamedTuple):
    """Days, both included."""

    first: date
    last: date


@dataclass
class Steps:
    taken: int = 0

    def take(self, steps: int) -> None:
        self.taken += steps
        if self.taken > MAX_STEPS:
            raise IcalError("series that begin too long ago to be expanded")


def replace_rules(event: Event, stretch: Stretch, steps: Steps) -> bool:
    """Whether one of them gives more after the last day."""
    start, rules = start_of(event), event.pop("RRULE", [])
    first = stretch.first - AROUND - abs(event.end - start)
    reach = Stretch(first, stretch.last + AROUND)
    goes_on = False
    for rule in rules if isinstance(rules, list) else [rules]:
        limit, count = _limits(rule, start)
        if limit is not None and limit < _wall(start):
            event.add("EXDATE", start)  # over before it began
            continue
        times = islice(_times(rule, _wall(start), reach, steps), count)
        found, more = _within(times, limit, reach)
        goes_on |= more or any(wall.date() > stretch.last for wall in found)
        steps.take(STEPS_A_DATE * len(found))
        if found:
            event.add("RDATE", [_like(start, wall) for wall in found])
    return goes_on


def _within(
    times: Iterator[datetime], limit: datetime | None, reach: Stretch
) -> tuple[list[datetime], bool]:
    """And whether there are more."""
    first = datetime.combine(reach.first, time.min)
    last = datetime.combine(reach.last, time.max)
    found: list[datetime] = []
    for wall in times:
        if limit is not None and wall > limit:
            break
        if wall > last:
            return found, True
        if wall >= first:
            found.append(wall)
    return found, False


def _limits(rule: Any, start: date) -> tuple[datetime | None, int | None]:
    """When it ends, in wall time, and after how many; fewer than one is none."""
    untils = [_until(until, start) for until in rule.pop("UNTIL", [])]
    counts = [count for count in rule.pop("COUNT", []) if count > 0]
    return min(untils, default=None), min(counts, default=None)


def _times(
    rule: Any, begin: datetime, stretch: Stretch, steps: Steps
) -> Iterator[datetime]:
    """In wall time, without end."""
    frequency = rule.get("FREQ", [""])[0]
    if frequency not in DAYS_A_STEP:
        raise IcalError("a series that is not of days, weeks, months or years")
    for part in rule:
        if part not in ("FREQ", "INTERVAL", *PARTS):
            raise IcalError(f"a series with {part}")
    if min(rule.get("INTERVAL", [1])) < 1:
        raise IcalError("a series that never moves on")
    days = max((stretch.last - begin.date()).days, 0)
    steps.take(days // DAYS_A_STEP[frequency])
    before = begin = begin.replace(year=begin.year + LATER)
    for wall in rrulestr(rule.to_ical().decode(), dtstart=begin):
        if wall - before > LONGEST_GAP:
            break
        steps.take(1)
        yield wall.replace(year=wall.year - LATER)
        before = wall
    raise IcalError("a series that almost never happens")


def _until(until: date, start: date) -> datetime:
    if not isinstance(until, datetime):  # that day is included
        return datetime.combine(until, time.max)
    zone = start.tzinfo if isinstance(start, datetime) else None
    local = until.astimezone(zone) if until.tzinfo and zone else until
    return local.replace(tzinfo=None)


def _wall(start: date) -> datetime:
    if isinstance(start, datetime):
        return start.replace(tzinfo=None)
    return datetime.combine(start, time.min)


def _like(start: date, wall: datetime) -> date:
    """In the form of the start."""
    if isinstance(start, datetime):
        return wall.replace(tzinfo=start.tzinfo)
    return wall.date()
