"""One moment of one ticket, with everything needed to keep its clocks."""

from dataclasses import dataclass
from datetime import datetime

from domain.conditions.condition import Fields
from domain.conditions.fields import TicketFields
from domain.event import Fact, PolicyRef
from domain.lifecycle.facts import TicketPriorityChanged, TicketTierChanged
from domain.sla.change_rules import Cause
from domain.sla.moment import Moment
from domain.sla.policy import SlaPolicy
from domain.sla.ports import SlaDraft, SlaWorld
from domain.sla.reply import Replies


@dataclass(frozen=True, kw_only=True)
class Edited:
    """Newer versions are to be taken over, and why. `forced`: by command, whatever the
    policies say about edits; otherwise each policy's own rule decides.
    """

    policies: bool
    calendars: bool
    reason: str
    forced: bool
    name: str | None = None

    def concerns(self, name: str) -> bool:
        """The policy or calendar of this name; `name` None: all of them."""
        return self.name in (None, name)


class Situation:
    """`cause`: version of the event that led here; None = the command. `edited`: why
    the promises are matched again, if not because of the ticket. `reset`: metrics whose
    clock was reset, and may start over at once.
    """

    def __init__(
        self,
        draft: SlaDraft,
        moment: Moment,
        at: datetime,
        world: SlaWorld,
        edited: Edited | None = None,
    ) -> None:
        self.draft, self.moment, self.at, self.world = draft, moment, at, world
        self.edited = edited
        self.cause = draft.ticket.version if moment.facts else None
        self.reset: set[str] = set()
        self._now: dict[Replies, TicketFields] = {}
        self._before: dict[Replies, TicketFields] = {}

    def record(
        self, fact: Fact, policy: PolicyRef | None = None, *, by_rule: bool = True
    ) -> None:
        self.draft.record(
            fact, self.at, cause=self.cause, policy=policy, by_rule=by_rule
        )

    @property
    def by_rule(self) -> bool:
        """Whether the promises are matched again without a command to do so."""
        return self.edited is None or not self.edited.forced

    @property
    def change(self) -> Cause:
        """Which rule of the policy applies to a clock."""
        if self.edited is not None:
            return "edit"
        if self.moment.happened(TicketPriorityChanged):
            return "priority"
        return "tier" if self.moment.happened(TicketTierChanged) else "other"

    def now(self, policy: SlaPolicy) -> TicketFields:
        found = self._now.get(policy.replies)
        if found is None:
            found = self._now[policy.replies] = self.moment.fields(policy.replies)
        return found

    def before(self, policy: SlaPolicy) -> Fields:
        before = self.moment.before
        if before is None:
            return {}
        found = self._before.get(policy.replies)
        if found is None:
            past = Moment(before=before, ticket=before, facts=())
            found = self._before[policy.replies] = past.fields(policy.replies)
        return found
