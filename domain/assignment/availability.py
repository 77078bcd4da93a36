"""Who of a team can take a ticket now, and who cannot, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.oncall.book import OnCallBook, why_on_leave
from domain.people.directory import Directory


@dataclass(frozen=True, kw_only=True)
class ResolutionContext:
    """The context in which people are resolved. `asked`: who declined this ticket, or
    did not answer, in words. `log_notifies`: people without a channel count as
    reachable too.
    """

    at: datetime
    assignee: str | None
    customer: str
    directory: Directory
    oncall: OnCallBook
    asked: Mapping[str, str] = field(default_factory=dict)
    log_notifies: bool = True


def barred(around: ResolutionContext, person: str) -> str | None:
    """Why this person must not get this ticket now; None: they may."""
    if away := why_on_leave(around.oncall, person, around.at):
        return away
    agent = around.directory.agents.get(person)
    if agent is not None and around.customer in agent.conflicts:
        return "conflict of interest"
    return None


def away_of(around: ResolutionContext, team: str) -> dict[str, str]:
    """Who of the team cannot take it, and why."""
    found = {m: barred(around, m) for m in members_of(around, team)}
    return {**around.asked, **{m: why for m, why in found.items() if why}}


def members_of(around: ResolutionContext, team: str) -> Sequence[str]:
    known = around.directory.teams.get(team)
    return known.members if known else ()
