"""Promises follow the ticket: after everything that happens, each clock is asked what
its conditions make of it. The verdict is given here, at the stop event, by the time
used (design invariant 6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from domain.escalating import Escalating
from domain.escalation.facts import EscalationReassigned
from domain.event import Fact, PolicyRef
from domain.rematch import Edited, Rematch, cancel, early_of, end_runs, pin_ladder
from domain.sla import clock as clocks
from domain.sla.change_rules import Cause
from domain.sla.clock import Clock
from domain.sla.condition import Value, holds
from domain.sla.decision import Promise
from domain.sla.facts import (
    SlaAttached,
    SlaMet,
    SlaMissed,
    SlaPaused,
    SlaResumed,
)
from domain.sla.metric import Definition
from domain.sla.outlook import Hours, foreseen, used
from domain.sla.policy import SlaPolicy
from domain.sla.reply import Replies
from domain.sla.span import Span, ended
from domain.sla.transition import standing, starts, starts_again, transition
from domain.ticket.draft import Draft, Mark
from domain.ticket.facts import (
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketTierChanged,
    TicketUpdated,
)
from domain.ticket.moment import Moment
from domain.ticket.state import PastPause, Ticket
from domain.world import World

MATCHED_ANEW = (
    TicketOpened,
    TicketPriorityChanged,
    TicketTierChanged,
    TicketUpdated,
    TicketAssigned,
    EscalationReassigned,
)


def follow(draft: Draft, since: Mark, at: datetime, world: World) -> None:
    """What the SLA rules make of what happened since the mark."""
    facts = draft.since(since)
    if not facts:
        return
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    following = Following(draft, moment, at, world)
    following.settle()
    if moment.happened(*MATCHED_ANEW):
        following.rematch()
    following.begin()
    Escalating(draft=draft, at=at, world=world).follow(moment)


def restate_edited(draft: Draft, at: datetime, world: World, edited: Edited) -> None:
    """Policies or calendars were edited, and this ticket shall follow them."""
    moment = Moment(before=draft.ticket, ticket=draft.ticket, facts=())
    following = Following(draft, moment, at, world)
    following.rematch(edited)
    following.begin()


def take_over(
    draft: Draft, since: Mark, clocks: Iterable[Clock], at: datetime, world: World
) -> None:
    """The running clocks of a ticket that was merged into this one."""
    facts = draft.since(since)
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    following = Following(draft, moment, at, world)
    for clock in clocks:
        following.take_over(clock)


class Following:
    """One moment of one ticket being followed."""

    def __init__(
        self, draft: Draft, moment: Moment, at: datetime, world: World
    ) -> None:
        self.draft, self.moment, self.at, self.world = draft, moment, at, world
        self.cause = draft.ticket.version if moment.facts else None
        self._fields: dict[tuple[Replies, bool], Mapping[str, Value]] = {}
        self._anew: set[str] = set()

    def settle(self) -> None:
        for clock in self.draft.ticket.clocks:
            if clock.live:
                self._settle(clock)

    def _settle(self, clock: Clock) -> None:
        policy = self.world.policy(clock.policy)
        definition = policy.definitions[clock.metric]
        match transition(definition, clock, self._now(policy)):
            case "stop":
                self._stop(clock)
            case "cancel":
                cancel(
                    self._rematching(), clock, "its cancel condition holds", "condition"
                )
            case "reset":
                self._reset(clock)
            case "pause":
                self._pause(clock, policy)
            case "resume":
                self._resume(clock)
            case None:
                pass

    def _stop(self, clock: Clock) -> None:
        self._record(self._verdict(clock), clock.policy)
        end_runs(self.draft, self.at, self._reason(), clock=clock.key, cause=self.cause)

    def _verdict(self, clock: Clock) -> SlaMet | SlaMissed:
        elapsed = used(clock, self.at, self.world.calendar(clock.calendar))
        if elapsed <= clock.target:
            return SlaMet(
                metric=clock.metric,
                cycle=clock.cycle,
                target=clock.target,
                elapsed=elapsed,
            )
        return SlaMissed(
            metric=clock.metric,
            cycle=clock.cycle,
            target=clock.target,
            elapsed=elapsed,
            overrun=elapsed - clock.target,
        )

    def _reason(self) -> str:
        if self.moment.happened(TicketResolved):
            return "resolved"
        if self.moment.happened(TicketClosed):
            return "closed"
        if self.moment.happened(TicketMerged):
            return "merged"
        return "answered"

    def _reset(self, clock: Clock) -> None:
        """What was broken already is judged: a reset must not hide it."""
        if clock.breached_at is not None:
            self._stop(clock)
        else:
            cancel(self._rematching(), clock, "its reset condition holds", "reset")
        self._anew.add(clock.metric)

    def _pause(self, clock: Clock, policy: SlaPolicy) -> None:
        pause, longest = self.draft.ticket.pause, policy.longest_pause
        self._record(
            SlaPaused(
                metric=clock.metric,
                cycle=clock.cycle,
                reason=pause.reason if pause else "its pause condition holds",
                resumes_at=None if longest is None else self.at + longest,
            ),
            clock.policy,
        )

    def _resume(self, clock: Clock) -> None:
        reason = "what paused it is over"
        fact = resumed(self.draft, clock, self.at, self.world, reason)
        self._record(fact, clock.policy)

    def rematch(self, edited: Edited | None = None) -> None:
        self._rematching(edited).run()
        for clock in self.draft.ticket.clocks:
            if clock.live and clock.stated_at == self.at:
                self._align(clock)

    def _align(self, clock: Clock) -> None:
        """A promise that reads otherwise may also pause otherwise."""
        policy = self.world.policy(clock.policy)
        definition = policy.definitions[clock.metric]
        match standing(definition, clock, self._now(policy)):
            case "pause":
                self._pause(clock, policy)
            case "resume":
                self._resume(clock)
            case None:
                pass

    def begin(self) -> None:
        for promise in self.draft.ticket.promises:
            cycles = [c for c in self.draft.ticket.clocks if c.metric == promise.metric]
            if not any(clock.live for clock in cycles):
                self._begin(promise, cycles)

    def _begin(self, promise: Promise, cycles: list[Clock]) -> None:
        policy = self.world.policy(promise.policy)
        definition = policy.definitions[promise.metric]
        if not self._may_begin(definition, policy, cycles):
            return
        carried = self._carried(cycles[-1], definition, policy) if cycles else None
        pin_ladder(self._rematching(), policy)
        fact = self._attached(promise, policy, len(cycles) + 1, carried)
        self._record(fact, promise.policy)
        self._align(self.draft.ticket.clocks[-1])

    def _may_begin(
        self, definition: Definition, policy: SlaPolicy, cycles: list[Clock]
    ) -> bool:
        if definition.once and any(c.state != "cancelled" for c in cycles):
            return False
        fresh = not cycles or cycles[-1].cancelled_by == "unpromised"
        if fresh or cycles[-1].metric in self._anew:
            return starts(definition, self._now(policy))
        return starts_again(definition, self._before(policy), self._now(policy))

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
        reopened = self.moment.happened(TicketReopened) and definition.reopens
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
        stopped, ticket = last.stopped_at or self.at, self.draft.ticket
        fields = self._now(policy)
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
        timed = foreseen(clock, policy.warn_at, self.at, hours)
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
        for fact in self.moment.facts:
            if isinstance(fact, TicketOpened) and fact.split_from is not None:
                original = policy.on_change.split == "original"
                return fact.split_from.opened_at if original else self.at
        return self.at

    def take_over(self, theirs: Clock) -> None:
        """A running clock of a ticket that went into this one: the stricter of the two
        goes on, with its start and its pauses.
        """
        policy = self.world.policy(theirs.policy)
        cycles = [c for c in self.draft.ticket.clocks if c.metric == theirs.metric]
        mine = next((clock for clock in cycles if clock.live), None)
        if mine is None and cycles and policy.definitions[theirs.metric].once:
            return
        if mine is None:
            pin_ladder(self._rematching(), policy)
            fact = self._attached(promise_of(theirs), policy, len(cycles) + 1, theirs)
            self._record(fact, theirs.policy)
            self._align(self.draft.ticket.clocks[-1])
        elif self._strictness(theirs) < self._strictness(mine):
            self._rematching().take_terms(mine, theirs)
            self._align(next(c for c in self.draft.ticket.clocks if c.key == mine.key))

    def _strictness(self, clock: Clock) -> datetime:
        """When it breaks; if it stands still, as if it went on round the clock."""
        left = clock.target - used(clock, self.at, self.world.calendar(clock.calendar))
        return clock.breach_at or self.at + left

    def _record(self, fact: Fact, policy: PolicyRef) -> None:
        self.draft.record(fact, self.at, cause=self.cause, policy=policy, by_rule=True)

    def _rematching(self, edited: Edited | None = None) -> Rematch:
        return Rematch(
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

    def _now(self, policy: SlaPolicy) -> Mapping[str, Value]:
        key = (policy.replies, True)
        if key not in self._fields:
            self._fields[key] = self.moment.fields(policy.replies)
        return self._fields[key]

    def _before(self, policy: SlaPolicy) -> Mapping[str, Value]:
        before = self.moment.before
        if before is None:
            return {}
        key = (policy.replies, False)
        if key not in self._fields:
            past = Moment(before=before, ticket=before, facts=())
            self._fields[key] = past.fields(policy.replies)
        return self._fields[key]


def _paused(fields: Mapping[str, Value], pause: PastPause) -> Mapping[str, Value]:
    """The fields as they were while the ticket was paused."""
    return {
        **fields,
        "paused": True,
        "finished": False,
        "status": pause.status,
        "pause_reason": pause.reason,
    }


def promise_of(clock: Clock) -> Promise:
    return Promise(
        metric=clock.metric,
        policy=clock.policy,
        rule=clock.rule,
        target=clock.target,
        calendar=clock.calendar,
    )


def hours_of(ticket: Ticket, clock: Clock, policy: SlaPolicy, world: World) -> Hours:
    return Hours(
        calendar=world.calendar(clock.calendar),
        quiet=policy.quiet,
        early=early_of(ticket, policy),
    )


def resumed(
    draft: Draft,
    clock: Clock,
    at: datetime,
    world: World,
    reason: str,
    *,
    outlived: bool = False,
) -> SlaResumed:
    policy, ticket = world.policy(clock.policy), draft.ticket
    going = replace(clock, state="running", pauses=ended(clock.pauses, at))
    timed = foreseen(going, policy.warn_at, at, hours_of(ticket, clock, policy, world))
    return SlaResumed(
        metric=clock.metric,
        cycle=clock.cycle,
        reason=reason,
        outlived=outlived,
        due_at=timed.due_at,
        breach_at=timed.breach_at,
        warnings=timed.warnings,
        early=timed.early,
    )
