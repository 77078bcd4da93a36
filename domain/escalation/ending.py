"""The end of escalation runs whose reason is gone."""

from datetime import datetime

from domain.escalation.facts import EscalationEnded
from domain.escalation.ports import EscalationTicket
from domain.recording import Recording


def end_runs(
    draft: Recording[EscalationTicket],
    at: datetime,
    reason: str,
    *,
    clock: str | None = None,
    cause: int | None = None,
) -> None:
    """The runs of this clock; None = of every clock."""
    for run in draft.ticket.runs:
        if run.state != "ended" and clock in (None, run.clock):
            fact = EscalationEnded(clock=run.clock, reason=reason)
            draft.record(fact, at, cause=cause, policy=run.policy, by_rule=True)
