"""From layers to the final schedule: covering, overrides, masks.

Everything is decided instant by instant: the result for a part of a range is that part
of the result for the whole range.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import assert_never

from domain.calendar.instants import Span, merge, subtract
from domain.oncall.holding import (
    Absences,
    Held,
    joined,
    spans,
    taken_over,
    within,
    without,
)
from domain.oncall.layer_holders import layer_holders
from domain.oncall.override import Override, Swap, parts
from domain.oncall.schedule import Layer, Schedule


def final_holders(
    schedule: Schedule,
    changes: Iterable[Override | Swap],
    absences: Absences,
    span: Span,
) -> list[Held]:
    """Sorted; nobody is on call twice at an instant."""
    layers = [layer for layer in schedule.layers if not layer.masks]
    held = stacked(layers, absences, span)
    for change in sorted(changes, key=lambda change: change.priority):
        overrides = parts(change)
        if any(_overlap(override.window, span) for override in overrides):
            held = _overridden(held, overrides, absences, span)
    for layer in schedule.layers:
        if layer.masks:
            held = list(without(held, merge([layer.validity])))
            held += layer_holders(layer, absences, *span)
    return joined(held)


def stacked(layers: Iterable[Layer], absences: Absences, span: Span) -> list[Held]:
    """The layers alone, from the highest priority down."""
    held: list[Held] = []
    highest_first = sorted(layers, key=lambda layer: -layer.priority)
    for _, equals in groupby(highest_first, key=lambda layer: layer.priority):
        cover, beside = spans(held), list[Held]()
        if cover == [span]:
            break
        for layer in equals:
            beside = taken_over(beside, layer_holders(layer, absences, *span))
        held += without(beside, cover)
    return held


def _overlap(window: Span, span: Span) -> bool:
    return max(window[0], span[0]) < min(window[1], span[1])


def _overridden(
    held: list[Held], overrides: tuple[Override, ...], absences: Absences, span: Span
) -> list[Held]:
    left, new = held, list[Held]()
    for override in overrides:
        window = _effect(override, absences, span)
        match override.kind:
            case "add":
                new += [_by(override, at) for at in window]
            case "remove":
                left = _less(left, override.person, window)
            case "replace" if override.replaces is None:
                left = list(without(left, window))
                new += [_by(override, at) for at in window]
            case "replace":
                theirs = (piece for piece in held if piece.person == override.replaces)
                taken = spans(within(theirs, window))
                left = _less(left, override.replaces, taken)
                new += [_by(override, at) for at in taken]
            case _:
                assert_never(override.kind)
    return taken_over(left, new)


def _effect(override: Override, absences: Absences, span: Span) -> list[Span]:
    begin = max(override.window[0], span[0])
    window = merge([(begin, min(override.window[1], span[1]))])
    if override.kind == "remove":
        return window
    return list(subtract(window, absences.get(override.person, [])))


def _less(held: list[Held], person: str, window: list[Span]) -> list[Held]:
    own = [piece for piece in held if piece.person == person]
    others = [piece for piece in held if piece.person != person]
    return [*others, *without(own, window)]


def _by(override: Override, at: Span) -> Held:
    return Held(*at, override.person, override.why)
