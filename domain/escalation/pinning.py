"""The escalation policies that a ticket keeps, whole, as they are when a promise that
names them is made.
"""

from datetime import datetime

from domain.escalation.facts import EscalationPinned
from domain.escalation.policy import EscalationPolicy
from domain.escalation.ports import EscalationDraft
from domain.sla.forecast import Lead


def pin(
    draft: EscalationDraft,
    policy: EscalationPolicy | None,
    at: datetime,
    *,
    cause: int | None,
    by_rule: bool,
) -> None:
    """Unless some version of it is pinned already. None: there is no such policy."""
    kept = draft.ticket.escalation_policies
    if policy is None or any(p.ref.name == policy.ref.name for p in kept):
        return
    fact = EscalationPinned(policy=policy)
    draft.record(fact, at, cause=cause, policy=policy.ref, by_rule=by_rule)


def lead_times(policy: EscalationPolicy) -> tuple[Lead, ...]:
    """The steps that are due before the breach."""
    return tuple(
        Lead(step=i, threshold=step.threshold, wall=step.time == "wall")
        for i, step in enumerate(policy.steps)
        if step.early
    )
