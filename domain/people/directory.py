"""People and teams, and how much each has in hand: what is known at one moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from domain.calendar.document import read_calendar_name
from domain.documents.reader import Reader
from domain.errors import InvalidError
from domain.nearest import did_you_mean
from domain.people.routing import MANUAL, RoutingRules, read_routing, skills_of

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """`capacity`: so much at most, by the weights of the teams; None = no limit.
    `skills`: level from 1. `conflicts`: customers with whom they must not deal.
    `told`: some channel leads to them.
    """

    id: str
    name: str
    manager: str | None = None
    active: bool = True
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None
    role: str | None = None
    """By which of the authorities they may spend."""
    conflicts: frozenset[str] = frozenset()
    told: bool = False


@dataclass(frozen=True, kw_only=True)
class Team:
    name: str
    members: tuple[str, ...]
    lead: str | None = None
    routing: RoutingRules = MANUAL


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Whose turn it was last at one place that goes round."""

    person: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """Who was really chosen at each place at one instant; None: nobody. `anew`: teams
    that choose as if nothing was known.
    """

    chosen: Mapping[str, str | None]
    anew: frozenset[str] = frozenset()

    def narrowed(self, team: str, place: str, free: list[str]) -> list[str]:
        """Of those who could be chosen now."""
        if team in self.anew or place not in self.chosen:
            return free
        chosen = self.chosen[place]
        if chosen is None:
            return []
        return [chosen] if chosen in free else free


@dataclass(frozen=True, kw_only=True)
class Directory:
    """`loads`: the weights of what an agent holds or is asked to take. `taken_at`: when
    each took the last. `waiting`: how many tickets of a team nobody can be asked for.
    `turns`: by the place, as `Ticket.turns` has them. `position`: of the log, up to
    which others' decisions are counted. `remembered`: in a history that is replayed,
    what the rules chose just then.
    """

    agents: Mapping[str, Agent] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)
    taken_at: Mapping[str, datetime] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    turns: Mapping[str, Turn] = field(default_factory=dict)
    position: int = 0
    remembered: Remembered | None = None

    def moved(self, moves: Mapping[str, int], at: datetime) -> "Directory":
        """So much more in the hands of each, or less; never less than nothing. Who has
        more took it at this instant.
        """
        loads, taken_at = dict(self.loads), dict(self.taken_at)
        for agent, weight in moves.items():
            loads[agent] = max(loads.get(agent, 0) + weight, 0)
            if weight > 0:
                taken_at[agent] = at
        return replace(self, loads=loads, taken_at=taken_at)

    def turned(self, turns: Mapping[str, Turn]) -> "Directory":
        """An older turn changes nothing."""
        newer = {
            place: turn
            for place, turn in turns.items()
            if place not in self.turns or self.turns[place].at <= turn.at
        }
        return replace(self, turns={**self.turns, **newer}) if newer else self

    def load(self, agent: str) -> int:
        return self.loads.get(agent, 0)

    def idle(self, agent: str) -> tuple[datetime, str]:
        """To sort by: who has been without new work for longest comes first."""
        return self.taken_at.get(agent, NEVER), agent

    def last(self, place: str) -> str | None:
        """Whose turn it was there."""
        turn = self.turns.get(place)
        return turn.person if turn else None

    def routing(self, team: str) -> RoutingRules:
        known = self.teams.get(team)
        return known.routing if known else MANUAL

    def weight(self, team: str | None, channel: str) -> int:
        """Of one ticket of the team."""
        return self.routing(team or "").weights.get(channel, 1)


def may_act(directory: Directory, person: str) -> str | None:
    """Why this person can do nothing at all; None = they can."""
    agent = directory.agents.get(person)
    if agent is None:
        return "no such agent"
    return None if agent.active else "not active"


def absent(directory: Directory, agent: str) -> str | None:
    """Of an agent whom a request names: why they can do nothing; None = they can."""
    if agent not in directory.agents:
        hint = did_you_mean(agent, directory.agents)
        return f"there is no agent {agent!r}{hint}"
    return None if directory.agents[agent].active else f"{agent!r} is not active"


def refuse_absent(directory: Directory, agent: str, pointer: str) -> None:
    """Raises InvalidError at the place where the request names the agent."""
    if fault := absent(directory, agent):
        raise InvalidError.at(pointer, fault)


def managers_above(agents: Mapping[str, Agent], person: str) -> Iterator[str]:
    """The direct manager first, as far up as they go; a circle ends it."""
    seen = {person}
    while True:
        agent = agents.get(person)
        above = agent.manager if agent else None
        if above is None or above in seen:
            return
        seen.add(above)
        yield above
        person = above


def read_agent(name: str, reader: Reader) -> Agent:
    capacity = reader["capacity"].value
    return Agent(
        id=name,
        name=str(reader.get("name", name).value),
        manager=reader["manager"].name("agents"),
        active=reader.get("active", True).value is True,
        skills=skills_of(reader["skills"].value),
        capacity=capacity if isinstance(capacity, int) else None,
        role=reader["role"].name("authorities"),
        conflicts=frozenset(reader["conflicts"].words()),
        # As `contact` reads it: rules, or an e-mail address by itself.
        told=bool(reader["notify"]["rules"].value or reader["email"].value),
    )


def read_team(name: str, reader: Reader) -> Team:
    members = reader["members"].names("agents")
    lead = reader["lead"].name("agents")
    read_calendar_name(reader["calendar"])
    routing = reader.optional("assignment", read_routing) or MANUAL
    if routing.overflow is not None and routing.overflow.team == name:
        overflow = reader["assignment"]["overflow"]
        overflow["team"].fault("a team cannot overflow to itself")
    return Team(name=name, members=members, lead=lead, routing=routing)
