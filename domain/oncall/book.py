"""Who is on call by every schedule there ever was: their plans, and all leaves.

Folded by `domain.oncall_log`; this module knows nothing of configuration.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.errors import NotFoundError
from domain.event import Event
from domain.oncall.changes import fold_changes
from domain.oncall.leaves import fold_leaves
from domain.oncall.override import Leave
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule


@dataclass(frozen=True)
class OnCallBook:
    """`plans`, by the schedule's name, are without leaves; those are by agent."""

    plans: Mapping[str, Plan] = field(default_factory=dict)
    leaves: Mapping[str, tuple[Leave, ...]] = field(default_factory=dict)

    @property
    def all_leaves(self) -> tuple[Leave, ...]:
        return tuple(leave for each in self.leaves.values() for leave in each)

    def plan(self, schedule: str) -> Plan:
        """With the leaves of its people. A retired schedule keeps its history; raises
        NotFoundError for one that was never published.
        """
        if schedule not in self.plans:
            raise NotFoundError("schedule", schedule)
        return self.with_leaves(self.plans[schedule])

    def with_leaves(self, plan: Plan) -> Plan:
        found = (self.leaves.get(person, ()) for person in sorted(plan.people))
        return replace(plan, leaves=tuple(leave for each in found for leave in each))

    def revised(
        self, name: str, schedule: Schedule | None, since: datetime
    ) -> "OnCallBook":
        """With a new version of a schedule; None retires it."""
        plan = self.plans.get(name, Plan(versions=()))
        if plan.versions:
            # Two servers' clocks may differ; versions never go back.
            last = plan.versions[-1].since or plan.published_at or since
            since = max(since, last)
        return self._with_plan(name, plan.revised(schedule, since))

    def changed(self, schedule: str, events: Iterable[Event]) -> "OnCallBook":
        plan = self.plans[schedule]
        changes = fold_changes(events, plan.changes)
        return self._with_plan(schedule, replace(plan, changes=changes))

    def gone(self, agent: str, events: Iterable[Event]) -> "OnCallBook":
        """On leave, or back from it."""
        leaves = fold_leaves(events, self.leaves.get(agent, ()))
        return replace(self, leaves={**self.leaves, agent: leaves})

    def _with_plan(self, name: str, plan: Plan) -> "OnCallBook":
        return replace(self, plans={**self.plans, name: plan})
