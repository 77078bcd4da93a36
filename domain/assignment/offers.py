"""Into somebody's hands: a ticket that has a team and no agent is offered to one after
the other, or given at once, by the terms of the team; or it waits, and says why.

It never leaves the queue but into hands, to another team, or by being finished.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.assignment.alarms import (
    AssignmentAlarm,
    NextRoundDue,
    OfferExpires,
    OverflowDue,
    RelaxationDue,
)
from domain.assignment.eligibility import Eligibility, turn_of
from domain.assignment.facts import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentOfferExpired,
    AssignmentOverflowed,
    AssignmentQueued,
    AssignmentRelaxed,
    AssignmentRevoked,
    AssignmentUnanswered,
    AssignmentWaiting,
)
from domain.assignment.ports import Draft, World
from domain.assignment.queue import Queue
from domain.assignment.ranking import chosen_of, why_nobody
from domain.assignment.workload import handed
from domain.errors import InvalidError, RuleError, UnknownNameError
from domain.event import Fact
from domain.oncall.book import why_on_leave
from domain.people.candidate import Candidate
from domain.people.directory import may_act
from domain.people.facts import TicketAssigned
from domain.people.routing import RoutingRules


@dataclass(frozen=True, kw_only=True)
class AcceptOffer:
    agent: str


@dataclass(frozen=True, kw_only=True)
class DeclineOffer:
    agent: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OfferNext:
    """Somebody may be free now. Nothing, where somebody is asked already."""


@dataclass(frozen=True, kw_only=True)
class RevokeOffer:
    """From an agent who is away, what they have, are offered, or should approve; not
    if they are back, or if somebody who could know gave it to them after `since`.
    """

    agent: str
    since: datetime


OfferCommand = AcceptOffer | DeclineOffer | OfferNext | RevokeOffer


class Offers:
    """One ticket at one instant. `as_of`: when it is looked at, which after an outage
    is later; nobody can answer an offer before it is made, so it runs from then.
    `world`: with the loads as they are afterwards.
    """

    def __init__(
        self, draft: Draft, at: datetime, world: World, as_of: datetime | None = None
    ) -> None:
        self.draft, self.world, self.directory = draft, world, world.directory
        self.at = max(at, draft.ticket.updated_at)
        self.now = max(self.at, as_of or at)

    # what people do

    def do(self, command: OfferCommand) -> None:
        """Raises RuleError, InvalidError."""
        match command:
            case AcceptOffer():
                self._accept(command.agent)
            case DeclineOffer():
                self._decline(command.agent, command.reason)
            case OfferNext():
                self._recall()
                self.settle(at_once=True)
                self.ask()
            case RevokeOffer():
                self._withdraw(command.agent, command.since)

    def _accept(self, agent: str) -> None:
        queue = self._answerable_by(agent)
        if unfit := may_act(self.directory, agent):
            raise RuleError(f"{agent} cannot take it: {unfit}")
        self.draft.record(AssignmentAccepted(agent=agent), self.at)
        self.draft.record(
            TicketAssigned(team=queue.team, agent=agent, reason="accepted the offer"),
            self.at,
        )

    def _decline(self, agent: str, reason: str) -> None:
        self._offered_to(agent)
        before = self.draft.ticket
        self.draft.record(AssignmentDeclined(agent=agent, reason=reason), self.at)
        self.directory = handed(self.directory, (before, self.draft.ticket))
        self.ask()

    def _recall(self) -> None:
        """What somebody is asked who is not of the team any more."""
        queue = self.draft.ticket.queue
        if queue is None or queue.offer is None:
            return
        agent, team = queue.offer.agent, self.directory.teams.get(queue.team)
        if team is not None and agent not in (*team.members, team.lead):
            self._withdrawn(agent, "offer", f"not in {queue.team} any more")

    def take_from_absent(self) -> None:
        """Who had it when it was finished may have left before it was reopened."""
        if (holder := self.draft.ticket.assignee) is not None:
            self._withdraw(holder, self.at)

    def _withdraw(self, agent: str, since: datetime) -> None:
        away, ticket = self._away(agent), self.draft.ticket
        if away is None or ticket.finished or ticket.owner != agent:
            return
        if ticket.queue is not None:
            self._withdrawn(agent, "offer", away)
            self.ask()
            return
        team, late = ticket.team, ticket.assigned_at and ticket.assigned_at > since
        by_hand = team is None or self._terms(team).mode == "manual"
        # Nobody could give it knowingly to who is gone for good.
        if (late or by_hand) and not self._gone(agent):
            return
        self._withdrawn(agent, "ticket", away)
        reason = f"taken from {agent}: {away}"
        self._record(TicketAssigned(team=team, agent=None, reason=reason))
        self.settle(reason, at_once=True)

    # what rules do

    def come_due(self, alarm: AssignmentAlarm) -> None:
        match alarm:
            case OfferExpires():
                self._expire()
            case NextRoundDue():
                self._try_again()
            case OverflowDue():
                self._overflow()
            case RelaxationDue():
                self._relax()

    def settle(self, reason: str = "nobody has it", *, at_once: bool = False) -> None:
        """Into the queue of its team, if that is where it belongs and is not. Others of
        the team that wait longer come first, but `at_once`.
        """
        ticket = self.draft.ticket
        held = ticket.finished or ticket.assignee is not None
        if held or ticket.team is None or ticket.queue is not None:
            return
        routing = self._terms(ticket.team)
        if routing.mode == "manual":
            return
        self._queue(ticket.team, routing, reason)
        if not at_once and self.directory.waiting.get(ticket.team):
            self._wait("others have waited longer", None, ())
        else:
            self.ask()

    def ask(self) -> None:
        """The next one, if nobody is asked now. Who said no before is asked once more
        where there is nobody else, once everybody was asked and had time to think, or
        the team changed since the offers ended.
        """
        queue = self.draft.ticket.queue
        if queue is None or queue.offer is not None:
            return
        if queue.overflow_at is not None and queue.overflow_at <= self.at:
            self._overflow()
            return
        routing = self._terms(queue.team)
        if routing.mode == "manual":
            known = queue.team in self.directory.teams
            by_hand = "assigns by hand" if known else "is retired: assign it by hand"
            self._wait(f"{queue.team} {by_hand}", None, ())
            return
        takers = Eligibility(
            ticket=self.draft.ticket,
            queue=queue,
            routing=routing,
            at=self.at,
            world=self.world,
            directory=self.directory,
        )
        found, round_ = takers.candidates(queue.asked), queue.round
        following = self._following_round(queue)
        if following is not None and queue.asked and chosen_of(found) is None:
            found, round_ = takers.candidates({}), following
        chosen = chosen_of(found)
        if chosen is None:
            self._wait_for_somebody(queue, takers, found)
        elif routing.mode == "direct":
            self._give(queue, chosen, found)
        else:
            anew = following is not None and round_ == following
            self._offer(takers, found, round_, again=anew and bool(queue.asked))

    def _following_round(self, queue: Queue) -> int | None:
        """None: those who said no are not asked once more now."""
        if queue.ended is not None and queue.ended.team_version != self._team_version:
            return 1
        over = queue.round_ends is not None and queue.round_ends <= self.at
        return queue.round + 1 if over else None

    @property
    def _team_version(self) -> int | None:
        ref = self.world.team_ref(self.draft.ticket.team or "")
        return ref.version if ref else None

    def _try_again(self) -> None:
        """Where several wait for the same shift, say, they get its people in their
        order, as whoever drains the queue knows it, not in that of their alarms.
        """
        queue = self.draft.ticket.queue
        assert queue is not None, "only what is queued waits"
        if self.directory.waiting.get(queue.team, 0) > 1:
            self._wait(f"others wait for {queue.team} too: in turn", None, ())
        else:
            self.ask()

    def _queue(self, team: str, routing: RoutingRules, reason: str) -> None:
        ticket, overflow = self.draft.ticket, routing.overflow
        preferred_skills = routing.preferred_skills(ticket.attributes)
        # It goes round no circle of teams.
        if overflow is not None and overflow.team in (*ticket.overflowed, team):
            overflow = None
        relaxes = routing.relax_after is not None and bool(preferred_skills)
        self._record(
            AssignmentQueued(
                team=team,
                queued_at=ticket.queued_at or self.at,
                reason=reason,
                preferred_skills=preferred_skills,
                relax_at=self.at + routing.relax_after
                if relaxes and routing.relax_after
                else None,
                overflow_at=self.at + overflow.after if overflow else None,
                overflow_to=overflow.team if overflow else None,
            )
        )

    def _offer(
        self,
        takers: Eligibility,
        found: tuple[Candidate, ...],
        round_: int,
        *,
        again: bool = False,
    ) -> None:
        queue, chosen = takers.queue, chosen_of(found)
        assert chosen is not None, "it is offered to somebody"
        self._record(
            AssignmentOffered(
                team=queue.team,
                agent=chosen.agent,
                strategy=takers.routing.strategy,
                expires_at=self.now + takers.routing.offer_timeout,
                candidates=queue.unsaid(found),
                again=again,
                turn=turn_of(queue.team, chosen),
                round=round_,
            )
        )

    def _give(
        self, queue: Queue, chosen: Candidate, found: tuple[Candidate, ...]
    ) -> None:
        self._record(
            TicketAssigned(
                team=queue.team,
                agent=chosen.agent,
                reason=chosen.reason,
                candidates=found,
                turn=turn_of(queue.team, chosen),
            )
        )

    def _wait_for_somebody(
        self, queue: Queue, takers: Eligibility, found: tuple[Candidate, ...]
    ) -> None:
        times, ends = takers.may_change(found), queue.round_ends
        if not takers.said_no(found):
            reason = f"nobody of {queue.team} can take it now: {why_nobody(found)}"
        elif queue.ended is not None:
            reason, ends = _unanswered(queue), ends or takers.next_shift()
        elif queue.round >= takers.routing.offer_rounds:
            self._end(takers, found)
            return
        else:
            reason = f"everybody of {queue.team} who could was asked"
            ends = ends or self.now + takers.routing.pause_after(queue.round)
            times.append(ends)
        self._wait(reason, min(times, default=None), found, ends)

    def _end(self, takers: Eligibility, found: tuple[Candidate, ...]) -> None:
        """Nobody took it in any round: the next team, else the lead, else it waits."""
        queue, lead = takers.queue, takers.lead()
        if queue.overflow_to is not None:
            self._overflow()
        elif lead is not None and lead.chosen:
            self._offer(takers, (*found, lead), queue.round)
        else:
            known = self.directory.teams.get(queue.team)
            self._record(
                AssignmentUnanswered(
                    team=queue.team,
                    reason=_unanswered(queue),
                    rounds=queue.round,
                    lead=known.lead if known else None,
                    again_at=min(takers.may_change(found), default=None),
                    round_ends=takers.next_shift(),
                    team_version=self._team_version,
                    candidates=queue.unsaid((*found, *((lead,) if lead else ()))),
                )
            )

    def _wait(
        self,
        reason: str,
        again_at: datetime | None,
        found: tuple[Candidate, ...],
        round_ends: datetime | None = None,
    ) -> None:
        """Said once, as long as it is so and is not tried again earlier."""
        queue = self.draft.ticket.queue
        assert queue is not None, "only what is queued waits"
        planned, soon = queue.again_at, again_at is not None
        if planned is not None:
            soon = planned <= self.at or (again_at is not None and again_at < planned)
        if queue.waiting == reason and not soon:
            return
        self._record(
            AssignmentWaiting(
                team=queue.team,
                reason=reason,
                again_at=again_at,
                candidates=queue.unsaid(found),
                round_ends=round_ends or queue.round_ends,
            )
        )

    def _expire(self) -> None:
        queue = self.draft.ticket.queue
        assert queue is not None, "only what is queued is offered"
        assert queue.offer is not None, "only an offer expires"
        agent = queue.offer.agent
        self._record(AssignmentOfferExpired(agent=agent))
        self.ask()

    def _relax(self) -> None:
        """The lowest of what is insisted on and not required."""
        queue = self.draft.ticket.queue
        assert queue is not None, "only what is queued has skills to drop"
        assert queue.relax_at is not None, "there is something to drop"
        *kept, dropped = queue.preferred_skills
        every = self._terms(queue.team).relax_after
        following = queue.relax_at + every if kept and every else None
        self._record(
            AssignmentRelaxed(
                team=queue.team,
                dropped=dropped,
                preferred_skills={
                    skill: queue.preferred_skills[skill] for skill in kept
                },
                relax_at=following,
            )
        )
        self.ask()

    def _overflow(self) -> None:
        queue = self.draft.ticket.queue
        assert queue is not None, "only what is queued overflows"
        assert queue.overflow_to is not None, "there is a team to go to"
        team = queue.overflow_to
        reason = f"nobody of {queue.team} took it"
        self._record(AssignmentOverflowed(from_team=queue.team, to_team=team))
        self._record(TicketAssigned(team=team, agent=None, reason=reason))
        self.settle(reason)

    # what they share

    def _answerable_by(self, agent: str) -> Queue:
        """Once the offers ended, also without one whoever was asked may take it."""
        queue = self.draft.ticket.queue
        if queue is None or queue.ended is None or queue.offer is not None:
            return self._offered_to(agent)
        known = self.directory.teams.get(queue.team)
        asked = (*known.members, known.lead) if known else ()
        return queue if agent in asked else self._offered_to(agent)

    def _offered_to(self, agent: str) -> Queue:
        ticket, queue = self.draft.ticket, self.draft.ticket.queue
        known = self.directory.agents
        if agent not in known:
            unknown = UnknownNameError.of("/agent", "agent", agent, known)
            raise InvalidError([unknown])
        if queue is None or queue.offer is None:
            holder = f"{ticket.assignee} has it" if ticket.assignee else ticket.status
            raise RuleError(f"the ticket is offered to nobody now: {holder}")
        if queue.offer.agent != agent:
            raise RuleError(f"it is offered to {queue.offer.agent}, not to {agent}")
        return queue

    def _gone(self, agent: str) -> bool:
        """For good; who is on leave keeps what people gave them by hand."""
        return may_act(self.directory, agent) is not None

    def _away(self, agent: str) -> str | None:
        unfit = may_act(self.directory, agent)
        return unfit or why_on_leave(self.world.oncall, agent, self.at)

    def _withdrawn(
        self, agent: str, held: Literal["offer", "ticket"], reason: str
    ) -> None:
        self._record(AssignmentRevoked(agent=agent, held=held, reason=reason))

    def _terms(self, team: str) -> RoutingRules:
        return self.directory.routing(team)

    def _record(self, fact: Fact) -> None:
        ticket = self.draft.ticket
        cause = ticket.queue.version if ticket.queue else ticket.version
        self.draft.record(
            fact,
            self.at,
            cause=cause,
            policy=self.world.team_ref(ticket.team or ""),
            by_rule=True,
        )
        self.directory = handed(self.directory, (ticket, self.draft.ticket))


def _unanswered(queue: Queue) -> str:
    """The same for as long as it waits, so that it is said once."""
    times = "once" if queue.round == 1 else f"{queue.round} times"
    return f"nobody of {queue.team} took it: everybody who could was asked {times}"
