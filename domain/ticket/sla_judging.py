"""Clocks that run, at one moment: stopped and judged, cancelled, held, let go on.

The verdict is given here, at the stop event, by the time used (design invariant 6).
"""

from datetime import datetime

from domain.calendar.span import ended
from domain.copies import replace
from domain.lifecycle.facts import TicketClosed, TicketMerged, TicketResolved
from domain.sla.clock import Clock
from domain.sla.facts import SlaMet, SlaMissed, SlaPaused, SlaResumed
from domain.sla.forecast import forecast, used
from domain.sla.policy import SlaPolicy
from domain.sla.transition import standing, transition
from domain.ticket.draft import Draft
from domain.ticket.sla_matching import cancel, end_runs
from domain.ticket.sla_situation import Situation, hours_of
from domain.ticket.world import World


class Judging:
    def __init__(self, situation: Situation) -> None:
        self.situation, self.draft = situation, situation.draft
        self.at, self.world = situation.at, situation.world

    def settle(self) -> None:
        for clock in self.draft.ticket.clocks:
            if clock.live:
                self._settle(clock)

    def _settle(self, clock: Clock) -> None:
        policy = self.world.policy(clock.policy)
        definition = policy.definitions[clock.metric]
        match transition(definition, clock, self.situation.now(policy)):
            case "stop":
                self._stop(clock)
            case "cancel":
                cancel(
                    self.situation.matching(),
                    clock,
                    "its cancel condition holds",
                    "condition",
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
        self.situation.record(self._verdict(clock), clock.policy)
        end_runs(
            self.draft,
            self.at,
            self._reason(),
            clock=clock.key,
            cause=self.situation.cause,
        )

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
        if self.situation.moment.happened(TicketResolved):
            return "resolved"
        if self.situation.moment.happened(TicketClosed):
            return "closed"
        if self.situation.moment.happened(TicketMerged):
            return "merged"
        return "answered"

    def _reset(self, clock: Clock) -> None:
        """What was broken already is judged: a reset must not hide it."""
        if clock.breached_at is not None:
            self._stop(clock)
        else:
            cancel(
                self.situation.matching(), clock, "its reset condition holds", "reset"
            )
        self.situation.anew.add(clock.metric)

    def _pause(self, clock: Clock, policy: SlaPolicy) -> None:
        pause, longest = self.draft.ticket.pause, policy.longest_pause
        self.situation.record(
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
        self.situation.record(fact, clock.policy)

    def realign(self) -> None:
        """After the promises were worked out anew."""
        for clock in self.draft.ticket.clocks:
            if clock.live and clock.stated_at == self.at:
                self.align(clock)

    def align(self, clock: Clock) -> None:
        """A promise that reads otherwise may also pause otherwise."""
        policy = self.world.policy(clock.policy)
        definition = policy.definitions[clock.metric]
        match standing(definition, clock, self.situation.now(policy)):
            case "pause":
                self._pause(clock, policy)
            case "resume":
                self._resume(clock)
            case None:
                pass


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
    timed = forecast(going, policy.warn_at, at, hours_of(ticket, clock, policy, world))
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
