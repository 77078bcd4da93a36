"""Who is on call at an instant, who before and after, and why the others are not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.calendar.instants import DAY_US, from_us, to_us
from domain.errors import InvalidError
from domain.oncall.holding import Held
from domain.oncall.override import Override, absences, parts
from domain.oncall.plan import Plan
from domain.oncall.shifts import EARLIEST, LATEST, Shift, holders, shift

LOOKS: Final = tuple(days * DAY_US for days in (2, 16, 128, 400))


@dataclass(frozen=True, kw_only=True)
class Absent:
    """Somebody of the schedule who is not on call, and why."""

    person: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OnCall:
    """`next` are the next others to come on call, `previous` the last others that were,
    both within 400 days; longer shifts are cut there.
    """

    at: datetime
    now: tuple[Shift, ...]
    next: tuple[Shift, ...]
    previous: tuple[Shift, ...]
    absent: tuple[Absent, ...]


def on_call_at(plan: Plan, at: datetime) -> OnCall:
    """Shifts are whole, not cut at `at`. Raises InvalidError, pointer /at."""
    if not EARLIEST <= at < LATEST:
        raise InvalidError.at("/at", "must be in the years 1970 to 2199")
    now, after, before = _around(plan, to_us(at))
    return OnCall(
        at=at,
        now=tuple(map(shift, now)),
        next=tuple(map(shift, after)),
        previous=tuple(map(shift, before)),
        absent=tuple(_absent(plan, at, {piece.person for piece in now})),
    )


def _around(plan: Plan, instant: int) -> tuple[list[Held], list[Held], list[Held]]:
    """Now, next, previous; searches no further than necessary."""
    for look in LOOKS[:-1]:
        found = now, after, before = _within_look(plan, instant, look)
        edges = instant - look, instant + look
        whole = all(
            edges[0] < piece.begin and piece.end < edges[1]
            for piece in (*now, *after, *before)
        )
        alone = plan.people <= {piece.person for piece in now}
        if whole and (alone or (after and before)):
            return found
    return _within_look(plan, instant, LOOKS[-1])


def _within_look(
    plan: Plan, instant: int, look: int
) -> tuple[list[Held], list[Held], list[Held]]:
    held = holders(plan, instant - look, instant + look)
    now = [piece for piece in held if piece.begin <= instant < piece.end]
    others = _others(held, now)
    coming = [piece for piece in others if piece.begin > instant]
    gone = [piece for piece in others if piece.end <= instant]
    return now, _first(coming), _last(gone)


def _others(held: Iterable[Held], now: Iterable[Held]) -> list[Held]:
    present = {piece.person for piece in now}
    return [piece for piece in held if piece.person not in present]


def _first(coming: list[Held]) -> list[Held]:
    begin = min((piece.begin for piece in coming), default=0)
    return [piece for piece in coming if piece.begin == begin]


def _last(gone: list[Held]) -> list[Held]:
    end = max((piece.end for piece in gone), default=0)
    return [piece for piece in gone if piece.end == end]


def _absent(plan: Plan, at: datetime, present: set[str]) -> Iterator[Absent]:
    schedule, instant = plan.schedule_at(at), to_us(at)
    layers = schedule.layers if schedule is not None else ()
    effective = [
        override
        for change in plan.changes
        for override in parts(change)
        if override.window[0] <= instant < override.window[1]
    ]
    people = {person for layer in layers for person in layer.source.people}
    people |= {person for override in effective for person in override.people}
    bare = holders(replace(plan, changes=()), instant, instant + 1)
    due = {piece.person for piece in bare}
    for person in sorted(people - present):
        reason = _on_leave(plan, person, instant)
        if reason is None and person in due:
            reason = _displaced(effective, person)
        yield Absent(person=person, reason=reason or "off shift")


def _on_leave(plan: Plan, person: str, instant: int) -> str | None:
    for leave in plan.leaves:
        begin, end = leave.window
        if leave.gone and leave.person == person and begin <= instant < end:
            return leave.reason
    for begin, end in absences(plan.leaves).get(person, []):
        if begin <= instant < end:
            return f"on leave until {from_us(end):%Y-%m-%dT%H:%M:%SZ}"
    return None


def _displaced(effective: list[Override], person: str) -> str | None:
    """By the winning override of those that removed or replaced them."""
    by_weight = sorted(effective, key=lambda override: override.priority)
    for override in reversed(by_weight):
        removed = override.kind == "remove" and override.person == person
        replaced = override.kind == "replace" and override.replaces in (None, person)
        if removed or replaced:
            return override.why
    return None
