"""What a decision may know beside the ticket."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.assignment import Directory
from domain.config import Configuration
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.sla.calendar import Calendar
from domain.sla.policy import SlaPolicy


@dataclass(frozen=True, kw_only=True)
class World:
    config: Configuration = field(default_factory=Configuration)
    directory: Directory = field(default_factory=Directory)
    oncall: OnCallBook = field(default_factory=OnCallBook)

    def moved(
        self, taker: str | None, giver: str | None, at: datetime | None = None
    ) -> "World":
        """One ticket went from `giver` to `taker`."""
        return replace(self, directory=self.directory.moved(taker, giver, at))

    def policy(self, ref: PolicyRef) -> SlaPolicy:
        return self.config.sla_policy(ref.name, ref.version)

    def calendar(self, ref: PolicyRef | None) -> Calendar | None:
        """None = always open."""
        return None if ref is None else self.config.calendar(ref.name, ref.version)
