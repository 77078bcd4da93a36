"""What a decision may know beside the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.assignment.workload import handed
from domain.authority.delegation import Delegation
from domain.authority.limits import Authority
from domain.calendar.calendar import Calendar
from domain.configuration.configuration import Configuration
from domain.copies import replace
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory
from domain.sla.policy import SlaPolicy
from domain.ticket.draft import Draft
from domain.ticket.ticket import Ticket


@dataclass(frozen=True, kw_only=True)
class World:
    config: Configuration = field(default_factory=Configuration)
    directory: Directory = field(default_factory=Directory)
    oncall: OnCallBook = field(default_factory=OnCallBook)
    past_agents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the customer: who had tickets of theirs, the last one first; only as far as
    the terms of a team ask for it."""

    delegations: tuple[Delegation, ...] = ()
    """Of authority, past ones too."""

    @property
    def authorities(self) -> Mapping[str, Authority]:
        """The current version of each, by role."""
        return self.config.authorities

    def team_ref(self, name: str) -> PolicyRef | None:
        """The current version of the team's document."""
        current = self.config.entry("teams", name).current
        return current.ref if current else None

    def handed(self, before: Ticket | None, after: Ticket) -> "World":
        """With the loads as they are once the ticket has become so."""
        return self.having(handed(self.directory, (before, after)))

    def now(self, draft: Draft) -> "World":
        """With the loads as they are after all that the draft says so far; this world
        is as it was before the draft.
        """
        return self.having(handed(self.directory, *draft.moves))

    def having(self, directory: Directory) -> "World":
        if directory is self.directory:
            return self
        return replace(self, directory=directory)

    def policy(self, ref: PolicyRef) -> SlaPolicy:
        return self.config.sla_policy(ref.name, ref.version)

    def calendar(self, ref: PolicyRef | None) -> Calendar | None:
        """None = always open."""
        return None if ref is None else self.config.calendar(ref.name, ref.version)
