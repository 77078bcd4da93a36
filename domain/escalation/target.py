"""Who a step means, in the words of a policy.

{assignee: true}   {agent: bo}   {team: second}   {lead_of: second}
{webhook: ops-bridge}                 a machine: an agent with a webhook of its own
{manager_of: assignee, depth: 2}      the manager, or that many levels up
{manager_of: assignee, up_to: 3}      every manager on the way so far up
{on_call: front}   {on_call_next: front}   {on_call_previous: front}
{least_loaded: second}   {round_robin: second}
{skilled: {team: second, needs: {english: 2}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from domain.errors import FieldError
from domain.event import Json

TargetKind = Literal[
    "assignee",
    "agent",
    "webhook",
    "team",
    "lead_of",
    "manager_of",
    "on_call",
    "on_call_next",
    "on_call_previous",
    "least_loaded",
    "round_robin",
    "skilled",
]
TARGETS: tuple[TargetKind, ...] = get_args(TargetKind)
SCHEDULES = ("on_call", "on_call_next", "on_call_previous")
ONE_OF = ("least_loaded", "round_robin", "skilled")
TEAMS = ("team", "lead_of", *ONE_OF)
WHOLE = {"assignee": True, "manager_of": "assignee"}
DEEPEST = 10


@dataclass(frozen=True, kw_only=True)
class Need:
    """A skill, and the level that it takes (1 = any)."""

    skill: str
    level: int


@dataclass(frozen=True, kw_only=True)
class Target:
    """`name`: the agent, team or schedule; for `assignee` and `manager_of` it is
    `assignee`. `depth`: of a manager, 1 = the direct one. `up_to`: all of them up to
    that one, instead.
    """

    kind: TargetKind
    name: str
    depth: int = 1
    needs: tuple[Need, ...] = ()
    up_to: int | None = None


NOBODY = Target(kind="assignee", name="assignee")
"""Stands in for a target that could not be read, so that reading can go on."""


def parse_target(value: object, pointer: str, errors: list[FieldError]) -> Target:
    document = dict(value) if isinstance(value, dict) else {}
    levels = {k: document.pop(k) for k in ("depth", "up_to") if k in document}
    if len(document) != 1 or next(iter(document)) not in TARGETS:
        message = f"must name exactly one of {', '.join(TARGETS)}"
        errors.append(FieldError(pointer, message))
        return NOBODY
    kind, name = next(iter(document.items()))
    where = f"{pointer}/{kind}"
    if kind in WHOLE and name != WHOLE[kind]:
        errors.append(FieldError(where, f"must be {WHOLE[kind]!r}"))
    _check_levels(levels, pointer, errors)
    if kind == "skilled":
        return _parse_skilled(name, where, errors)
    if kind not in WHOLE and not isinstance(name, str):
        errors.append(FieldError(where, "must be a name"))
    name = "assignee" if kind in WHOLE else str(name)
    return Target(kind=kind, name=name, **levels)


def _check_levels(
    levels: Mapping[str, object], pointer: str, errors: list[FieldError]
) -> None:
    for field, value in levels.items():
        if not isinstance(value, int) or not 1 <= value <= DEEPEST:
            message = f"must be a whole number from 1 to {DEEPEST}"
            errors.append(FieldError(f"{pointer}/{field}", message))
    if len(levels) > 1:
        errors.append(FieldError(pointer, "`depth` and `up_to` exclude each other"))


def _parse_skilled(value: object, pointer: str, errors: list[FieldError]) -> Target:
    document: Json = value if isinstance(value, dict) else {}
    team = document.get("team")
    if not isinstance(team, str):
        errors.append(FieldError(f"{pointer}/team", "must be the name of a team"))
    needs = parse_skills(document.get("needs"), f"{pointer}/needs", errors)
    if not needs:
        errors.append(FieldError(f"{pointer}/needs", "at least one skill is needed"))
    return Target(kind="skilled", name=str(team), needs=needs)


def parse_skills(
    value: object, pointer: str, errors: list[FieldError]
) -> tuple[Need, ...]:
    """`{english: 2}`, or a list of skills at any level."""
    levels = dict.fromkeys(value, 1) if isinstance(value, list) else value
    if not isinstance(levels, dict):
        return ()
    for skill, level in levels.items():
        if isinstance(level, bool) or not isinstance(level, int) or level < 1:
            errors.append(FieldError(f"{pointer}/{skill}", "must be a level from 1"))
            return ()
    return tuple(Need(skill=str(s), level=n) for s, n in sorted(levels.items()))
