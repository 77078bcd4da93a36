"""Who can take a ticket, and why this one.

The directory is what is known about people and teams at one moment; choosing from it
is a pure function, and the answer names each candidate with the reason, also those
that were not chosen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from domain.event import Json


@dataclass(frozen=True, kw_only=True)
class Agent:
    """`capacity`: open tickets at most; None = no limit. `skills`: level from 1."""

    id: str
    name: str
    manager: str | None = None
    active: bool = True
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None


@dataclass(frozen=True, kw_only=True)
class Team:
    name: str
    members: tuple[str, ...]
    lead: str | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`load`: open tickets in their hands. `reason` says why chosen, or why not."""

    agent: str
    load: int
    chosen: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Directory:
    agents: Mapping[str, Agent] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)

    def moved(self, taker: str | None, giver: str | None) -> "Directory":
        """One ticket went from `giver` to `taker`."""
        loads = dict(self.loads)
        if giver is not None:
            loads[giver] = max(loads.get(giver, 0) - 1, 0)
        if taker is not None:
            loads[taker] = loads.get(taker, 0) + 1
        return replace(self, loads=loads)

    def load(self, agent: str) -> int:
        return self.loads.get(agent, 0)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the one who is chosen must be. `away`: who is not there, and why. `turn`:
    by which a round robin goes on.
    """

    strategy: str
    holder: str | None = None
    turn: int = 0
    needs: Mapping[str, int] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)


def candidates(
    directory: Directory, team: str, wanted: Wanted
) -> tuple[Candidate, ...]:
    """Every member of the team, at most one of them chosen, never who holds the ticket
    now. Ties go by the load, then by the id.
    """
    known = directory.teams.get(team)
    members = known.members if known else ()
    unfit = {m: _unfit(directory, m, wanted) for m in members}
    free = [m for m in members if unfit[m] is None]
    chosen, why, why_not = _CHOOSE[wanted.strategy](directory, members, free, wanted)
    return tuple(
        Candidate(
            agent=member,
            load=directory.load(member),
            chosen=member == chosen,
            reason=unfit[member] or (why if member == chosen else why_not),
        )
        for member in members
    )


def least_loaded(
    directory: Directory, team: str, *, holder: str | None
) -> tuple[Candidate, ...]:
    return candidates(directory, team, Wanted(strategy="least_loaded", holder=holder))


def may_act(directory: Directory, person: str) -> str | None:
    """Why this person can do nothing at all; None = they can."""
    agent = directory.agents.get(person)
    if agent is None:
        return "no such agent"
    return None if agent.active else "not active"


def _unfit(directory: Directory, member: str, wanted: Wanted) -> str | None:
    unfit = may_act(directory, member)
    if unfit is not None:
        return unfit
    if member in wanted.away:
        return wanted.away[member]
    if member == wanted.holder:
        return "holds it already"
    agent, load = directory.agents[member], directory.load(member)
    if agent.capacity is not None and load >= agent.capacity:
        return f"full: {load} of {agent.capacity}"
    return None


_Choice = tuple[str | None, str, str]


def _by_load(
    directory: Directory, _: tuple[str, ...], free: list[str], __: Wanted
) -> _Choice:
    chosen = min(free, key=lambda m: (directory.load(m), m), default=None)
    return chosen, "least loaded", "more loaded, or later by id"


def _by_turn(
    _: Directory, members: tuple[str, ...], free: list[str], wanted: Wanted
) -> _Choice:
    """Whoever is away is passed over and keeps the place."""
    first = wanted.turn % len(members) if members else 0
    order = (*members[first:], *members[:first])
    chosen = next((m for m in order if m in free), None)
    return chosen, "next in turn", "not their turn"


def _by_skill(
    directory: Directory, _: tuple[str, ...], free: list[str], wanted: Wanted
) -> _Choice:
    """More of the skills outranks a higher level; without any, nobody is chosen."""

    def score(member: str) -> tuple[int, int]:
        skills = directory.agents[member].skills
        has = [s for s in wanted.needs if s in skills]
        enough = [s for s in has if skills[s] >= wanted.needs[s]]
        return len(has), len(enough)

    able = [m for m in free if score(m)[0]]
    chosen = min(
        able,
        key=lambda m: (-score(m)[0], -score(m)[1], directory.load(m), m),
        default=None,
    )
    return chosen, "best skilled", "fewer of the skills, or more loaded"


_CHOOSE: dict[
    str, Callable[[Directory, tuple[str, ...], list[str], Wanted], _Choice]
] = {"least_loaded": _by_load, "round_robin": _by_turn, "skilled": _by_skill}


def parse_agent(name: str, document: Json) -> Agent:
    manager, capacity = document.get("manager"), document.get("capacity")
    return Agent(
        id=name,
        name=str(document.get("name", name)),
        manager=manager if isinstance(manager, str) else None,
        active=document.get("active", True) is True,
        skills=_skills(document.get("skills")),
        capacity=capacity if isinstance(capacity, int) else None,
    )


def _skills(value: object) -> dict[str, int]:
    """`{english: 2}`, or a list of skills at level 1."""
    if isinstance(value, list):
        return {str(skill): 1 for skill in value}
    if isinstance(value, dict):
        return {str(s): n for s, n in value.items() if isinstance(n, int)}
    return {}


def parse_team(name: str, document: Json) -> Team:
    members, lead = document.get("members"), document.get("lead")
    return Team(
        name=name,
        members=tuple(str(m) for m in members) if isinstance(members, list) else (),
        lead=lead if isinstance(lead, str) else None,
    )
