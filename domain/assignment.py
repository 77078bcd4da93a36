"""Who can take a ticket, and why this one.

The directory is what is known about people and teams at one moment; choosing from it
is a pure function, and the answer names each candidate with the reason, also those
that were not chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.event import Json


@dataclass(frozen=True, kw_only=True)
class Agent:
    id: str
    name: str
    manager: str | None = None
    active: bool = True


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


def least_loaded(
    directory: Directory, team: str, *, holder: str | None
) -> tuple[Candidate, ...]:
    """Every member of the team, at most one of them chosen: the active one with the
    fewest open tickets, never who holds the ticket now; ties go by id.
    """
    members = directory.teams[team].members if team in directory.teams else ()
    free = [m for m in members if _unfit(directory, m, holder) is None]
    chosen = min(free, key=lambda m: (directory.loads.get(m, 0), m), default=None)
    return tuple(
        Candidate(
            agent=member,
            load=directory.loads.get(member, 0),
            chosen=member == chosen,
            reason=_unfit(directory, member, holder)
            or ("least loaded" if member == chosen else "more loaded, or later by id"),
        )
        for member in members
    )


def _unfit(directory: Directory, member: str, holder: str | None) -> str | None:
    agent = directory.agents.get(member)
    if agent is None:
        return "no such agent"
    if not agent.active:
        return "not active"
    return "holds it already" if member == holder else None


def parse_agent(name: str, document: Json) -> Agent:
    manager = document.get("manager")
    return Agent(
        id=name,
        name=str(document.get("name", name)),
        manager=manager if isinstance(manager, str) else None,
        active=document.get("active", True) is True,
    )


def parse_team(name: str, document: Json) -> Team:
    members, lead = document.get("members"), document.get("lead")
    return Team(
        name=name,
        members=tuple(str(m) for m in members) if isinstance(members, list) else (),
        lead=lead if isinstance(lead, str) else None,
    )
