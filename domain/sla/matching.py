"""The promises of a ticket matched again, and its running clocks adapted to them.

A ticket keeps the versions of the policies that promise it something, and of their
calendars. A later version is used only where the ticket keeps no older one of that
name, or by command. All other rules are those in force.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from domain.event import PolicyRef
from domain.sla.change import Calendars, changed, graced
from domain.sla.change_rules import ChangeRule, ChangeRules
from domain.sla.clock import Clock
from domain.sla.decision import Promise
from domain.sla.facts import (
    CancelledBy,
    SlaCancelled,
    SlaMatched,
    SlaNotMatched,
    SlaRestated,
)
from domain.sla.forecast import forecast, used
from domain.sla.hours import promised_hours
from domain.sla.match import match
from domain.sla.moment import ticket_fields
from domain.sla.policy import SlaPolicy
from domain.sla.ports import SlaTicket
from domain.sla.situation import Situation

Terms: TypeAlias = tuple[timedelta, PolicyRef, PolicyRef | None]


def match_again(situation: Situation) -> None:
    """Records nothing while the result is the same."""
    ticket = situation.draft.ticket

    def calendar(policy: SlaPolicy, name: str) -> PolicyRef | None:
        return _calendar_ref(situation, policy, name)

    found = match(_policies(situation), ticket_fields(ticket), calendar)
    promises = found.promises
    if promises == ticket.promises and ticket.decision is not None:
        return
    decision = found.decision(ticket.personal_attributes)
    fact = (
        SlaMatched(promises=promises, decision=decision)
        if promises
        else SlaNotMatched(decision=decision)
    )
    situation.record(fact, by_rule=situation.by_rule)
    before = {promise.metric: _terms(promise) for promise in ticket.promises}
    promised = {promise.metric: promise for promise in promises}
    for clock in ticket.clocks:
        if clock.live and not _is_from_merge(situation, clock, before, promised):
            terms = before.get(clock.metric, _terms(clock))
            _apply(situation, clock, terms, promised.get(clock.metric))


def _is_from_merge(
    situation: Situation,
    clock: Clock,
    before: dict[str, Terms],
    promised: dict[str, Promise],
) -> bool:
    """The promise was that of a ticket merged into this one, and this one never had it:
    it ends only if its own policy is withdrawn.
    """
    if clock.metric in before or clock.metric in promised:
        return False
    edited, name = situation.edited, clock.policy.name
    if edited is None or not (edited.forced and edited.policies):
        return True
    in_force = any(p.ref.name == name for p in situation.world.sla_policies)
    return in_force or not edited.concerns(name)


def _policies(situation: Situation) -> Iterator[SlaPolicy]:
    found = {policy.ref.name: policy for policy in situation.world.sla_policies}
    for name, ref in _pinned_policies(situation.draft.ticket).items():
        if not _follows_edits(situation, name, found.get(name)):
            found[name] = situation.world.sla_policy(ref)
    return iter(sorted(found.values(), key=lambda p: (p.order, p.ref.name)))


def _pinned_policies(ticket: SlaTicket) -> dict[str, PolicyRef]:
    """The policies that have a target for it now. A promise that was withdrawn, by an
    edit of the ticket or by a restatement, is made again only by a policy in force.
    """
    return {promise.policy.name: promise.policy for promise in ticket.promises}


def _follows_edits(situation: Situation, name: str, newest: SlaPolicy | None) -> bool:
    edited = situation.edited
    if edited is None or not edited.policies or not edited.concerns(name):
        return False
    if newest is None:  # retired: there is no newer version, unless by command
        return edited.forced
    return edited.forced or newest.on_change.policy_edit == "restate"


def _calendar_ref(
    situation: Situation, policy: SlaPolicy, name: str
) -> PolicyRef | None:
    edited, pinned = situation.edited, None
    restate = policy.on_change.calendar_edit == "restate"
    follows = edited is not None and edited.calendars and edited.concerns(name)
    if edited is None or not follows or not (edited.forced or restate):
        pinned = _pinned_calendars(situation.draft.ticket).get(name)
    # A policy that the ticket keeps may name a calendar that was retired since.
    return pinned or situation.world.last_calendar(name)


def _pinned_calendars(ticket: SlaTicket) -> dict[str, PolicyRef]:
    refs = [clock.calendar for clock in ticket.clocks if clock.live]
    refs += [promise.calendar for promise in ticket.promises]
    return {ref.name: ref for ref in refs if ref is not None}


def _terms(of: Promise | Clock) -> Terms:
    return of.target, of.policy, of.calendar


def _apply(
    situation: Situation, clock: Clock, before: Terms, promise: Promise | None
) -> None:
    """Compared with the last decision, not with the clock: a clock may have other
    terms, by a grace period or because it was kept, and an unrelated change must not
    touch it.
    """
    if promise is None:
        cancel(situation, clock, "no policy sets this target any more", "unpromised")
    elif _terms(promise) != before:
        _restate(situation, clock, promise)


def _restate(situation: Situation, clock: Clock, promise: Promise) -> None:
    rules = situation.world.sla_policy(promise.policy).on_change
    rule = rules.of(situation.change)
    new = _changed(situation, clock, promise, rules, rule)
    _record(situation, clock, _forecast(situation, new), rule)


def _changed(
    situation: Situation,
    clock: Clock,
    promise: Promise,
    rules: ChangeRules,
    rule: ChangeRule,
) -> Clock:
    """The same clock if it is kept."""
    world = situation.world
    calendars = Calendars(
        old=world.calendar(clock.calendar), new=world.calendar(promise.calendar)
    )
    new = changed(clock, promise.target, rule, situation.at, calendars)
    if new is clock:
        return clock
    return replace(
        graced(new, situation.at, rules.grace, calendars.new),
        policy=promise.policy,
        rule=promise.rule,
        calendar=promise.calendar,
        escalation_policy=world.sla_policy(promise.policy).escalation_policy,
    )


def take_terms(
    situation: Situation, clock: Clock, other: Clock, taken_from: str | None
) -> None:
    """From now on `clock` has the terms, and the counted time, of `other`, a clock of
    the ticket `taken_from`; None: its own from before.
    """
    _record(situation, clock, _forecast(situation, other), "merged", taken_from)


def _forecast(situation: Situation, clock: Clock) -> Clock:
    ticket, world = situation.draft.ticket, situation.world
    policy = world.sla_policy(clock.policy)
    hours = promised_hours(ticket, clock, policy, world)
    return forecast(clock, policy.warn_at, situation.at, hours)


def _record(
    situation: Situation,
    clock: Clock,
    new: Clock,
    rule: str,
    taken_from: str | None = None,
) -> None:
    edited = situation.edited
    fact = SlaRestated(
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
        reason=edited.reason if edited else None,
        taken_from=taken_from,
    )
    situation.record(fact, new.policy, by_rule=situation.by_rule)


def cancel(situation: Situation, clock: Clock, reason: str, by: CancelledBy) -> None:
    calendar = situation.world.calendar(clock.calendar)
    fact = SlaCancelled(
        metric=clock.metric,
        cycle=clock.cycle,
        reason=reason,
        by=by,
        elapsed=used(clock, situation.at, calendar),
    )
    situation.record(fact, by_rule=situation.by_rule)
