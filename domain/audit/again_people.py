"""Decisions about people made again: who was offered a ticket, who had to approve
money, and by whose authority it was granted.
"""

from collections.abc import Callable, Iterator, Mapping

from domain.assignment.context import AssignmentContext
from domain.assignment.eligibility import Eligibility
from domain.assignment.facts import AssignmentOffered, AssignmentWaiting
from domain.assignment.ranking import chosen_of
from domain.audit.again import Case, Mismatch, Remake, compared, differ
from domain.audit.again_escalation import forgetful, rightly
from domain.authority.approvals import (
    AskApproval,
    DecideApproval,
    approval_unanswered,
    approver_away,
    handle_approval,
    reroute_approvals,
)
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
)
from domain.copies import replace
from domain.event import Fact
from domain.people.candidate import Candidate
from domain.people.facts import TicketAssigned
from domain.ticket.draft import Draft

_HAD = "had the customer before"
"""A preference that follows from other tickets."""


def _offered(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, AssignmentOffered)
    yield from _chosen(case, fact.agent, fact.candidates, again=fact.again)
    timeout = case.world.directory.routing(fact.team).offer_timeout
    begun = fact.expires_at - timeout
    if begun < case.event.timestamp:
        yield Mismatch("expires_at", fact.expires_at, case.event.timestamp + timeout)


def _assigned(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, TicketAssigned)
    if fact.candidates and fact.agent and case.ticket.queue is not None:
        yield from _chosen(case, fact.agent, fact.candidates, again=False)


def _chosen(
    case: Case, agent: str, recorded: tuple[Candidate, ...], *, again: bool
) -> Iterator[Mismatch]:
    """They could be chosen, and nobody had to be preferred."""
    named = chosen_of(recorded)
    yield from differ("agent", agent, named.agent if named else None)
    if named is not None and named.reason == _HAD:
        return
    made = _found(case, again=again)
    chosen = chosen_of(made)
    yield from differ("choice", agent, chosen.agent if chosen else None)
    free = replace(case, world=case.world.having(forgetful(case.world.directory)))
    yield from rightly(agent, _found(free, again=again))


def _found(case: Case, *, again: bool) -> tuple[Candidate, ...]:
    draft = Draft(case.ticket.id, case.ticket)
    context = AssignmentContext(draft, case.event.timestamp, case.world)
    queue = context.queue
    eligibility = Eligibility(context, context.directory.routing(queue.team))
    found = eligibility.candidates({} if again else queue.asked)
    lead = eligibility.lead()
    if chosen_of(found) is None and lead is not None:
        return (*found, lead)
    return found


def _waiting(case: Case) -> Iterator[Mismatch]:
    """That nobody could take it, where everybody was looked at."""
    fact = case.event.fact
    assert isinstance(fact, AssignmentWaiting)
    if not fact.reason.startswith("nobody in "):
        return
    free = replace(case, world=case.world.having(forgetful(case.world.directory)))
    draft = Draft(free.ticket.id, free.ticket)
    context = AssignmentContext(draft, case.event.timestamp, free.world)
    queue = context.queue
    eligibility = Eligibility(context, context.directory.routing(queue.team))
    chosen = chosen_of(eligibility.candidates(queue.asked))
    yield from differ("choice", None, chosen.agent if chosen else None)


def _asked(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, ApprovalRequested)
    command = _request(fact)
    yield from compared(fact, _first(case, lambda d: _handle(case, d, command)))


def _request(fact: ApprovalRequested | ApprovalGranted) -> AskApproval:
    return AskApproval(
        kind=fact.kind,
        amount=fact.amount,
        currency=fact.currency,
        reason=fact.reason,
        requested_by=fact.requested_by,
    )


def _granted(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, ApprovalGranted)
    command: AskApproval | DecideApproval = DecideApproval(
        number=fact.number, grant=True, by=fact.actor, reason=fact.reason
    )
    if fact.number > len(case.ticket.approvals):  # within the requester's own limit
        command = _request(fact)
    yield from compared(fact, _first(case, lambda d: _handle(case, d, command)))


def _rejected(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, ApprovalRejected)
    command = DecideApproval(
        number=fact.number, grant=False, by=fact.actor, reason=fact.reason
    )
    yield from compared(fact, _first(case, lambda d: _handle(case, d, command)))


def _escalated(case: Case) -> Iterator[Mismatch]:
    fact, at = case.event.fact, case.event.timestamp
    assert isinstance(fact, ApprovalEscalated)
    person = fact.from_approver

    def decide(draft: Draft) -> None:
        if fact.away and person is not None:
            approver_away(draft, person, at, case.world)
        elif person is not None:
            approval_unanswered(draft, fact.number, at, case.world)
        else:
            reroute_approvals(draft, at, case.world)
            if not draft.steps:  # nothing has changed, it was only time to look again
                approval_unanswered(draft, fact.number, at, case.world)

    yield from compared(fact, _first(case, decide, fact.number))


def _handle(case: Case, draft: Draft, command: AskApproval | DecideApproval) -> None:
    handle_approval(draft, command, case.event.timestamp, case.world)


def _first(
    case: Case, decide: Callable[[Draft], None], number: int | None = None
) -> Fact | None:
    """What is decided; of the approval with this number, if several are."""
    draft = Draft(case.ticket.id, case.ticket)
    decide(draft)
    facts = [step.fact for step in draft.steps]
    if number is not None:
        facts = [f for f in facts if getattr(f, "number", number) == number]
    return facts[0] if facts else None


PEOPLE: Mapping[type[Fact], Remake] = {
    AssignmentOffered: _offered,
    AssignmentWaiting: _waiting,
    TicketAssigned: _assigned,
    ApprovalRequested: _asked,
    ApprovalGranted: _granted,
    ApprovalRejected: _rejected,
    ApprovalEscalated: _escalated,
}
