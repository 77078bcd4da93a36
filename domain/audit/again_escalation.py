"""Decisions of escalations made again: when a step is due, whom it chooses and why not
the others, and what comes next.
"""

from collections.abc import Iterator, Mapping

from domain.audit.again import Case, Mismatch, Remake, compared, differ
from domain.conditions.condition import ATTRIBUTE
from domain.copies import replace
from domain.escalation.facts import (
    EscalationBreached,
    EscalationReassigned,
    EscalationReassignmentFailed,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
    EscalationWaiting,
)
from domain.escalation.run import Run
from domain.escalation.runs import policy_of
from domain.escalation.steps import StepExecution
from domain.escalation.timing import first_due
from domain.event import Fact
from domain.people.candidate import Candidate
from domain.people.directory import Directory
from domain.personal import ERASED
from domain.ticket.draft import Draft
from domain.ticket.escalations import StepChanges

_WORSE = (
    "more loaded",
    "equally skilled, more loaded",
    "fewer of the skills",
    "lower levels",
    "has none of the skills",
)
"""Reasons for which somebody is not chosen that are decided by what is recorded; how
long somebody was without work, and whose turn it was, is not in the ticket."""
_CONDITION = "its condition does not hold: "


def _begun(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, EscalationStarted | EscalationBreached)
    if fact.breach_at is None:
        return  # before the breach its first step is what came due, or a person's wish
    clock = case.ticket.clock(fact.clock)
    policy = policy_of(case.ticket, clock)
    if policy is None:
        yield Mismatch("policy", clock.escalation_policy, None)
        return
    due = first_due(case.ticket, fact.clock, policy, fact.breach_at, case.world)
    yield from differ("step", fact.step, policy.first_late)
    yield from differ("next_due_at", fact.next_due_at, due)


def _fired(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, EscalationStepFired)
    run = case.ticket.run(fact.clock)
    yield from _due(case, fact, run)
    draft = Draft(case.ticket.id, case.ticket)
    _step(case, draft, run, fact).take()
    made = draft.steps[0].fact if draft.steps else None
    if fact.picked and isinstance(made, EscalationStepFired):
        # Why the others of a team were not picked depends on their loads, which a step
        # does not record: that they were not, it does.
        recorded, found = ([e.person for e in f.excluded] for f in (fact, made))
        yield from differ("excluded", recorded, found)
        made = replace(made, excluded=fact.excluded)
    yield from compared(fact, made)


def _due(case: Case, fact: EscalationStepFired, run: Run) -> Iterator[Mismatch]:
    clock = case.ticket.clock(fact.clock)
    early = [e.at for e in clock.early if e.step == fact.step]
    if run.step == fact.step and run.next_due_at is not None:
        yield from differ("due_at", fact.due_at, run.next_due_at)
    elif fact.due_at not in early:
        yield Mismatch("due_at", fact.due_at, early)


def _skipped(case: Case) -> Iterator[Mismatch]:
    """Only steps whose condition did not hold: the others follow from when somebody
    looked, and from what was skipped to.
    """
    fact = case.event.fact
    assert isinstance(fact, EscalationStepSkipped)
    if not fact.reason.startswith(_CONDITION):
        return
    step = _step(case, Draft(case.ticket.id, case.ticket), _run(case, fact), fact)
    field = fact.reason.removeprefix(_CONDITION)
    if case.ticket.attributes.get(field.removeprefix(ATTRIBUTE)) == ERASED:
        return
    yield from differ("condition", field, step.refusing_field())


def _reassigned(case: Case) -> Iterator[Mismatch]:
    fact = case.event.fact
    assert isinstance(fact, EscalationReassigned | EscalationReassignmentFailed)
    run = _run(case, fact)
    draft = Draft(case.ticket.id, case.ticket)
    made = _step(case, draft, run, fact).actions.candidates()
    yield from differ("candidates", _choice(fact.candidates), _choice(made))
    if isinstance(fact, EscalationReassigned):
        free = replace(case, world=case.world.having(forgetful(case.world.directory)))
        others = _step(free, draft, run, fact).actions.candidates()
        yield from rightly(fact.to_agent, others)


def _waits(case: Case) -> Iterator[Mismatch]:
    """That the step reaches nobody."""
    fact = case.event.fact
    assert isinstance(fact, EscalationWaiting)
    if fact.until == case.event.timestamp:
        return  # somebody is there again, and the step is due now
    run = case.ticket.run(fact.clock)
    draft = Draft(case.ticket.id, case.ticket)
    outcome = _step(case, draft, replace(run, step=fact.step), None).resolve()
    yield from differ("excluded", fact.excluded, outcome.found.others())
    yield from differ("chosen", (), outcome.found.people())


_OfStep = (
    EscalationStepFired
    | EscalationStepSkipped
    | EscalationReassigned
    | EscalationReassignmentFailed
)


def _run(case: Case, fact: _OfStep) -> Run:
    """As it was when this step was taken. Raises NotFoundError."""
    run = case.ticket.run(fact.clock)
    return replace(run, step=fact.step, repetition=fact.repetition)


def _step(case: Case, draft: Draft, run: Run, fact: _OfStep | None) -> StepExecution:
    due_at = case.event.timestamp
    if fact is not None:
        run = replace(run, step=fact.step, repetition=fact.repetition)
    if isinstance(fact, EscalationStepFired):
        due_at = fact.due_at
    changes = StepChanges(draft, case.world)
    return StepExecution(draft, run, due_at, case.world, changes)


def _choice(found: tuple[Candidate, ...]) -> list[tuple[str, bool]]:
    return [(one.agent, one.chosen) for one in found]


def forgetful(directory: Directory) -> Directory:
    """With the loads that were recorded, and without the choice."""
    return replace(directory, remembered=None)


def rightly(chosen: str, found: tuple[Candidate, ...]) -> Iterator[Mismatch]:
    """`found`: those who could have been chosen, with what decided between them."""
    for one in found:
        if one.agent == chosen and not one.chosen and one.reason.startswith(_WORSE):
            better = next((c.agent for c in found if c.chosen), None)
            yield Mismatch("choice", chosen, f"{better}: {chosen} is {one.reason}")


ESCALATION: Mapping[type[Fact], Remake] = {
    EscalationStarted: _begun,
    EscalationBreached: _begun,
    EscalationStepFired: _fired,
    EscalationStepSkipped: _skipped,
    EscalationReassigned: _reassigned,
    EscalationReassignmentFailed: _reassigned,
    EscalationWaiting: _waits,
}
