"""Who is on call by every schedule there ever was: their plans, and all leaves.

Folded by `domain.configuration.on_call_book`; this module does not depend on
configuration.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from domain.errors import NotFoundError
from domain.event import Event
from domain.oncall.changes import fold_changes
from domain.oncall.leaves import fold_leaves
from domain.oncall.override import Leave
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule

FOR_GOOD = datetime(2200, 1, 1, tzinfo=UTC)
"""The limits of instants that can be queried."""


@dataclass(frozen=True)
class OnCallBook:
    """`plans`, by the schedule's name, are without leaves; `leaves` are by agent, as is
    `gone`: since when somebody is inactive or retired, and until when.
    """

    plans: Mapping[str, Plan] = field(default_factory=dict)
    leaves: Mapping[str, tuple[Leave, ...]] = field(default_factory=dict)
    gone: Mapping[str, tuple[Leave, ...]] = field(default_factory=dict)

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
        found = (self.away(person) for person in sorted(plan.people))
        return replace(plan, leaves=tuple(leave for each in found for leave in each))

    def away(self, person: str) -> tuple[Leave, ...]:
        """On leave, or gone."""
        return (*self.leaves.get(person, ()), *self.gone.get(person, ()))

    @property
    def everybody_away(self) -> tuple[Leave, ...]:
        people = sorted({*self.leaves, *self.gone})
        return tuple(leave for person in people for leave in self.away(person))

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

    def known_gone(self, agent: str, at: datetime, reason: str | None) -> "OnCallBook":
        """From then on they are absent, for this reason; None: they are present.
        Returns the same book if that is known.
        """
        known = self.gone.get(agent, ())
        last = known[-1] if known and known[-1].cancelled_at is None else None
        if (last.reason if last else None) == reason:
            return self
        if last is not None:
            known = (*known[:-1], replace(last, cancelled_at=at))
        if reason is not None:
            leave = Leave(
                person=agent, begin=at, end=FOR_GOOD, reason=reason, gone=True
            )
            known = (*known, leave)
        return replace(self, gone={**self.gone, agent: known})

    def on_leave(self, agent: str, events: Iterable[Event]) -> "OnCallBook":
        """Or back from it."""
        leaves = fold_leaves(events, self.leaves.get(agent, ()))
        return replace(self, leaves={**self.leaves, agent: leaves})

    def _with_plan(self, name: str, plan: Plan) -> "OnCallBook":
        return replace(self, plans={**self.plans, name: plan})


def on_leave(book: OnCallBook, person: str, at: datetime) -> datetime | None:
    """Until when, if this person is on leave at the instant."""
    for leave in book.leaves.get(person, ()):
        if leave.cancelled_at is None and leave.begin <= at < leave.end:
            return leave.end
    return None


def why_on_leave(book: OnCallBook, person: str, at: datetime) -> str | None:
    """In words, why somebody on leave is not asked; None: not on leave."""
    until = on_leave(book, person, at)
    return f"on leave until {until.isoformat()}" if until else None
