"""Which events of a ticket notify whom, and for which reason.

Nobody is notified of what they did themselves, nobody twice of one event, and nobody of
imported events.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.assignment.facts import AssignmentOffered, AssignmentUnanswered
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.escalation.facts import (
    CHOOSING,
    EscalationCatchAllFired,
    EscalationExhausted,
    EscalationReassigned,
    EscalationStepFired,
)
from domain.event import Event, Fact
from domain.lifecycle.facts import TicketResolved, TicketWatched
from domain.notification.facts import Cause
from domain.notification.notification import Part, notification_id
from domain.people.candidate import Candidate
from domain.people.facts import TicketAssigned
from domain.sla.facts import SlaBreached

WATCHED: tuple[type[Fact], ...] = (SlaBreached, EscalationExhausted, TicketResolved)
"""Events of which the watchers of the ticket are notified, and nobody else."""
NOTIFYING: tuple[type[Fact], ...] = (
    *CHOOSING,
    AssignmentOffered,
    AssignmentUnanswered,
    EscalationReassigned,
    TicketAssigned,
    ApprovalRequested,
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    *WATCHED,
)
TOPICS = frozenset(fact.topic for fact in NOTIFYING)
"""Topics of the events that may notify somebody."""
WATCHES = "watches the ticket"
ASKED = "requested it"
LEADS = "leads the team of the ticket"


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """`reason`: why this person is notified. `part`: which of the people notified of
    the same event this is.
    """

    event: Event
    cause: Cause
    person: str
    reason: str
    part: Part = None

    @property
    def id(self) -> str:
        """The id of the notification."""
        about = self.event.originator_version
        return notification_id(self.event.originator_id, about, self.part)

    @property
    def clock(self) -> str | None:
        """The promise that the event is about, if there is one."""
        match self.event.fact:
            case SlaBreached(metric=metric, cycle=cycle):
                return f"{metric}/{cycle}"
            case (
                EscalationStepFired(clock=clock)
                | EscalationCatchAllFired(clock=clock)
                | EscalationReassigned(clock=clock)
                | EscalationExhausted(clock=clock)
            ):
                return clock
            case _:
                return None

    @property
    def step(self) -> tuple[int, int] | tuple[None, None]:
        """The step and the repetition, if an escalation step notifies this person."""
        fact = self.event.fact
        if isinstance(fact, CHOOSING):
            return fact.step, fact.repetition
        return None, None


def tellings(events: Iterable[Event]) -> Iterator[Trigger]:
    """Who is notified, by the events of one ticket from its first on, in their
    order.
    """
    watching, askers = dict[str, int](), dict[int, str]()
    for event in events:
        if isinstance(event.fact, ApprovalRequested):
            askers[event.fact.number] = event.fact.requested_by
        if event.meta.actor.kind != "migration":
            found = (*_notified(event, watching), *_answered(event, askers))
            yield from (trigger for trigger in found if not _own(trigger))
        if isinstance(event.fact, TicketWatched):
            watching.setdefault(event.fact.person, event.originator_version)


def _own(trigger: Trigger) -> bool:
    """Whether the person caused the event themselves. "No approver is available" is
    caused by nobody, so its requester is notified too.
    """
    actor = trigger.event.meta.actor
    people = actor.kind in ("user", "agent")
    own = (actor.id, actor.on_behalf_of) if people else ()
    return trigger.person in own and trigger.cause != "unresolved"


def _notified(  # noqa: C901 - one case a fact
    event: Event, watching: Mapping[str, int]
) -> Iterator[Trigger]:
    cause: Cause
    match event.fact:
        case EscalationStepFired() | EscalationCatchAllFired():
            yield from _chosen(event, event.fact)
            return
        case AssignmentOffered(agent=person, candidates=candidates):
            cause, reason = "offered", _why(candidates)
        case AssignmentUnanswered(lead=str(person), team=team):
            cause, reason = "unanswered", f"leads {team}"
        case EscalationReassigned(to_agent=person, candidates=candidates):
            cause, reason = "assigned_by_rule", _why(candidates)
        case TicketAssigned(agent=str(person), candidates=(_, *_) as candidates):
            cause, reason = "assigned_by_rule", _why(candidates)
        case ApprovalRequested(approver=str(person)):
            cause, reason = "approval", "the next with enough authority"
        case ApprovalEscalated(approver=str(person), from_approver=before, reason=why):
            cause, reason = "approval", f"{before}: {why}" if before else why
        case SlaBreached() | EscalationExhausted() | TicketResolved():
            yield from _watchers(event, watching)
            return
        case _:
            return
    yield Trigger(event=event, cause=cause, person=person, reason=reason)


def _chosen(
    event: Event, fact: EscalationStepFired | EscalationCatchAllFired
) -> Iterator[Trigger]:
    for place, chosen in enumerate(fact.chosen):
        yield Trigger(
            event=event,
            cause="step",
            person=chosen.person,
            reason="; ".join(chosen.reasons),
            part=place,
        )


def _watchers(event: Event, watching: Mapping[str, int]) -> Iterator[Trigger]:
    for person, since in watching.items():
        yield Trigger(
            event=event, cause="watched", person=person, reason=WATCHES, part=since
        )


def _answered(event: Event, askers: Mapping[int, str]) -> Iterator[Trigger]:
    """How a refund or compensation was decided: notifies its requester (`askers`, by
    its number). Where no approver is available, the lead of the team is notified too.
    """
    match event.fact:
        case (
            ApprovalGranted(number=number, actor=by)
            | ApprovalRejected(number=number, actor=by)
        ):
            # Granted within the requester's own limit: nothing new to them.
            if (person := askers.get(number, by)) != by:
                yield Trigger(event=event, cause="decided", person=person, reason=ASKED)
        case (
            ApprovalRequested(number=number, approver=None, team_lead=lead)
            | ApprovalEscalated(
                number=number, approver=None, from_approver=str(), team_lead=lead
            )
        ):
            cause: Cause = "unresolved"
            asker = askers[number]
            yield Trigger(event=event, cause=cause, person=asker, reason=ASKED)
            if lead is not None:
                yield Trigger(
                    event=event, cause=cause, person=lead, reason=LEADS, part="lead"
                )
        case _:
            return


def _why(candidates: Iterable[Candidate]) -> str:
    return next((c.reason for c in candidates if c.chosen), "chosen by a rule")
