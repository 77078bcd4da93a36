"""Escalation policies: what happens, step by step, once a promise is broken.

Steps are counted from the breach. `repeat` climbs the whole ladder again so many
times; a new round starts one gap after the last step, the gap being that between the
last two steps (a one-step ladder: its delay, or an hour).
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal, get_args

from domain.duration import LONGEST, parse_duration
from domain.errors import FieldError, InvalidError
from domain.event import Json, PolicyRef

TargetKind = Literal["assignee", "agent", "team", "manager_of"]
TARGETS: tuple[TargetKind, ...] = get_args(TargetKind)
MOST_LAPS = 100
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Target:
    """`name`: the agent or team; for `assignee` and `manager_of` it is `assignee`."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, kw_only=True)
class Reassign:
    """`team=None`: the team that has the ticket."""

    strategy: Literal["least_loaded"]
    team: str | None


@dataclass(frozen=True, kw_only=True)
class Step:
    after: timedelta
    targets: tuple[Target, ...]
    reassign: Reassign | None
    raise_priority: int


@dataclass(frozen=True, kw_only=True)
class EscalationPolicy:
    ref: PolicyRef
    steps: tuple[Step, ...]
    repeat: int

    def after_breach(self, step: int, lap: int) -> timedelta:
        """How long after the breach this step of this lap (0 = the first) is due."""
        last = self.steps[-1].after
        gap = last - self.steps[-2].after if len(self.steps) > 1 else last
        return self.steps[step].after + lap * (last + (gap or HOUR))


def parse_escalation_policy(ref: PolicyRef, document: Json) -> EscalationPolicy:
    """Raises InvalidError that names the field of the document."""
    errors: list[FieldError] = []
    given = document.get("steps")
    steps = [
        _parse_step(step if isinstance(step, dict) else {}, f"/steps/{i}", errors)
        for i, step in enumerate(given if isinstance(given, list) else [])
    ]
    if not steps:
        errors.append(FieldError("/steps", "at least one step is needed"))
    for i, (earlier, later) in enumerate(pairwise(steps)):
        if later.after < earlier.after:
            message = "comes before the step above it and could never be reached"
            errors.append(FieldError(f"/steps/{i + 1}/after", message))
    repeat = _parse_count(document, "repeat", MOST_LAPS, "", errors)
    if errors:
        raise InvalidError(errors)
    return EscalationPolicy(ref=ref, steps=tuple(steps), repeat=repeat)


def _parse_step(document: Json, pointer: str, errors: list[FieldError]) -> Step:
    targets, reassign = document.get("targets"), document.get("reassign")
    parsed = tuple(
        _parse_target(target, f"{pointer}/targets/{i}", errors)
        for i, target in enumerate(targets if isinstance(targets, list) else [])
    )
    if not parsed and not isinstance(reassign, dict):
        message = "the step tells nobody and moves nothing: name a target or reassign"
        errors.append(FieldError(f"{pointer}/targets", message))
    return Step(
        after=_parse_after(document.get("after", "PT0S"), f"{pointer}/after", errors),
        targets=parsed,
        reassign=_parse_reassign(reassign, f"{pointer}/reassign", errors),
        raise_priority=_parse_count(document, "raise_priority", 3, pointer, errors),
    )


def _parse_count(
    document: Json, field: str, most: int, pointer: str, errors: list[FieldError]
) -> int:
    value = document.get(field, 0)
    if isinstance(value, int) and 0 <= value <= most:
        return value
    message = f"must be a whole number from 0 to {most}"
    errors.append(FieldError(f"{pointer}/{field}", message))
    return 0


def _parse_after(value: object, pointer: str, errors: list[FieldError]) -> timedelta:
    try:
        after = parse_duration(str(value))
    except ValueError as error:
        errors.append(FieldError(pointer, str(error)))
        return timedelta(0)
    if not timedelta(0) <= after <= LONGEST:
        message = "must be at or after the breach, and at most five years"
        errors.append(FieldError(pointer, message))
    return after


def _parse_target(value: object, pointer: str, errors: list[FieldError]) -> Target:
    pairs = list(value.items()) if isinstance(value, dict) else []
    if len(pairs) != 1 or pairs[0][0] not in TARGETS:
        message = f"must name exactly one of {', '.join(TARGETS)}"
        errors.append(FieldError(pointer, message))
        return Target(kind="assignee", name="assignee")
    kind, name = pairs[0]
    whole = {"assignee": True, "manager_of": "assignee"}
    if kind in whole and name != whole[kind]:
        errors.append(FieldError(f"{pointer}/{kind}", f"must be {whole[kind]!r}"))
    return Target(kind=kind, name="assignee" if kind in whole else str(name))


def _parse_reassign(
    value: object, pointer: str, errors: list[FieldError]
) -> Reassign | None:
    if not isinstance(value, dict):
        return None
    if value.get("strategy", "least_loaded") != "least_loaded":
        message = "only 'least_loaded' is there to choose yet"
        errors.append(FieldError(f"{pointer}/strategy", message))
    team = value.get("team")
    return Reassign(
        strategy="least_loaded", team=team if isinstance(team, str) else None
    )
