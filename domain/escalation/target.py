"""Who a step means, in the words of a policy.

{assignee: true}   {agent: bo}   {team: second}   {lead_of: second}
{webhook: ops-bridge}                 a machine: an agent with a webhook of its own
{manager_of: assignee, depth: 2}      the manager, or that many levels up
{manager_of: assignee, up_to: 3}      every manager on the way so far up
{on_call: front}   {on_call_next: front}   {on_call_previous: front}
{least_loaded: second}   {round_robin: second}
{skilled: {team: second, needs: {english: 2}}}
"""

from dataclasses import dataclass
from typing import Literal, get_args

from domain.documents.kinds import Kind
from domain.documents.reader import Reader

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
NAMES: dict[str, Kind] = {
    "agent": "agents",
    "webhook": "agents",
    **dict.fromkeys(TEAMS, "teams"),
    **dict.fromkeys(SCHEDULES, "schedules"),
}
WHOLE = {"assignee": True, "manager_of": "assignee"}
LEVELS = ("depth", "up_to")
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


def read_target(reader: Reader) -> Target:
    parts = reader.members()
    levels = [parts.pop(name) for name in LEVELS if name in parts]
    for word, part in parts.items():
        if word in NAMES:
            (part["team"] if word == "skilled" else part).name(NAMES[word])
    if len(parts) != 1 or not parts.keys() <= set(TARGETS):
        reader.fault(f"must name exactly one of {', '.join(TARGETS)}")
        return NOBODY
    [kind] = (kind for kind in TARGETS if kind in parts)
    part = parts[kind]
    if kind in WHOLE and part.value != WHOLE[kind]:
        part.fault(f"must be {WHOLE[kind]!r}")
    depth = reader.get("depth", 1).number(1, DEEPEST)
    up_to = reader.optional("up_to", lambda level: level.number(1, DEEPEST))
    if len(levels) > 1:
        reader.fault("`depth` and `up_to` exclude each other")
    if kind == "skilled":
        return _read_skilled(part)
    if kind not in WHOLE and not isinstance(part.value, str):
        part.fault("must be a name")
    name = "assignee" if kind in WHOLE else str(part.value)
    return Target(kind=kind, name=name, depth=depth, up_to=up_to)


def _read_skilled(reader: Reader) -> Target:
    team = reader["team"]
    if not isinstance(team.value, str):
        team.fault("must be the name of a team")
    needs = _read_skills(reader["needs"])
    if not needs:
        reader["needs"].fault("at least one skill is needed")
    return Target(kind="skilled", name=str(team.value), needs=needs)


def _read_skills(reader: Reader) -> tuple[Need, ...]:
    """`{english: 2}`, or a list of skills at any level."""
    needs = [Need(skill=skill, level=1) for skill in reader.words()]
    for skill, level in reader.members().items():
        if type(level.value) is not int or level.value < 1:
            level.fault("must be a level from 1")
            return ()
        needs.append(Need(skill=skill, level=level.value))
    return tuple(sorted(needs, key=lambda need: need.skill))
