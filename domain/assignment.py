"""Who can take a ticket, and why this one.

The directory is what is known about people and teams at one moment; choosing from it
is a pure function, and the answer names each candidate with the reason, also those
that were not chosen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from domain.errors import InvalidError
from domain.event import Json
from domain.terms import MANUAL, Terms, parse_terms, skills_of

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """`capacity`: open tickets at most; None = no limit. `skills`: level from 1."""

    id: str
    name: str
    manager: str | None = None
    active: bool = True
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None
    role: str | None = None
    """By which of the authorities they may spend."""


@dataclass(frozen=True, kw_only=True)
class Team:
    name: str
    members: tuple[str, ...]
    lead: str | None = None
    terms: Terms = MANUAL


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`load`: open tickets in their hands. `reason` says why chosen, or why not."""

    agent: str
    load: int
    chosen: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Directory:
    """`loads`: tickets held by an agent or offered to one. `taken_at`: when each took
    the last. `waiting`: how many tickets of a team nobody can be asked for.
    """

    agents: Mapping[str, Agent] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)
    taken_at: Mapping[str, datetime] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)

    def moved(
        self, taker: str | None, giver: str | None, at: datetime | None = None
    ) -> "Directory":
        """One ticket went from `giver` to `taker`, at this instant if it is said."""
        loads = dict(self.loads)
        if giver is not None:
            loads[giver] = max(loads.get(giver, 0) - 1, 0)
        if taker is not None:
            loads[taker] = loads.get(taker, 0) + 1
        if taker is None or at is None:
            return replace(self, loads=loads)
        return replace(self, loads=loads, taken_at={**self.taken_at, taker: at})

    def load(self, agent: str) -> int:
        return self.loads.get(agent, 0)

    def idle(self, agent: str) -> tuple[datetime, str]:
        """To sort by: who has been without new work for longest comes first."""
        return self.taken_at.get(agent, NEVER), agent

    def terms(self, team: str) -> Terms:
        known = self.teams.get(team)
        return known.terms if known else MANUAL


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the one who is chosen must be. `away`: who is not there, and why. `turn`:
    by which a round robin goes on. `needs` are ranked by, `insisted` on are those
    without which nobody is chosen.
    """

    strategy: str
    holder: str | None = None
    turn: int = 0
    needs: Mapping[str, int] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)
    insisted: Mapping[str, int] = field(default_factory=dict)


def candidates(
    directory: Directory, team: str, wanted: Wanted
) -> tuple[Candidate, ...]:
    """Every member of the team, at most one of them chosen, never who holds the ticket
    now. Ties go by the load, then by who took nothing for longest, then by the id.
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


def anybody_free(directory: Directory, team: str) -> bool:
    """Whether somebody of the team could take one more, whatever it needs."""
    return any(c.chosen for c in least_loaded(directory, team, holder=None))


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
    lacking = [s for s, n in wanted.insisted.items() if agent.skills.get(s, 0) < n]
    return f"lacks {', '.join(lacking)}" if lacking else None


_Choice = tuple[str | None, str, str]


def _by_load(
    directory: Directory, _: tuple[str, ...], free: list[str], __: Wanted
) -> _Choice:
    chosen = min(
        free, key=lambda m: (directory.load(m), *directory.idle(m)), default=None
    )
    return chosen, "least loaded", "more loaded, or later by id"


def _by_idleness(
    directory: Directory, _: tuple[str, ...], free: list[str], __: Wanted
) -> _Choice:
    chosen = min(
        free, key=lambda m: (directory.idle(m)[0], directory.load(m), m), default=None
    )
    return chosen, "longest without new work", "took a ticket later"


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
        key=lambda m: (
            *(-n for n in score(m)),
            directory.load(m),
            *directory.idle(m),
        ),
        default=None,
    )
    return chosen, "best skilled", "fewer of the skills, or more loaded"


_CHOOSE: dict[
    str, Callable[[Directory, tuple[str, ...], list[str], Wanted], _Choice]
] = {
    "least_loaded": _by_load,
    "round_robin": _by_turn,
    "skilled": _by_skill,
    "longest_idle": _by_idleness,
}


def parse_agent(name: str, document: Json) -> Agent:
    manager, capacity = document.get("manager"), document.get("capacity")
    role = document.get("role")
    return Agent(
        id=name,
        name=str(document.get("name", name)),
        manager=manager if isinstance(manager, str) else None,
        active=document.get("active", True) is True,
        skills=skills_of(document.get("skills")),
        capacity=capacity if isinstance(capacity, int) else None,
        role=role if isinstance(role, str) else None,
    )


def parse_team(name: str, document: Json) -> Team:
    """Raises InvalidError for terms that cannot be meant."""
    members, lead = document.get("members"), document.get("lead")
    return Team(
        name=name,
        members=tuple(str(m) for m in members) if isinstance(members, list) else (),
        lead=lead if isinstance(lead, str) else None,
        terms=parse_terms(document),
    )


def check_team(name: str, document: Json) -> None:
    """Raises InvalidError."""
    overflow = parse_team(name, document).terms.overflow
    if overflow is not None and overflow.team == name:
        where = "/assignment/overflow/team"
        raise InvalidError.at(where, "a team cannot overflow to itself")
