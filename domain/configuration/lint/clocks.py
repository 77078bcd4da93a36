"""Clocks of a policy that are probably unintended: stopped as soon as they start, or
never paused.

A clock of Pledge keeps running when its start condition no longer holds, so the pause
condition may exclude the start condition. It has no effect if a condition to stop,
cancel or reset the clock holds too, because those are evaluated first.
"""

from collections.abc import Iterator

from domain.conditions.condition import Condition
from domain.conditions.fields import EVENT_FIELDS
from domain.configuration.lint.conditions import holds_never, implies_one
from domain.errors import FieldError
from domain.sla.metric import Definition


def clock_findings(pointer: str, clock: Definition) -> Iterator[FieldError]:
    """`clock` as the policy defines it, at `pointer` in its document."""
    lasting = tuple(one for one in clock.stop if _lasts(one))
    if clock.start and all(implies_one(one, lasting) for one in clock.start):
        message = "it stops as soon as it starts: a `stop` condition holds too"
        yield FieldError(f"{pointer}/start", message)
    elif all(holds_never(one) for one in clock.start):
        yield FieldError(f"{pointer}/start", "can never hold: the clock never starts")
    yield from _pause(pointer, clock)


def _pause(pointer: str, clock: Definition) -> Iterator[FieldError]:
    first = {"stop": clock.stop, "cancel": clock.cancel, "reset": clock.reset}
    for name, conditions in first.items():
        if clock.pause and all(implies_one(one, conditions) for one in clock.pause):
            message = f"it never pauses: {name} holds too then, and comes first"
            yield FieldError(f"{pointer}/pause", message)
            return
    if clock.pause and all(holds_never(one) for one in clock.pause):
        yield FieldError(f"{pointer}/pause", "can never hold: it never pauses")
    elif clock.pause and all(implies_one(one, clock.resume) for one in clock.pause):
        message = "holds whenever `pause` does: the next event ends each pause"
        yield FieldError(f"{pointer}/resume", message)


def _lasts(condition: Condition) -> bool:
    """A condition on an event holds for a moment, and a new cycle may follow it."""
    return not any(test.field in EVENT_FIELDS for test in condition.tests)
