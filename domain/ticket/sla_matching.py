"""The promises of a ticket worked out anew, and its running clocks by them.

A ticket keeps the versions of the policies that promise it something, and of their
calendars; what was published since is asked only where nothing older of that name does,
or on command. Every other rule that is asked is one that is in force.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.escalation.facts import EscalationEnded, EscalationPinned
from domain.event import Fact, PolicyRef
from domain.sla.change import Calendars, changed, graced
from domain.sla.change_rules import Cause, ChangeRule, ChangeRules
from domain.sla.clock import Clock
from domain.sla.decision import Promise
from domain.sla.facts import (
    CancelledBy,
    SlaCancelled,
    SlaMatched,
    SlaNotMatched,
    SlaRestated,
)
from domain.sla.forecast import Hours, Lead, forecast, used
from domain.sla.match import match
from domain.sla.policy import SlaPolicy
from domain.ticket.draft import Draft
from domain.ticket.moment import ticket_fields
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

RoutingRules: TypeAlias = tuple[timedelta, PolicyRef, PolicyRef | None]


@dataclass(frozen=True, kw_only=True)
class Edited:
    """Newer versions are to be taken, and why. `forced`: by command, whatever the
    policies say of edits; otherwise each policy's own rule decides.
    """

    policies: bool
    calendars: bool
    reason: str
    forced: bool
    name: str | None = None

    def concerns(self, name: str) -> bool:
        """Of the policy or calendar of this name; `name` None: of all."""
        return self.name in (None, name)


@dataclass(frozen=True, kw_only=True)
class Matching:
    """`cause`: version of the event that made it necessary; None = the command."""

    draft: Draft
    at: datetime
    world: World
    cause: int | None
    kind: Cause
    edited: Edited | None = None

    def run(self) -> None:
        """Nothing is recorded while the answer is the same."""
        ticket = self.draft.ticket
        found = match(self._policies(), ticket_fields(ticket), self._calendar_ref)
        promises = found.promises
        if promises == ticket.promises and ticket.decision is not None:
            return
        if promises:
            self.record(SlaMatched(promises=promises, decision=found.decision()))
        else:
            self.record(SlaNotMatched(decision=found.decision()))
        before = {promise.metric: _terms(promise) for promise in ticket.promises}
        promised = {promise.metric: promise for promise in promises}
        for clock in ticket.clocks:
            if clock.live and not self._is_of_another(clock, before, promised):
                routing = before.get(clock.metric, _terms(clock))
                self._apply(clock, routing, promised.get(clock.metric))

    def _is_of_another(
        self,
        clock: Clock,
        before: dict[str, RoutingRules],
        promised: dict[str, Promise],
    ) -> bool:
        """Promised by a ticket that went into this one, which never promised that: it
        ends only if its own policy is withdrawn.
        """
        if clock.metric in before or clock.metric in promised:
            return False
        edited, name = self.edited, clock.policy.name
        if edited is None or not (edited.forced and edited.policies):
            return True
        in_force = self.world.config.entry("sla-policies", name).current is not None
        return in_force or not edited.concerns(name)

    def record(self, fact: Fact, policy: PolicyRef | None = None) -> None:
        by_rule = self.edited is None or not self.edited.forced
        self.draft.record(
            fact, self.at, cause=self.cause, policy=policy, by_rule=by_rule
        )

    def _policies(self) -> Iterator[SlaPolicy]:
        current = self.world.config.sla_policies
        found = {policy.ref.name: policy for policy in current}
        for name, ref in self._pinned_policies().items():
            if not self._follows_edits(name, found.get(name)):
                found[name] = self.world.policy(ref)
        return iter(sorted(found.values(), key=lambda p: (p.order, p.ref.name)))

    def _pinned_policies(self) -> dict[str, PolicyRef]:
        """Of those that promise something now: what was withdrawn, by an edit of the
        ticket or by a restatement, is promised again by what is in force only.
        """
        promises = self.draft.ticket.promises
        return {promise.policy.name: promise.policy for promise in promises}

    def _follows_edits(self, name: str, newest: SlaPolicy | None) -> bool:
        edited = self.edited
        if edited is None or not edited.policies or not edited.concerns(name):
            return False
        if newest is None:  # retired: nothing newer is there, unless by command
            return edited.forced
        return edited.forced or newest.on_change.policy_edit == "restate"

    def _calendar_ref(self, policy: SlaPolicy, name: str) -> PolicyRef | None:
        edited, pinned = self.edited, None
        restate = policy.on_change.calendar_edit == "restate"
        follows = edited is not None and edited.calendars and edited.concerns(name)
        if edited is None or not follows or not (edited.forced or restate):
            pinned = _pinned_calendars(self.draft.ticket).get(name)
        # A policy that the ticket keeps may name a calendar retired meanwhile.
        versions = self.world.config.entry("calendars", name).versions
        return pinned or (versions[-1].ref if versions else None)

    def _apply(
        self, clock: Clock, before: RoutingRules, promise: Promise | None
    ) -> None:
        """Against what was promised before: the clock itself may read otherwise, by a
        grace or because it was kept, and a change of something else leaves it so.
        """
        if promise is None:
            cancel(self, clock, "no policy promises this any more", "unpromised")
        elif _terms(promise) != before:
            self._restate(clock, promise)

    def _restate(self, clock: Clock, promise: Promise) -> None:
        rules = self.world.policy(promise.policy).on_change
        rule = rules.of(self.kind)
        new = self._changed(clock, promise, rules, rule)
        policy = self.world.policy(new.policy)
        pin_escalation_policy(self, policy)
        hours = Hours(
            calendar=self.world.calendar(new.calendar),
            quiet=policy.quiet,
            early=early_of(self.draft.ticket, policy),
        )
        self._say(clock, forecast(new, policy.warn_at, self.at, hours), rule)

    def _changed(
        self, clock: Clock, promise: Promise, rules: ChangeRules, rule: ChangeRule
    ) -> Clock:
        """The very same clock where it is kept."""
        calendars = Calendars(
            old=self.world.calendar(clock.calendar),
            new=self.world.calendar(promise.calendar),
        )
        new = changed(clock, promise.target, rule, self.at, calendars)
        if new is clock:
            return clock
        return replace(
            graced(new, self.at, rules.grace, calendars.new),
            policy=promise.policy,
            rule=promise.rule,
            calendar=promise.calendar,
            escalation_policy=self.world.policy(promise.policy).escalation_policy,
        )

    def take_terms(self, clock: Clock, other: Clock, taken_from: str | None) -> None:
        """From now on `clock` reads, and has counted, as `other` did, a clock of this
        ticket; None: as its own did before.
        """
        policy = self.world.policy(other.policy)
        pin_escalation_policy(self, policy)
        hours = Hours(
            calendar=self.world.calendar(other.calendar),
            quiet=policy.quiet,
            early=early_of(self.draft.ticket, policy),
        )
        new = forecast(other, policy.warn_at, self.at, hours)
        self._say(clock, new, "merged", taken_from)

    def _say(
        self, clock: Clock, new: Clock, rule: str, taken_from: str | None = None
    ) -> None:
        self.record(
            SlaRestated(
                metric=clock.metric,
                cycle=clock.cycle,
                rule_of_change=rule,
                policy=new.policy,
                rule=new.rule,
                calendar=new.calendar,
                escalation_policy=new.escalation_policy,
                old_target=clock.target,
                new_target=new.target,
                counted_from=new.counted_from,
                carried=new.carried,
                pauses=new.pauses,
                old_due_at=clock.due_at,
                new_due_at=new.due_at,
                new_breach_at=new.breach_at,
                warnings=new.warnings,
                early=new.early,
                reason=self.edited.reason if self.edited else None,
                taken_from=taken_from,
            ),
            new.policy,
        )


def _terms(of: Promise | Clock) -> RoutingRules:
    return of.target, of.policy, of.calendar


def _pinned_calendars(ticket: Ticket) -> dict[str, PolicyRef]:
    refs = [clock.calendar for clock in ticket.clocks if clock.live]
    refs += [promise.calendar for promise in ticket.promises]
    return {ref.name: ref for ref in refs if ref is not None}


def cancel(by: Matching, clock: Clock, reason: str, why: CancelledBy) -> None:
    elapsed = used(clock, by.at, by.world.calendar(clock.calendar))
    by.record(
        SlaCancelled(
            metric=clock.metric,
            cycle=clock.cycle,
            reason=reason,
            by=why,
            elapsed=elapsed,
        )
    )
    end_runs(by.draft, by.at, reason, clock=clock.key, cause=by.cause)


def pin_escalation_policy(by: Matching, policy: SlaPolicy) -> None:
    """The ticket keeps the ladder whole, as it is when the promise is made."""
    name = policy.escalation_policy or ""
    escalation_policy = by.world.config.escalation_policies.get(name)
    if escalation_policy is not None and name not in [
        p.ref.name for p in by.draft.ticket.escalation_policies
    ]:
        by.record(EscalationPinned(policy=escalation_policy), escalation_policy.ref)


def early_of(ticket: Ticket, policy: SlaPolicy) -> tuple[Lead, ...]:
    """The steps of the pinned ladder that are due before the breach."""
    for escalation_policy in reversed(ticket.escalation_policies):
        if escalation_policy.ref.name == policy.escalation_policy:
            return tuple(
                Lead(step=i, threshold=s.threshold, wall=s.time == "wall")
                for i, s in enumerate(escalation_policy.steps)
                if s.early
            )
    return ()


def end_runs(
    draft: Draft,
    at: datetime,
    why: str,
    *,
    clock: str | None = None,
    cause: int | None = None,
) -> None:
    """What climbs because of this clock; None = of any."""
    for run in draft.ticket.runs:
        if run.state != "ended" and clock in (None, run.clock):
            draft.record(
                EscalationEnded(clock=run.clock, reason=why),
                at,
                cause=cause,
                policy=run.policy,
                by_rule=True,
            )
