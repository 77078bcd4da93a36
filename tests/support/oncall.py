"""Schedules for the tests, and their answers as short as they can be told."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from domain.event import PolicyRef
from domain.oncall.override import Leave, Override, OverrideKind
from domain.oncall.plan import Plan
from domain.oncall.rotation import Rotation
from domain.oncall.schedule import Schedule
from domain.oncall.schedule_form import parse_schedule
from domain.oncall.shifts import shifts
from tests.support.dsl import instant

REF = PolicyRef(name="front-line", version=1, sha256="0" * 64)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
PEOPLE = "abcde"
_ids = count(1)


def layer(*people: str, name: str = "base", **fields: object) -> dict[str, Any]:
    """A layer of one-day turns from the midnight before `MONDAY` on, if not told."""
    turns = {"start": "2026-03-02T00:00", "unit": "day", "people": list(people)}
    given = {key: fields.pop(key) for key in turns.keys() & fields.keys()}
    if "length" in fields:
        given["length"] = fields.pop("length")
    return {"name": name, "rotation": {**turns, **given}, **fields}


def dated(
    *shifts: tuple[str, float, float], name: str = "dated", **fields: object
) -> dict[str, Any]:
    """A layer of (person, from hour, to hour) after the midnight before `MONDAY`."""
    written = [
        {"from": f"{at(begin):%FT%TZ}", "to": f"{at(end):%FT%TZ}", "person": person}
        for person, begin, end in shifts
    ]
    return {"name": name, "shifts": written, **fields}


def schedule(*layers: Mapping[str, Any], tz: str = "UTC") -> Schedule:
    return parse_schedule(REF, {"tz": tz, "layers": list(layers)})


def plan(*layers: Mapping[str, Any], tz: str = "UTC", **more: Any) -> Plan:
    return Plan.of(schedule(*layers, tz=tz), **more)


def rotation(start: str, unit: str, length: int, tz: str, people: str = "abc"):
    form = layer(*people, start=start, unit=unit, length=length)
    return rotation_of(schedule(form, tz=tz))


def rotation_of(of: Schedule) -> Rotation:
    return of.layers[0].rotation


def at(hours: float) -> datetime:
    """So many hours after the midnight before `MONDAY`."""
    return MONDAY + timedelta(hours=hours)


def hour(instant: datetime) -> float:
    return (instant - MONDAY) / HOUR


def local(text: str, tz: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).astimezone(UTC)


def override(
    kind: OverrideKind, person: str, begin: float, end: float, **more: Any
) -> Override:
    """From hour to hour after the midnight before `MONDAY`."""
    given = {"id": f"o-{next(_ids)}", "by": "lead", **more}
    window = {"begin": at(begin), "end": at(end)}
    return Override(kind=kind, person=person, **window, **given)


def told(of: Plan, begin: float = 0, end: float = 24) -> list[tuple[str, float, float]]:
    """(person, from hour, to hour), with nothing to tell turns from each other."""
    found = shifts(of, at(begin), at(end))
    spans = sorted((s.person, hour(s.begin), hour(s.end)) for s in found)
    joined: list[tuple[str, float, float]] = []
    for person, first, last in spans:
        if joined and joined[-1][0] == person and joined[-1][2] == first:
            joined[-1] = (person, joined[-1][1], last)
        else:
            joined.append((person, first, last))
    return sorted(joined, key=lambda span: (span[1], span[0]))


def people_at(of: Plan, instant: datetime) -> list[str]:
    return [s.person for s in shifts(of, instant, instant + timedelta(microseconds=1))]


def people_at_hours(of: Plan, hours: Iterable[float]) -> dict[float, list[str]]:
    return {h: people_at(of, at(h)) for h in hours}


def leave_of(person, begin, end):
    leave = Leave(
        id="l",
        person=person,
        begin=instant(begin),
        end=instant(end),
        made_at=instant("0s"),
    )
    return {person: (leave,)}
