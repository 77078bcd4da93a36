"""What people did in a history, moment by moment, and doing it again."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

from domain.assignment.commands import DeclineOffer, OfferNext, RevokeOffer
from domain.assignment.facts import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentRevoked,
)
from domain.assignment.offers import handle_offer
from domain.calendar.instants import MICROSECOND
from domain.escalation.commands import StepUndelivered
from domain.escalation.delivery import undelivered
from domain.escalation.facts import (
    EscalationForced,
    EscalationStepFired,
    EscalationUndelivered,
    EscalationWaiting,
)
from domain.escalation.pausing import acknowledge
from domain.escalation.runs import force
from domain.event import SYSTEM, Event, Fact
from domain.lifecycle.facts import (
    TicketAcknowledged,
    TicketMerged,
    TicketMessageAdded,
    TicketPriorityChanged,
    TicketReopened,
    TicketResumed,
    TicketTierChanged,
    TicketUpdated,
)
from domain.people.facts import TicketAssigned
from domain.ticket.draft import Draft
from domain.ticket.escalations import StepChanges
from domain.ticket.merge import close_merged
from domain.ticket.world import World

Moment: TypeAlias = list[Event]
"""What one command did: the rules react to it as one."""

FAMILIES = ("ticket", "feedback")
OF_RULES = ("assignment", "escalation")
IMPORTED_TOGETHER: dict[type[Fact], tuple[type[Fact], ...]] = {
    TicketTierChanged: (TicketUpdated,),
    TicketPriorityChanged: (TicketUpdated, TicketTierChanged),
    TicketResumed: (TicketMessageAdded,),
    TicketReopened: (TicketMessageAdded,),
}
"""An import is one command for a whole history: groups of facts that belong together,
each with the fact it follows."""


def moments(events: Iterable[Event]) -> Iterator[Moment]:
    moment: Moment = []
    for event in _life(events):
        if moment and not _together(moment[-1], event):
            yield moment
            moment = []
        moment.append(event)
    if moment:
        yield moment


def _together(first: Event, second: Event) -> bool:
    same = first.meta.command_id == second.meta.command_id
    if not same or first.timestamp != second.timestamp or _by_rule(second.fact):
        return False
    imported = first.meta.actor.kind == "migration"
    companions = IMPORTED_TOGETHER.get(type(second.fact), ())
    return not imported or isinstance(first.fact, companions)


def _life(events: Iterable[Event]) -> Iterator[Event]:
    """What happened to the ticket from outside. What followed from a rule is left out,
    because the simulated rules decide it again.
    """
    of_rules: set[str | None] = set()
    for event in events:
        family = event.fact.topic.partition(".")[0]
        followed = event.meta.actor == SYSTEM and event.meta.causation_id in of_rules
        if family in OF_RULES or followed:
            of_rules.add(event.id)
        outside = family in FAMILIES and not followed
        if outside or isinstance(event.fact, BY_PEOPLE) or _by_rule(event.fact):
            yield event


BY_PEOPLE = (AssignmentAccepted, AssignmentDeclined, EscalationForced)
BY_RULE = (
    AssignmentOffered,
    AssignmentRevoked,
    EscalationWaiting,
    EscalationStepFired,
    EscalationUndelivered,
)


def _by_rule(fact: Fact) -> bool:
    """A rule did it, perhaps because of something outside the ticket: the rules are
    applied again at this moment.
    """
    return isinstance(fact, BY_RULE) or _given_by_rule(fact)


def due_before(moment: Moment) -> datetime:
    """Until when to enforce what comes due before it. At its last instant a promise
    still holds, so what a rule made of a breach is dated just before the breach was
    due.
    """
    at = moment[0].timestamp
    return at + MICROSECOND if _by_rule(moment[0].fact) else at


def _given_by_rule(fact: Fact) -> bool:
    return isinstance(fact, TicketAssigned) and bool(fact.candidates)


def again(fact: Fact, draft: Draft, at: datetime, world: World) -> None:
    """Applies it to the ticket under these rules. Raises DomainError where that is
    impossible.
    """
    now = world.now(draft)
    match fact:
        case EscalationForced():
            to = None if fact.to_step == fact.from_step else fact.to_step  # the next
            force(draft, to, fact.by, fact.reason, at)
        case EscalationUndelivered():
            lost = StepUndelivered(
                clock=fact.clock,
                step=fact.step,
                repetition=fact.repetition,
                people=fact.people,
                reason=fact.reason,
            )
            undelivered(draft, lost, at, now, StepChanges(draft, now))
        case TicketMerged():
            close_merged(draft, fact, at, now)
        case TicketResumed() if draft.ticket.pause is None:
            pass  # the end of a pause that expired: `enforce` has recorded it
        case EscalationWaiting() | EscalationStepFired():
            pass  # `react` processes waiting steps
        case _ if fact.topic.startswith("assignment.") or _given_by_rule(fact):
            _hand_on(fact, draft, at, world)
        case _:
            draft.record(fact, at)
            if isinstance(fact, TicketAcknowledged):
                acknowledge(draft, fact.by, at)


def _hand_on(fact: Fact, draft: Draft, at: datetime, world: World) -> None:
    """Raises DomainError. An accepted offer is assigned by a separate event."""
    world = world.now(draft)
    match fact:
        case AssignmentAccepted():
            queue = draft.ticket.queue
            if queue and queue.offer and queue.offer.agent == fact.agent:
                draft.record(fact, at)
        case AssignmentDeclined():
            declined = DeclineOffer(agent=fact.agent, reason=fact.reason)
            handle_offer(draft, declined, at, world)
        case AssignmentRevoked():
            revoked = RevokeOffer(agent=fact.agent, since=at)
            handle_offer(draft, revoked, at, world)
        case _:
            handle_offer(draft, OfferNext(), at, world)
