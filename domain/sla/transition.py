"""How the conditions of a metric change its clock at one moment."""

from typing import Literal

from domain.conditions.condition import Fields, holds
from domain.sla.clock import Clock
from domain.sla.metric import Definition

Transition = Literal["stop", "cancel", "reset", "pause", "resume"]


def transition(
    definition: Definition, clock: Clock, fields: Fields
) -> Transition | None:
    """For a live clock: the first that applies, in the fixed order."""
    if holds(definition.stop, fields):
        return "stop"
    if holds(definition.cancel, fields):
        return "cancel"
    if holds(definition.reset, fields):
        return "reset"
    return standing(definition, clock, fields)


def standing(
    definition: Definition, clock: Clock, fields: Fields
) -> Literal["pause", "resume"] | None:
    """Whether a running clock should pause, or a paused one resume."""
    pausing = holds(definition.pause, fields)
    if clock.state == "running" and not clock.pause_outlived:
        return "pause" if pausing else None
    resuming = not definition.resume or holds(definition.resume, fields)
    return "resume" if resuming and not pausing else None


def starts(definition: Definition, fields: Fields) -> bool:
    """Whether a first cycle starts."""
    return holds(definition.start, fields) and not holds(definition.cancel, fields)


def starts_again(definition: Definition, before: Fields, fields: Fields) -> bool:
    """Whether a later cycle starts: a condition holds that did not hold before."""
    if holds(definition.cancel, fields):
        return False
    was_cancelled = holds(definition.cancel, before)
    return any(
        start.failed_field(fields) is None
        and (was_cancelled or start.failed_field(before) is not None)
        for start in definition.start
    )
