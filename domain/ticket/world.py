"""What a decision may know besides the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.assignment.workload import handed
from domain.authority.delegation import Delegation
from domain.authority.limits import Authority
from domain.calendar.calendar import Calendar
from domain.configuration.configuration import Configuration
from domain.copies import replace
from domain.escalation.pinning import lead_times
from domain.escalation.policy import EscalationPolicy
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.people.directory import Directory
from domain.sla.forecast import Lead
from domain.sla.policy import SlaPolicy
from domain.ticket.draft import Draft
from domain.ticket.ticket import Ticket


@dataclass(frozen=True, kw_only=True)
class World:
    config: Configuration = field(default_factory=Configuration)
    directory: Directory = field(default_factory=Directory)
    oncall: OnCallBook = field(default_factory=OnCallBook)
    past_agents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the customer: the agents who had tickets of theirs, the last one first; only
    if the routing rules of a team need it."""

    delegations: tuple[Delegation, ...] = ()
    """Delegations of authority, past ones too."""

    @property
    def authorities(self) -> Mapping[str, Authority]:
        """The current version of each, by role."""
        return self.config.authorities

    def team_ref(self, name: str) -> PolicyRef | None:
        """The current version of the team's document."""
        current = self.config.entry("teams", name).current
        return current.ref if current else None

    def handed(self, before: Ticket | None, after: Ticket) -> "World":
        """With the loads after this change of the ticket."""
        return self.having(handed(self.directory, (before, after)))

    def now(self, draft: Draft) -> "World":
        """With the loads after all facts of the draft; this world is as it was before
        the draft.
        """
        return self.having(handed(self.directory, *draft.moves))

    def having(self, directory: Directory) -> "World":
        if directory is self.directory:
            return self
        return replace(self, directory=directory)

    @property
    def sla_policies(self) -> tuple[SlaPolicy, ...]:
        """Those in force, in the order in which they are evaluated."""
        return self.config.sla_policies

    def sla_policy(self, ref: PolicyRef) -> SlaPolicy:
        return self.config.sla_policy(ref.name, ref.version)

    def calendar(self, ref: PolicyRef | None) -> Calendar | None:
        """None = always open."""
        return None if ref is None else self.config.calendar(ref.name, ref.version)

    def last_calendar(self, name: str) -> PolicyRef | None:
        """The last version, also of a retired calendar; None: there is none."""
        versions = self.config.entry("calendars", name).versions
        return versions[-1].ref if versions else None

    def escalation_policy(self, name: str | None) -> EscalationPolicy | None:
        """The version in force."""
        return self.config.escalation_policies.get(name or "")

    def lead_times(self, escalation_policy: str | None) -> tuple[Lead, ...]:
        """Steps before the breach, by the version in force."""
        policy = self.escalation_policy(escalation_policy)
        return () if policy is None else lead_times(policy)
