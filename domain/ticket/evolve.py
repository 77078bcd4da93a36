"""The one fold: facts in, ticket out. Live server, replay and report all use it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.assignment import queue as queues
from domain.assignment.facts import (
    AssignmentFact,
    AssignmentOffered,
    AssignmentOverflowed,
    AssignmentQueued,
)
from domain.authority import approval as approvals
from domain.authority.facts import ApprovalFact
from domain.copies import replace
from domain.errors import NotFoundError, UnreadableError
from domain.escalation import run as runs
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationBreached,
    EscalationCatchAllFired,
    EscalationEnded,
    EscalationExhausted,
    EscalationFact,
    EscalationForced,
    EscalationMigrated,
    EscalationNotified,
    EscalationPaused,
    EscalationPinned,
    EscalationReassigned,
    EscalationReassignmentFailed,
    EscalationResumed,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationUndelivered,
    EscalationWaiting,
)
from domain.escalation.policy import EscalationPolicy
from domain.event import Event, Fact, event_id
from domain.lifecycle.facts import (
    FeedbackCaptured,
    LifecycleFact,
    TicketAbsorbed,
    TicketAcknowledged,
    TicketClosed,
    TicketMacroRun,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketSeparated,
    TicketSplit,
    TicketTierChanged,
    TicketUnmerged,
    TicketUpdated,
    TicketWatched,
)
from domain.lifecycle.pause import PastPause, Pause
from domain.lifecycle.reply_author import ReplyAuthor
from domain.people.directory import Turn
from domain.people.facts import TicketAssigned
from domain.sla import clock as clocks
from domain.sla.facts import (
    ClockFact,
    PreBreachStep,
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaExcused,
    SlaFact,
    SlaMatched,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaPaused,
    SlaRestated,
    SlaResumed,
    SlaWarned,
)
from domain.sla.reply import reply_author
from domain.ticket.ticket import Absorbed, Merged, Ticket


def fold(events: Iterable[Event], ticket: Ticket | None = None) -> Ticket | None:
    """The ticket after these events; `ticket`: the state before them."""
    for event in events:
        ticket = evolve(ticket, event.fact, event.timestamp, event.originator_id)
    return ticket


def states(events: Iterable[Event]) -> Iterator[Ticket]:
    """The ticket after each of these events, its opening first."""
    ticket: Ticket | None = None
    for event in events:
        ticket = evolve(ticket, event.fact, event.timestamp, event.originator_id)
        yield ticket


def evolve(ticket: Ticket | None, fact: Fact, at: datetime, ticket_id: str) -> Ticket:
    """Raises NotFoundError for a history that does not begin with an opening, and
    UnreadableError for a fact that does not belong to tickets: no fact is ignored.
    """
    if isinstance(fact, TicketOpened):
        return _opened(fact, at, ticket_id)
    if ticket is None:
        raise NotFoundError("ticket", ticket_id)
    moved = replace(ticket, version=ticket.version + 1, updated_at=at)
    if isinstance(fact, LifecycleFact):
        return _life(moved, fact, at)
    if isinstance(fact, SlaFact):
        return _sla(moved, fact, at)
    if isinstance(fact, AssignmentFact):
        return _assignment(moved, fact, at)
    if isinstance(fact, EscalationFact):
        return _escalation(moved, fact, at)
    if isinstance(fact, ApprovalFact):
        return replace(moved, approvals=approvals.evolve(ticket.approvals, fact, at))
    message = f"{fact.topic} does not happen to tickets"
    raise UnreadableError(event_id(ticket_id, moved.version), message)


def _opened(fact: TicketOpened, at: datetime, ticket_id: str) -> Ticket:
    return Ticket(
        id=ticket_id,
        version=1,
        number=fact.number,
        status="open",
        subject=fact.subject,
        channel=fact.channel,
        type=fact.type,
        priority=fact.priority,
        customer=fact.customer,
        opened_at=at,
        updated_at=at,
        product_area=fact.product_area,
        tags=fact.tags,
        attributes=fact.attributes,
        message_count=1,
        opened_by=fact.opened_by,
        customer_wrote=fact.opened_by != "agent",
        asked=1 if fact.opened_by == "customer" else None,
    )


def _life(  # noqa: C901, PLR0911, PLR0912 - one case a fact
    ticket: Ticket, fact: LifecycleFact, at: datetime
) -> Ticket:
    match fact:
        case TicketMessageAdded():
            return _message(ticket, fact)
        case TicketAssigned():
            handed = _handed(ticket, fact.team, fact.agent, at)
            return _turned(handed, fact.turn, fact.agent, at)
        case TicketAcknowledged():
            return replace(ticket, acknowledged_by=fact.by)
        case TicketPaused():
            pause = Pause(reason=fact.reason, since=at, until=fact.until)
            return replace(ticket, status=fact.status, pause=pause)
        case TicketResumed():
            return replace(_running(ticket, at), status="open")
        case TicketPriorityChanged():
            return replace(ticket, priority=fact.new)
        case TicketTierChanged():
            return replace(ticket, customer=replace(ticket.customer, tier=fact.new))
        case TicketUpdated():
            return _updated(ticket, fact)
        case TicketResolved():
            return replace(_finished(ticket, at), status="resolved", resolved_at=at)
        case TicketClosed():
            return replace(_finished(ticket, at), status="closed", closed_at=at)
        case TicketReopened():
            return replace(
                ticket,
                status="open",
                resolved_at=None,
                closed_at=None,
                acknowledged_by=None,
                reopen_count=ticket.reopen_count + 1,
                merged_into=None,
                merged=None,
            )
        case TicketWatched():
            return replace(ticket, watchers=(*ticket.watchers, fact.person))
        case TicketMerged():
            return _merged(ticket, fact, at)
        case TicketAbsorbed():
            return _absorbed(ticket, fact, at)
        case TicketUnmerged():
            return _unmerged(ticket, fact)
        case TicketSeparated():
            return _separated(ticket, fact)
        case FeedbackCaptured():
            return replace(ticket, feedback_count=ticket.feedback_count + 1)
        case TicketSplit() | TicketMacroRun() | TicketOpened():
            return ticket


def _running(ticket: Ticket, at: datetime) -> Ticket:
    """A pause ends when the ticket is resumed, and also when it is resolved while
    paused.
    """
    pause = ticket.pause
    if pause is None:
        return ticket
    past = PastPause(
        status=ticket.status, reason=pause.reason, since=pause.since, end=at
    )
    return replace(ticket, pause=None, past_pauses=(*ticket.past_pauses, past))


def _finished(ticket: Ticket, at: datetime) -> Ticket:
    settled = ticket.settled or ticket.customer_wrote
    return replace(
        _running(ticket, at),
        asked=None,
        settled=settled,
        queue=None,
        queued_at=None,
        overflowed=(),
    )


def _merged(ticket: Ticket, fact: TicketMerged, at: datetime) -> Ticket:
    before = Merged(
        at=at,
        status=ticket.status,
        pause=ticket.pause,
        past_pauses=ticket.past_pauses,
        asked=ticket.asked,
        settled=ticket.settled,
        queued_at=ticket.queued_at,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        into_number=fact.into_number,
        into_customer=fact.into_customer,
    )
    return replace(
        _finished(ticket, at),
        status="closed",
        closed_at=at,
        merged_into=fact.into,
        merged=before,
    )


def _unmerged(ticket: Ticket, fact: TicketUnmerged) -> Ticket:
    """The ticket before the merge, with the answers that its customer got meanwhile."""
    before = ticket.merged
    if before is None:
        return ticket
    spoken = tuple(replace(v, last=ticket.version) for v in fact.replies)
    return replace(
        ticket,
        status=before.status,
        pause=before.pause,
        past_pauses=before.past_pauses,
        asked=before.asked,
        settled=before.settled,
        queued_at=before.queued_at,
        resolved_at=before.resolved_at,
        closed_at=before.closed_at,
        reply_authors=(*ticket.reply_authors, *spoken)
        if ticket.customer_wrote
        else ticket.reply_authors,
        merged_into=None,
        merged=None,
    )


def _absorbed(ticket: Ticket, fact: TicketAbsorbed, at: datetime) -> Ticket:
    """The customer of the merged ticket waits here now, as if they had written here."""
    came = Absorbed(
        ticket_id=fact.absorbed,
        number=fact.number,
        at=at,
        version=ticket.version,
        up_to=fact.version,
        messages=fact.messages,
        asked=ticket.asked,
    )
    return replace(
        ticket,
        absorbed=(*ticket.absorbed, came),
        message_count=ticket.message_count + fact.messages,
        customer_wrote=ticket.customer_wrote or fact.customer_wrote,
        asked=ticket.version if fact.awaits_reply else ticket.asked,
    )


def _separated(ticket: Ticket, fact: TicketSeparated) -> Ticket:
    gone = next((a for a in ticket.absorbed if a.ticket_id == fact.separated), None)
    if gone is None:
        return ticket
    waited = ticket.asked == gone.version
    return replace(
        ticket,
        absorbed=tuple(a for a in ticket.absorbed if a is not gone),
        message_count=ticket.message_count - gone.messages,
        asked=gone.asked if waited else ticket.asked,
    )


def _handed(
    ticket: Ticket, team: str | None, agent: str | None, at: datetime
) -> Ticket:
    """A separate event puts it into the queue."""
    moved = replace(ticket, team=team, assignee=agent, queue=None)
    if ticket.assignee not in (None, agent):
        moved = replace(moved, last_owner=ticket.assignee)
    if agent is None:
        return moved
    return replace(moved, assigned_at=at, overflowed=())


def _turned(
    ticket: Ticket, place: str | None, person: str | None, at: datetime
) -> Ticket:
    if place is None or person is None:
        return ticket
    turns = {**ticket.turns, place: Turn(person=person, at=at)}
    return replace(ticket, turns=turns)


def _assignment(ticket: Ticket, fact: AssignmentFact, at: datetime) -> Ticket:
    if isinstance(fact, AssignmentQueued):
        queue = queues.queued(fact, ticket.version)
        return replace(ticket, queue=queue, queued_at=fact.queued_at)
    if isinstance(fact, AssignmentOverflowed):
        return replace(ticket, overflowed=(*ticket.overflowed, fact.from_team))
    if isinstance(fact, AssignmentOffered):
        ticket = _turned(ticket, fact.turn, fact.agent, at)
    if ticket.queue is None:
        return ticket
    return replace(ticket, queue=queues.evolve(ticket.queue, fact, ticket.version))


def _message(ticket: Ticket, fact: TicketMessageAdded) -> Ticket:
    counted = replace(ticket, message_count=ticket.message_count + 1)
    if fact.visibility != "public":
        return counted
    if fact.author.kind != "customer":
        return replace(counted, reply_authors=_reply_authors(ticket, fact))
    if fact.automatic:
        return counted
    asked = ticket.version if fact.expects_reply else ticket.asked
    return replace(counted, customer_wrote=True, asked=asked)


def _reply_authors(ticket: Ticket, fact: TicketMessageAdded) -> tuple[ReplyAuthor, ...]:
    """What is written before the customer writes is not an answer."""
    if not ticket.customer_wrote:
        return ticket.reply_authors
    spoken = reply_author(fact, ticket)
    others = (v for v in ticket.reply_authors if replace(v, last=spoken.last) != spoken)
    return (*others, spoken)


def _updated(ticket: Ticket, fact: TicketUpdated) -> Ticket:
    new = fact.new
    return replace(
        ticket,
        subject=new.subject,
        type=new.type,
        product_area=new.product_area,
        tags=new.tags,
        attributes=new.attributes,
    )


def _sla(ticket: Ticket, fact: SlaFact, at: datetime) -> Ticket:
    match fact:
        case SlaMatched():
            return replace(ticket, promises=fact.promises, decision=fact.decision)
        case SlaNotMatched():
            return replace(ticket, promises=(), decision=fact.decision)
        case SlaAttached():
            clock = clocks.attached(fact, at, ticket.version, ticket.decision)
            return replace(ticket, clocks=(*ticket.clocks, clock))
        case (
            SlaPaused()
            | SlaResumed()
            | SlaWarned()
            | SlaBreached()
            | SlaMet()
            | SlaMissed()
            | SlaRestated()
            | SlaCancelled()
            | SlaExcused()
        ):
            return replace(
                ticket,
                clocks=tuple(
                    _clock(ticket, c, fact, at)
                    if c.cycle == fact.cycle and c.metric == fact.metric
                    else c
                    for c in ticket.clocks
                ),
            )


def _clock(
    ticket: Ticket, clock: clocks.Clock, fact: ClockFact, at: datetime
) -> clocks.Clock:
    moved = clocks.evolve(clock, fact, at, ticket.version, ticket.decision)
    judged = moved.breached_at or moved.stopped_at
    if moved.standing or not judged:
        return moved
    return replace(moved, standing=snapshot_of(ticket, moved))


def snapshot_of(ticket: Ticket, clock: clocks.Clock) -> clocks.ClockSnapshot:
    """A clock of the metric `team` belongs to its team, also if another takes over."""
    return clocks.ClockSnapshot(
        team=clock.team if clock.metric == "team" else ticket.team,
        tier=ticket.customer.tier,
        priority=ticket.priority,
        type=ticket.type,
    )


def _early(ticket: Ticket, key: str, early: tuple[PreBreachStep, ...]) -> Ticket:
    clocks = (replace(c, early=early) if c.key == key else c for c in ticket.clocks)
    return replace(ticket, clocks=tuple(clocks))


def _fitting(clock: clocks.Clock, escalation_policy: EscalationPolicy) -> clocks.Clock:
    """A newer version of its escalation policy is pinned: until the new instants of the
    steps before the breach are recorded, those of the steps that both versions have
    stay.
    """
    if clock.escalation_policy != escalation_policy.ref.name:
        return clock
    steps = escalation_policy.steps
    both = tuple(e for e in clock.early if e.step < len(steps) and steps[e.step].early)
    return replace(clock, early=both)


def _escalation(  # noqa: C901 - one case a fact
    ticket: Ticket, fact: EscalationFact, at: datetime
) -> Ticket:
    if isinstance(fact, EscalationMigrated) and fact.early is not None:
        ticket = _early(ticket, fact.clock, fact.early)
    if isinstance(fact, EscalationStepFired):
        for place, person in fact.turns.items():
            ticket = _turned(ticket, place, person, at)
    match fact:
        case EscalationPinned():
            return replace(
                ticket,
                escalation_policies=(*ticket.escalation_policies, fact.policy),
                clocks=tuple(_fitting(clock, fact.policy) for clock in ticket.clocks),
            )
        case EscalationStarted():
            run = runs.started(fact, ticket.version)
            return replace(ticket, runs=(*ticket.runs, run), acknowledged_by=None)
        case (
            EscalationBreached()
            | EscalationStepFired()
            | EscalationStepSkipped()
            | EscalationWaiting()
            | EscalationUndelivered()
            | EscalationAcknowledged()
            | EscalationPaused()
            | EscalationResumed()
            | EscalationForced()
            | EscalationMigrated()
            | EscalationExhausted()
            | EscalationEnded()
        ):
            return replace(
                ticket,
                runs=tuple(
                    runs.evolve(run, fact)
                    if run.clock == fact.clock and run.state != "ended"
                    else run
                    for run in ticket.runs
                ),
            )
        case EscalationReassigned():
            handed = _handed(ticket, fact.team, fact.to_agent, at)
            return _turned(handed, fact.turn, fact.to_agent, at)
        case (
            EscalationCatchAllFired()
            | EscalationNotified()
            | EscalationReassignmentFailed()
        ):
            return ticket
