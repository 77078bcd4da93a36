"""One climb of one ladder, after one breach; and who a step means.

A run knows the next step by number; when that step is due follows from the pinned
policy, the breach and the pauses of the ticket, so nothing has to be stored that could
disagree. A pause holds the climb: what was left to the next step is left afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.assignment import Directory
from domain.escalation.facts import (
    EscalationEnded,
    EscalationExhausted,
    EscalationStarted,
    EscalationStepFired,
)
from domain.escalation.policy import EscalationPolicy, Target
from domain.event import PolicyRef
from domain.sla import budget
from domain.sla.budget import Span

RunState = Literal["climbing", "exhausted", "ended"]


@dataclass(frozen=True, kw_only=True)
class Run:
    clock: str
    policy: PolicyRef
    breach_at: datetime
    started_version: int
    state: RunState = "climbing"
    step: int = 0
    lap: int = 0
    fired: int = 0
    reason: str | None = None
    pauses: tuple[Span, ...] = ()

    def due_at(self, policy: EscalationPolicy) -> datetime | None:
        """Of the next step; None while the ticket is paused."""
        if self.pauses and self.pauses[-1].end is None:
            return None
        after = policy.after_breach(self.step, self.lap)
        return budget.due_at(self.breach_at, after, self.pauses)


def pause(run: Run, at: datetime) -> Run:
    if run.state != "climbing":
        return run
    return replace(run, pauses=(*run.pauses, Span(at)))


def resume(run: Run, at: datetime) -> Run:
    if not run.pauses or run.pauses[-1].end is not None:
        return run
    return replace(run, pauses=(*run.pauses[:-1], Span(run.pauses[-1].start, at)))


def started(fact: EscalationStarted, version: int) -> Run:
    return Run(
        clock=fact.clock,
        policy=fact.policy,
        breach_at=fact.breach_at,
        started_version=version,
    )


def evolve(
    run: Run,
    fact: EscalationStepFired | EscalationExhausted | EscalationEnded,
    policy: EscalationPolicy,
) -> Run:
    match fact:
        case EscalationStepFired():
            last = fact.step + 1 == len(policy.steps)
            return replace(
                run,
                fired=run.fired + 1,
                step=0 if last else fact.step + 1,
                lap=fact.lap + 1 if last else fact.lap,
            )
        case EscalationExhausted():
            return replace(run, state="exhausted")
        case EscalationEnded():
            return replace(run, state="ended", reason=fact.reason)


def people(
    target: Target, directory: Directory, assignee: str | None
) -> Iterator[tuple[str, str]]:
    """Who this target means now, each with the reason; nobody is a fine answer."""
    active = {a.id for a in directory.agents.values() if a.active}
    if target.kind == "team":
        team = directory.teams.get(target.name)
        for member in team.members if team else ():
            if member in active:
                yield member, f"member of {target.name}"
        return
    holder = directory.agents.get(assignee or "")
    person, reason = {
        "assignee": (assignee, "holds the ticket"),
        "agent": (target.name, "named by the policy"),
        "manager_of": (holder.manager if holder else None, f"manager of {assignee}"),
    }[target.kind]
    if person in active and person is not None:
        yield person, reason
