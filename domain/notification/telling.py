"""Which events of a ticket tell whom, and why them.

Nobody is told of what they did themselves, nobody twice of one event, and nobody of
what was imported.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.authority.facts import ApprovalClimbed, ApprovalRequested
from domain.choosing import Candidate
from domain.escalation.facts import (
    EscalationExhausted,
    EscalationNotified,
    EscalationReassigned,
)
from domain.event import Event, Fact
from domain.notification.facts import Cause
from domain.notification.notification import notification_id
from domain.offer.facts import AssignmentOffered
from domain.sla.facts import SlaBreached
from domain.ticket.facts import TicketAssigned, TicketResolved, TicketWatched

WATCHED: tuple[type[Fact], ...] = (SlaBreached, EscalationExhausted, TicketResolved)
"""What those are told of who watch the ticket, and nobody else."""
TELLING: tuple[type[Fact], ...] = (
    EscalationNotified,
    AssignmentOffered,
    EscalationReassigned,
    TicketAssigned,
    ApprovalRequested,
    ApprovalClimbed,
    *WATCHED,
)
TOPICS = frozenset(fact.topic for fact in TELLING)
"""Of the events that may tell somebody."""
WATCHES = "watches the ticket"


@dataclass(frozen=True, kw_only=True)
class Telling:
    """`reason`: why this person. `watched`: of a watcher, since which event."""

    event: Event
    cause: Cause
    person: str
    reason: str
    watched: int | None = None

    @property
    def id(self) -> str:
        """Of the notification."""
        about = self.event.originator_version
        return notification_id(self.event.originator_id, about, self.watched)

    @property
    def clock(self) -> str | None:
        """What promise it is about, if it is about one."""
        match self.event.fact:
            case SlaBreached(metric=metric, cycle=cycle):
                return f"{metric}/{cycle}"
            case (
                EscalationNotified(clock=clock)
                | EscalationReassigned(clock=clock)
                | EscalationExhausted(clock=clock)
            ):
                return clock
            case _:
                return None

    @property
    def step(self) -> tuple[int, int] | tuple[None, None]:
        """And the lap, where a step told this person."""
        fact = self.event.fact
        if isinstance(fact, EscalationNotified):
            return fact.step, fact.lap
        return None, None


def tellings(events: Iterable[Event]) -> Iterator[Telling]:
    """Of a ticket's events, from the first on; in their order."""
    watching = dict[str, int]()
    for event in events:
        actor = event.meta.actor
        own = (actor.id, actor.on_behalf_of) if actor.kind == "user" else ()
        if actor.kind != "migration":
            yield from (t for t in _told(event, watching) if t.person not in own)
        if isinstance(event.fact, TicketWatched):
            watching.setdefault(event.fact.person, event.originator_version)


def _told(event: Event, watching: Mapping[str, int]) -> Iterator[Telling]:
    cause: Cause
    match event.fact:
        case EscalationNotified(person=person, reason=reason):
            cause = "step"
        case AssignmentOffered(agent=person, candidates=candidates):
            cause, reason = "offered", _why(candidates)
        case EscalationReassigned(to_agent=person, candidates=candidates):
            cause, reason = "handed_over", _why(candidates)
        case TicketAssigned(agent=str(person), candidates=(_, *_) as candidates):
            cause, reason = "handed_over", _why(candidates)
        case ApprovalRequested(approver=str(person)):
            cause, reason = "approval", "the next with enough authority"
        case ApprovalClimbed(approver=str(person), from_approver=before, reason=why):
            cause, reason = "approval", f"{before}: {why}" if before else why
        case SlaBreached() | EscalationExhausted() | TicketResolved():
            yield from _watchers(event, watching)
            return
        case _:
            return
    yield Telling(event=event, cause=cause, person=person, reason=reason)


def _watchers(event: Event, watching: Mapping[str, int]) -> Iterator[Telling]:
    for person, since in watching.items():
        yield Telling(
            event=event, cause="watched", person=person, reason=WATCHES, watched=since
        )


def _why(candidates: Iterable[Candidate]) -> str:
    return next((c.reason for c in candidates if c.chosen), "chosen by a rule")
