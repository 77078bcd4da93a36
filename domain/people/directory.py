"""People and teams, and the load of each agent: what is known at one moment."""

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
    """`capacity`: the highest load, by the weights of the teams; None = no limit.
    `skills`: level from 1. `conflicts`: customers with whom they must not deal.
    `reachable`: whether they have a channel by which they can be notified.
    """

    id: str
    name: str
    manager: str | None = None
    active: bool = True
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None
    role: str | None = None
    """The authority document with their spending limits."""
    conflicts: frozenset[str] = frozenset()
    reachable: bool = False


@dataclass(frozen=True, kw_only=True)
class Team:
    name: str
    members: tuple[str, ...]
    lead: str | None = None
    routing: RoutingRules = MANUAL


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Whose turn it last was in one round robin."""

    person: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """The recorded choice in each place at one instant; None: nobody was chosen.
    `changed_teams`: teams that choose as if nothing was recorded.
    """

    chosen: Mapping[str, str | None]
    changed_teams: frozenset[str] = frozenset()

    def narrowed(self, team: str, place: str, free: list[str]) -> list[str]:
        """Those of `free` who were chosen, according to the record."""
        if team in self.changed_teams or place not in self.chosen:
            return free
        chosen = self.chosen[place]
        if chosen is None:
            return []
        return [chosen] if chosen in free else free


@dataclass(frozen=True, kw_only=True)
class Directory:
    """`loads`: the weights of the tickets that an agent has or is offered. `taken_at`:
    when each took the last. `waiting`: how many tickets of a team wait and cannot be
    offered. `turns`: by the place, as in `Ticket.turns`. `position`: of the log, up to
    which the decisions of others are counted. `remembered`: in a replayed history, what
    the rules chose at this moment.
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
        """The loads increased or decreased; never below zero. An agent whose load
        increases took a ticket at this instant.
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
        """Sort key: the agent without new work for longest comes first."""
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
    """Why this person cannot act at all; None = they can."""
    agent = directory.agents.get(person)
    if agent is None:
        return "no such agent"
    return None if agent.active else "not active"


def absent(directory: Directory, agent: str) -> str | None:
    """For an agent whom a request names: why they cannot act; None = they can."""
    if agent not in directory.agents:
        hint = did_you_mean(agent, directory.agents)
        return f"there is no agent {agent!r}{hint}"
    return None if directory.agents[agent].active else f"{agent!r} is not active"


def refuse_absent(directory: Directory, agent: str, pointer: str) -> None:
    """Raises InvalidError at the place where the request names the agent."""
    if fault := absent(directory, agent):
        raise InvalidError.at(pointer, fault)


def managers_above(agents: Mapping[str, Agent], person: str) -> Iterator[str]:
    """The direct manager first, up to the top; a circle ends the list."""
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
        reachable=bool(reader["notify"]["rules"].value or reader["email"].value),
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
