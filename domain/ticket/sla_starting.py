"""Clocks that start, at one moment: the first cycle, the next, or one that goes on."""

from datetime import datetime, timedelta

from domain.calendar.span import Span, ended
from domain.conditions.condition import holds
from domain.copies import replace
from domain.lifecycle.facts import TicketOpened, TicketReopened
from domain.lifecycle.pause import PastPause
from domain.lifecycle.reply_author import ReplyAuthor
from domain.sla import clock as clocks
from domain.sla.clock import Clock
from domain.sla.decision import Promise
from domain.sla.facts import SlaAttached
from domain.sla.forecast import forecast, used
from domain.sla.metric import Definition
from domain.sla.policy import SlaPolicy
from domain.sla.transition import starts, starts_again
from domain.ticket.moment import TicketFields
from domain.ticket.sla_judging import Judging
from domain.ticket.sla_matching import pin_escalation_policy
from domain.ticket.sla_situation import Situation, hours_of


class ClockStarter:
    def __init__(self, situation: Situation) -> None:
        self.situation, self.draft = situation, situation.draft
        self.at, self.world = situation.at, situation.world
        self.judging = Judging(situation)

    def begin(self) -> None:
        for promise in self.draft.ticket.promises:
            if self._waited_for(promise):
                continue
            cycles = [c for c in self.draft.ticket.clocks if c.metric == promise.metric]
            if not any(clock.live for clock in cycles):
                self._begin(promise, cycles)

    def _waited_for(self, promise: Promise) -> bool:
        """Who came with a ticket that went into this one waits for a first answer by a
        clock of their own already.
        """
        return promise.metric == "next_response" and any(
            c.live and c.taken_from is not None and c.metric == "first_response"
            for c in self.draft.ticket.clocks
        )

    def _begin(self, promise: Promise, cycles: list[Clock]) -> None:
        policy = self.world.policy(promise.policy)
        definition = policy.definitions[promise.metric]
        if not self._may_begin(definition, policy, cycles):
            return
        carried = self._carried(cycles[-1], definition, policy) if cycles else None
        pin_escalation_policy(self.situation.matching(), policy)
        self._attach(self._attached(promise, policy, len(cycles) + 1, carried))

    def _may_begin(
        self, definition: Definition, policy: SlaPolicy, cycles: list[Clock]
    ) -> bool:
        if definition.once and any(c.state != "cancelled" for c in cycles):
            return False
        fresh = not cycles or cycles[-1].cancelled_by == "unpromised"
        if fresh or cycles[-1].metric in self.situation.anew:
            return starts(definition, self.situation.now(policy))
        return starts_again(
            definition, self.situation.before(policy), self.situation.now(policy)
        )

    def _carried(
        self, last: Clock, definition: Definition, policy: SlaPolicy
    ) -> Clock | None:
        """The clock that the new one goes on from, if it does: one that was promised no
        more for a while, or that of a reopened ticket by the policy's rule. A missed
        one never does: its verdict is final, and a second breach at once would tell
        nobody anything.
        """
        if last.cancelled_by == "unpromised":
            return self._promised_again(last, definition, policy)
        reopened = self.situation.moment.happened(TicketReopened) and definition.reopens
        if not reopened or last.stopped_at is None or last.cancelled_by is not None:
            return None
        rules = policy.on_change
        within = rules.reopen_within
        late = within is not None and self.at - last.stopped_at > within
        if last.state == "missed" or late or rules.reopen == "new_cycle":
            return None
        if rules.reopen == "count":
            return last
        return replace(last, pauses=(*last.pauses, Span(last.stopped_at, self.at)))

    def _promised_again(
        self, last: Clock, definition: Definition, policy: SlaPolicy
    ) -> Clock:
        """As if it had been promised all the while: what would have paused it since
        does not count either.
        """
        stopped, ticket = (
            last.stopped_at or self.at,
            self.draft.ticket,
        )
        fields = self.situation.now(policy)
        spans = [
            Span(max(pause.since, stopped), pause.end)
            for pause in ticket.past_pauses
            if pause.end > stopped and holds(definition.pause, _paused(fields, pause))
        ]
        if ticket.pause is not None and holds(definition.pause, fields):
            spans.append(Span(max(ticket.pause.since, stopped)))
        return replace(last, pauses=(*ended(last.pauses, stopped), *spans))

    def _attached(
        self, promise: Promise, policy: SlaPolicy, cycle: int, carried: Clock | None
    ) -> SlaAttached:
        fact = SlaAttached(
            metric=promise.metric,
            cycle=cycle,
            target=promise.target,
            policy=promise.policy,
            rule=promise.rule,
            calendar=promise.calendar,
            escalation_policy=policy.escalation_policy,
            team=self.draft.ticket.team,
            started_at=carried.started_at if carried else self._start(policy),
            counted_from=carried.counted_from if carried else self._start(policy),
            carried=carried.carried if carried else timedelta(0),
            pauses=carried.pauses if carried else (),
            due_at=None,
            breach_at=None,
            warnings=(),
        )
        clock = clocks.attached(fact, self.at, 0, None)
        if carried is not None:  # what passed before is not warned of again
            clock = replace(clock, warned=policy.warn_at)
        hours = hours_of(self.draft.ticket, clock, policy, self.world)
        timed = forecast(clock, policy.warn_at, self.at, hours)
        return replace(
            fact,
            due_at=timed.due_at,
            breach_at=timed.breach_at,
            warnings=timed.warnings,
            early=timed.early
            if carried is None
            else tuple(e for e in timed.early if e.at > self.at),
        )

    def _start(self, policy: SlaPolicy) -> datetime:
        """A ticket that was split off counts from its message, or from the start of the
        original, by the policy's rule.
        """
        for fact in self.situation.moment.facts:
            if isinstance(fact, TicketOpened) and fact.split_from is not None:
                original = policy.on_change.split == "original"
                return fact.split_from.opened_at if original else self.at
        return self.at

    def take_over(self, theirs: Clock, taken_from: str) -> None:
        """A running clock of a ticket that went into this one: the stricter of the two
        goes on, with its start and its pauses. Where none runs here, theirs does, also
        of a metric that runs once: somebody else waits, or for something else.
        """
        policy = self.world.policy(theirs.policy)
        cycles = [c for c in self.draft.ticket.clocks if c.metric == theirs.metric]
        mine = next((clock for clock in cycles if clock.live), None)
        if mine is None:
            fact = self._going_on(theirs, policy, len(cycles) + 1, theirs)
            self._attach(replace(fact, taken_from=taken_from))
        elif self._strictness(theirs) < self._strictness(mine):
            self.situation.matching().take_terms(mine, theirs, taken_from)
            self.judging.align(
                next(c for c in self.draft.ticket.clocks if c.key == mine.key)
            )

    def restore(self, mine: Clock, replies: tuple[ReplyAuthor, ...]) -> None:
        """A clock that a merge ended goes on as if it had run all the while, but what
        was answered there in the meantime.
        """
        policy = self.world.policy(mine.policy)
        definition, fields = policy.definitions[mine.metric], self.situation.now(policy)
        answered = any(policy.replies.count(reply_author) for reply_author in replies)
        if answered and holds(definition.stop, fields.but(reply=True)):
            return
        cycles = [c for c in self.draft.ticket.clocks if c.metric == mine.metric]
        carried = self._promised_again(mine, definition, policy)
        self._attach(self._going_on(mine, policy, len(cycles) + 1, carried))

    def _going_on(
        self, of: Clock, policy: SlaPolicy, cycle: int, carried: Clock
    ) -> SlaAttached:
        pin_escalation_policy(self.situation.matching(), policy)
        return self._attached(promise_of(of), policy, cycle, carried)

    def _attach(self, fact: SlaAttached) -> None:
        self.situation.record(fact, fact.policy)
        self.judging.align(self.draft.ticket.clocks[-1])

    def _strictness(self, clock: Clock) -> datetime:
        """When it breaks; if it stands still, as if it went on round the clock."""
        left = clock.target - used(clock, self.at, self.world.calendar(clock.calendar))
        return clock.breach_at or self.at + left


def _paused(fields: TicketFields, pause: PastPause) -> TicketFields:
    """The fields as they were while the ticket was paused."""
    return fields.but(
        paused=True, finished=False, status=pause.status, pause_reason=pause.reason
    )


def promise_of(clock: Clock) -> Promise:
    return Promise(
        metric=clock.metric,
        policy=clock.policy,
        rule=clock.rule,
        target=clock.target,
        calendar=clock.calendar,
    )
