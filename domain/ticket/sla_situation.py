"""One moment of one ticket, as everything that follows promises needs it."""

from datetime import datetime

from domain.conditions.condition import Fields
from domain.event import Fact, PolicyRef
from domain.lifecycle.facts import TicketPriorityChanged, TicketTierChanged
from domain.sla.change_rules import Cause
from domain.sla.clock import Clock
from domain.sla.forecast import Hours
from domain.sla.policy import SlaPolicy
from domain.sla.reply import Replies
from domain.ticket.draft import Draft
from domain.ticket.moment import Moment, TicketFields
from domain.ticket.sla_matching import Edited, Matching, early_of
from domain.ticket.ticket import Ticket
from domain.ticket.world import World


class Situation:
    """`anew`: metrics whose clock was reset, and may start over at once."""

    def __init__(
        self, draft: Draft, moment: Moment, at: datetime, world: World
    ) -> None:
        self.draft, self.moment, self.at, self.world = draft, moment, at, world
        self.cause = draft.ticket.version if moment.facts else None
        self.anew: set[str] = set()
        self._now: dict[Replies, TicketFields] = {}
        self._before: dict[Replies, TicketFields] = {}

    def record(self, fact: Fact, policy: PolicyRef) -> None:
        self.draft.record(fact, self.at, cause=self.cause, policy=policy, by_rule=True)

    def matching(self, edited: Edited | None = None) -> Matching:
        return Matching(
            draft=self.draft,
            at=self.at,
            world=self.world,
            cause=self.cause,
            kind=self._kind(edited),
            edited=edited,
        )

    def _kind(self, edited: Edited | None) -> Cause:
        if edited is not None:
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


def hours_of(ticket: Ticket, clock: Clock, policy: SlaPolicy, world: World) -> Hours:
    return Hours(
        calendar=world.calendar(clock.calendar),
        quiet=policy.quiet,
        early=early_of(ticket, policy),
    )
