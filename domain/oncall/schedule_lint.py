"""What is allowed in a schedule but probably unintended, and hours that nobody covers.

Warnings, not errors: none of them changes who is on call. They carry the JSON pointer
of the entry in the written form; exceptions are at /overrides/<id>.
"""

from collections.abc import Callable, Collection, Container, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from domain.calendar.instants import (
    DAY_US,
    FOREVER,
    Span,
    from_us,
    merge,
    subtract,
    to_us,
)
from domain.errors import FieldError, UnknownNameError
from domain.oncall.dated_shifts import DatedShifts
from domain.oncall.holding import spans
from domain.oncall.layer_holders import layer_holders, open_hours
from domain.oncall.override import Leave, Override, Swap, parts
from domain.oncall.plan import Plan
from domain.oncall.schedule import Layer, Schedule
from domain.oncall.shifts import gaps, holders

MOST_NAMED = 10
LONGER_THAN_A_WEEK_US = 9 * DAY_US


def schedule_warnings(
    schedule: Schedule,
    known: Collection[str],
    at: datetime,
    weeks: int = 4,
    plan: Plan | None = None,
) -> tuple[FieldError, ...]:
    """People who are not `known`, hours that never open, layers that have ended or that
    others cover, gaps; the last two searched for `weeks` from `at` on. `plan`: with the
    overrides and leaves that fill or cause gaps.
    """
    return (
        *_strangers(schedule, known),
        *_never_open(schedule),
        *_idle_layers(schedule, to_us(at), weeks),
        *gap_warnings(plan or Plan.of(schedule), at, weeks),
    )


def gap_warnings(plan: Plan, at: datetime, weeks: int = 4) -> Iterator[FieldError]:
    """One warning for all hours in which nobody is on call, with leaves and
    overrides.
    """
    found = gaps(plan, at, at + timedelta(weeks=weeks))
    if not found:
        return
    total = sum((gap.end - gap.begin for gap in found), timedelta())
    hours, minute = divmod(total // timedelta(minutes=1), 60)
    first = f"{found[0].begin:%Y-%m-%dT%H:%MZ} to {found[0].end:%Y-%m-%dT%H:%MZ}"
    yield FieldError(
        "/layers",
        f"nobody is on call for {hours} h {minute:02} min of the next {7 * weeks} days,"
        f" first from {first}",
    )


def has_effect(plan: Plan, change: Override | Swap, at: datetime) -> bool:
    """Whether an override or a taken swap puts anybody on call from `at` on; True for
    one that is over. It has no effect where the replaced person is not on call then,
    the new one is on leave, or another layer masks them.
    """
    others = tuple(other for other in plan.changes if other is not change)
    windows = _ahead(change, at)
    bare = replace(plan, changes=others)
    same = (holders(plan, *window) == holders(bare, *window) for window in windows)
    return not windows or not all(same)


def opened_gaps(
    plan: Plan, change: Override | Swap | Leave, at: datetime, schedule: str = ""
) -> Iterator[FieldError]:
    """Hours in which somebody would be on call without this change of the plan.
    `schedule`: its name, where there may be several.
    """
    changes = tuple(other for other in plan.changes if other is not change)
    leaves = tuple(other for other in plan.leaves if other is not change)
    bare = replace(plan, changes=changes, leaves=leaves)
    found: list[Span] = []
    for window in _ahead(change, at):
        held, before = spans(holders(plan, *window)), spans(holders(bare, *window))
        found += subtract(before, held)
    what = "leaves nobody on call" + (f" for {schedule}" if schedule else "")
    for begin, end in found[:MOST_NAMED]:
        yield FieldError("", f"{what} from {_minute(begin)} to {_minute(end)}")
    if rest := found[MOST_NAMED:]:
        message = f"{what} {len(rest)} more times until {_minute(rest[-1][1])}"
        yield FieldError("", message)


def _ahead(change: Override | Swap | Leave, at: datetime) -> list[Span]:
    """What is left of its window."""
    pieces = (change,) if isinstance(change, Leave) else parts(change)
    windows = (piece.window for piece in pieces)
    return merge((max(to_us(at), begin), end) for begin, end in windows)


def _minute(instant: int) -> str:
    return f"{from_us(instant):%Y-%m-%dT%H:%MZ}"


def inactive_warnings(
    schedule: Schedule, inactive: Container[str]
) -> Iterator[FieldError]:
    for index, layer in enumerate(schedule.layers):
        for place, person in layer.source.places():
            if person in inactive:
                pointer = f"/layers/{index}/{place}"
                yield FieldError(pointer, f"the agent {person!r} is not active")


def _strangers(schedule: Schedule, known: Collection[str]) -> Iterator[FieldError]:
    for index, layer in enumerate(schedule.layers):
        for place, person in layer.source.places():
            if person not in known:
                pointer = f"/layers/{index}/{place}"
                yield UnknownNameError.of(pointer, "agent", person, known)


def _never_open(schedule: Schedule) -> Iterator[FieldError]:
    for index, layer in enumerate(schedule.layers):
        begin, end = layer.validity
        if begin == -FOREVER or end == FOREVER:
            continue  # every weekday occurs
        end = min(end, begin + LONGER_THAN_A_WEEK_US)
        for place, hours in enumerate(layer.restrict):
            if not open_hours(replace(layer, restrict=(hours,)), begin, end):
                pointer = f"/layers/{index}/restrict/{place}"
                yield FieldError(pointer, "never opens between `from` and `until`")


def _idle_layers(schedule: Schedule, at: int, weeks: int) -> Iterator[FieldError]:
    held = cache(lambda place, span: _spans(schedule.layers[place], span))
    for index, layer in enumerate(schedule.layers):
        pointer = f"/layers/{index}"
        begin = max(at, layer.validity[0])
        span = begin, min(begin + weeks * 7 * DAY_US, layer.validity[1])
        if layer.validity[1] <= at:
            yield FieldError(f"{pointer}/until", "is over: the layer does nothing")
        elif _has_run_out(layer, at):
            message = "has no shift ahead: the layer does nothing"
            yield FieldError(f"{pointer}/shifts", message)
        elif _covered(schedule, index, span, held):
            message = f"never on call for {weeks} weeks: other layers cover it"
            yield FieldError(pointer, message)


def _has_run_out(layer: Layer, at: int) -> bool:
    shifts = layer.source
    return isinstance(shifts, DatedShifts) and (shifts.last_end or at) <= at


def _spans(layer: Layer, span: Span) -> list[Span]:
    return spans(layer_holders(layer, {}, *span))


def _covered(
    schedule: Schedule,
    index: int,
    span: Span,
    held: Callable[[int, Span], list[Span]],
) -> bool:
    layer, cover = schedule.layers[index], list[Span]()
    for place, other in enumerate(schedule.layers):
        if other.masks and (place > index or not layer.masks):
            cover.append(other.validity)
        elif _above(other, layer):
            cover += held(place, span)
    own = held(index, span)
    return bool(own) and not any(subtract(own, merge(cover)))


def _above(other: Layer, layer: Layer) -> bool:
    return not other.masks and not layer.masks and other.priority > layer.priority
