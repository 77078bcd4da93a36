"""The queue of a team: the ticket is offered to one agent after the other, or assigned
at once, by the rules of the team; or it waits, and the reason is recorded.

It leaves the queue only when it is assigned, when it overflows to another team, or when
it is finished.
"""

from domain.assignment.context import AssignmentContext
from domain.assignment.eligibility import Eligibility, turn_of
from domain.assignment.facts import (
    AssignmentOffered,
    AssignmentOverflowed,
    AssignmentQueued,
    AssignmentUnanswered,
)
from domain.assignment.queue import Queue
from domain.assignment.ranking import chosen_of, why_nobody
from domain.people.candidate import Candidate
from domain.people.facts import TicketAssigned
from domain.people.routing import RoutingRules


def enqueue(
    context: AssignmentContext,
    reason: str = "the ticket has no assignee",
    *,
    at_once: bool = False,
) -> None:
    """Puts the ticket into the queue of its team, if it belongs there and is not in it.
    Other tickets of the team that have waited longer come first, unless `at_once`.
    """
    ticket = context.ticket
    held = ticket.finished or ticket.assignee is not None
    if held or ticket.team is None or ticket.queue is not None:
        return
    routing = context.directory.routing(ticket.team)
    if routing.mode == "manual":
        return
    context.record(_queued(context, ticket.team, routing, reason))
    if not at_once and context.directory.waiting.get(ticket.team):
        context.wait("others have waited longer")
    else:
        offer_next(context)


def _queued(
    context: AssignmentContext, team: str, routing: RoutingRules, reason: str
) -> AssignmentQueued:
    ticket, overflow, at = context.ticket, routing.overflow, context.at
    preferred_skills = routing.preferred_skills(ticket.attributes)
    # Teams that overflow to each other must not pass it on for ever.
    if overflow is not None and overflow.team in (*ticket.overflowed, team):
        overflow = None
    relax_after = routing.relax_after if preferred_skills else None
    return AssignmentQueued(
        team=team,
        queued_at=ticket.queued_at or at,
        reason=reason,
        preferred_skills=preferred_skills,
        relax_at=at + relax_after if relax_after else None,
        overflow_at=at + overflow.after if overflow else None,
        overflow_to=overflow.team if overflow else None,
    )


def offer_next(context: AssignmentContext) -> None:
    """To the next agent, if no offer is open. Agents who declined are asked again only
    where nobody else is left, and only once the round is over or the team was changed
    since the last round.
    """
    queue = context.ticket.queue
    if queue is None or queue.offer is not None:
        return
    if queue.overflow_at is not None and queue.overflow_at <= context.at:
        overflow(context)
        return
    routing = context.directory.routing(queue.team)
    if routing.mode == "manual":
        known = queue.team in context.directory.teams
        by_hand = "assigns by hand" if known else "is retired: assign it by hand"
        context.wait(f"{queue.team} {by_hand}")
        return
    eligibility = Eligibility(context, routing)
    found, round_ = eligibility.candidates(queue.asked), queue.round
    following = _following_round(context, queue)
    if following is not None and queue.asked and chosen_of(found) is None:
        found, round_ = eligibility.candidates({}), following
    chosen = chosen_of(found)
    if chosen is None:
        _wait_for_somebody(context, eligibility, found)
    elif routing.mode == "direct":
        _assign(context, chosen, found)
    else:
        again = round_ == following and bool(queue.asked)
        _offer(context, eligibility, found, round_, again=again)


def _following_round(context: AssignmentContext, queue: Queue) -> int | None:
    """None: those who declined are not asked again yet."""
    if queue.ended is not None and queue.ended.team_version != context.team_version:
        return 1
    over = queue.round_ends is not None and queue.round_ends <= context.at
    return queue.round + 1 if over else None


def _offer(
    context: AssignmentContext,
    eligibility: Eligibility,
    found: tuple[Candidate, ...],
    round_: int,
    *,
    again: bool = False,
) -> None:
    queue, chosen = context.queue, chosen_of(found)
    assert chosen is not None, "it is offered to somebody"
    context.record(
        AssignmentOffered(
            team=queue.team,
            agent=chosen.agent,
            strategy=eligibility.routing.strategy,
            expires_at=context.offered_at + eligibility.routing.offer_timeout,
            candidates=queue.unsaid(found),
            again=again,
            turn=turn_of(queue.team, chosen),
            round=round_,
        )
    )


def _assign(
    context: AssignmentContext, chosen: Candidate, found: tuple[Candidate, ...]
) -> None:
    team = context.queue.team
    context.record(
        TicketAssigned(
            team=team,
            agent=chosen.agent,
            reason=chosen.reason,
            candidates=found,
            turn=turn_of(team, chosen),
        )
    )


def _wait_for_somebody(
    context: AssignmentContext, eligibility: Eligibility, found: tuple[Candidate, ...]
) -> None:
    queue, routing = context.queue, eligibility.routing
    times, ends = eligibility.may_change(found), queue.round_ends
    if not eligibility.said_no(found):
        reason = f"nobody in {queue.team} can take it now: {why_nobody(found)}"
    elif queue.ended is not None:
        reason, ends = _unanswered(queue), ends or eligibility.next_shift()
    elif queue.round >= routing.offer_rounds:
        _end_rounds(context, eligibility, found)
        return
    else:
        reason = f"every available member of {queue.team} was asked"
        ends = ends or context.offered_at + routing.pause_after(queue.round)
        times.append(ends)
    context.wait(reason, min(times, default=None), found, ends)


def _end_rounds(
    context: AssignmentContext, eligibility: Eligibility, found: tuple[Candidate, ...]
) -> None:
    """Nobody took it in any round: it overflows to the next team, else the team's lead
    is asked, else it waits.
    """
    queue, lead = context.queue, eligibility.lead()
    if queue.overflow_to is not None:
        overflow(context)
    elif lead is not None and lead.chosen:
        _offer(context, eligibility, (*found, lead), queue.round)
    else:
        known = context.directory.teams.get(queue.team)
        asked = found if lead is None else (*found, lead)
        context.record(
            AssignmentUnanswered(
                team=queue.team,
                reason=_unanswered(queue),
                rounds=queue.round,
                lead=known.lead if known else None,
                again_at=min(eligibility.may_change(found), default=None),
                round_ends=eligibility.next_shift(),
                team_version=context.team_version,
                candidates=queue.unsaid(asked),
            )
        )


def _unanswered(queue: Queue) -> str:
    """The same text as long as it waits, so that it is recorded once."""
    times = "once" if queue.round == 1 else f"{queue.round} times"
    return f"nobody in {queue.team} took it: every available member was asked {times}"


def overflow(context: AssignmentContext) -> None:
    """To the overflow team, and into its queue."""
    queue = context.queue
    assert queue.overflow_to is not None, "there is a team to go to"
    team, reason = queue.overflow_to, f"nobody in {queue.team} took it"
    context.record(AssignmentOverflowed(from_team=queue.team, to_team=team))
    context.record(TicketAssigned(team=team, agent=None, reason=reason))
    enqueue(context, reason)
