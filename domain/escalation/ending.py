"""The end of a run: its reason is gone, or it has no step left."""

from datetime import datetime

from domain.escalation.facts import EscalationEnded, EscalationExhausted
from domain.escalation.ports import EscalationDraft


def end_runs(
    draft: EscalationDraft,
    at: datetime,
    reason: str,
    *,
    clock: str | None = None,
    cause: int | None = None,
) -> None:
    """Ends the runs of this clock; None = of every clock."""
    for run in draft.ticket.runs:
        if run.state != "ended" and clock in (None, run.clock):
            fact = EscalationEnded(clock=run.clock, reason=reason)
            draft.record(fact, at, cause=cause, policy=run.policy, by_rule=True)


def exhaust(draft: EscalationDraft, key: str, at: datetime) -> None:
    """Exhausts the run of a breached clock if its policy has no step from the breach
    on.
    """
    for run in draft.ticket.runs:
        steps = len(draft.ticket.escalation_policy(run.policy).steps)
        at_end = run.state == "running" and run.step == steps
        if run.clock == key and at_end and run.breach_at is not None:
            draft.record(
                EscalationExhausted(clock=key),
                at,
                cause=draft.ticket.version,
                policy=run.policy,
                by_rule=True,
            )
