"""Who is on call in one layer and when: turns, cut to its hours, without absent people.

A person on leave is replaced by the next in the same rotation who is present, turn by
turn, so that the other turns do not move. If nobody of the rotation is present, the
layer is empty and the layers below apply. Nobody stands in for a dated shift.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from domain.calendar.instants import Span, merge, subtract
from domain.oncall.dated_shifts import DatedShifts
from domain.oncall.holding import Absences, Held
from domain.oncall.rotation import Period
from domain.oncall.schedule import Layer, Restriction
from domain.oncall.wall_time import first_instant, last_instant, wall_at

ONE_DAY = timedelta(days=1)
TWO_DAYS = 2 * ONE_DAY


def layer_holders(
    layer: Layer, absences: Absences, begin: int, end: int
) -> Iterator[Held]:
    """In order, cut to [begin, end). Turns do not overlap; dated shifts of several
    people may.
    """
    begin, end = max(begin, layer.validity[0]), min(end, layer.validity[1])
    if begin >= end:
        return
    hours = open_hours(layer, begin, end)
    if isinstance(layer.source, DatedShifts):
        yield from sorted(_dated(layer.name, layer.source, hours, absences))
        return
    for period, opened in _in_hours(layer.rotation.periods(begin, end), hours):
        yield from _turn(layer, layer.turn(period.number), opened, absences)


def _dated(
    name: str, shifts: DatedShifts, hours: list[Span], absences: Absences
) -> Iterator[Held]:
    for opens, closes in hours:
        for shift, span in shifts.within(opens, closes):
            for there in subtract([span], absences.get(shift.person, [])):
                yield Held(*there, shift.person, f"layer {name}, {shift.name}")


def open_hours(layer: Layer, begin: int, end: int) -> list[Span]:
    """The layer's hours within [begin, end), merged."""
    if not layer.restrict:
        return [(begin, end)]
    zone = layer.source.zone
    first, last = wall_at(zone, begin).date(), wall_at(zone, end).date()
    # two days: yesterday's night window, and a zone that skipped a whole day
    days = range((last - first + 2 * TWO_DAYS).days + 1)
    found = (
        _window(layer, first - TWO_DAYS + n * ONE_DAY, hours)
        for n in days
        for hours in layer.restrict
        if (first - TWO_DAYS + n * ONE_DAY).weekday() in hours.days
    )
    return merge((max(begin, opens), min(end, closes)) for opens, closes in found)


def _window(layer: Layer, day: date, hours: Restriction) -> Span:
    midnight = datetime.combine(day, time.min)
    opens = midnight + timedelta(seconds=hours.opens_s)
    closes = midnight + timedelta(seconds=hours.closes_s)
    zone = layer.source.zone
    return first_instant(zone, opens), last_instant(zone, closes)


def _in_hours(
    periods: Iterable[Period], hours: list[Span]
) -> Iterator[tuple[Period, Span]]:
    at = 0
    for period in periods:
        while at < len(hours) and hours[at][0] < period.end:
            opens, closes = hours[at]
            if closes > period.begin:
                yield period, (max(opens, period.begin), min(closes, period.end))
            if closes > period.end:
                break
            at += 1


def _turn(layer: Layer, turn: int, opened: Span, absences: Absences) -> Iterator[Held]:
    reason, rest = f"layer {layer.name}, turn {turn + 1}", [opened]
    holder, *others = layer.rotation.order(turn)
    if holder not in absences:
        yield Held(*opened, holder, reason)
        return
    found: list[Held] = []
    for person in dict.fromkeys((holder, *others)):
        there = list(subtract(rest, absences.get(person, [])))
        found += (Held(*span, person, reason) for span in there)
        rest = list(subtract(rest, there))
        reason = f"layer {layer.name}, turn {turn + 1}: {holder} is on leave"
    yield from sorted(found)
