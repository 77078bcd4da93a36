"""A breach that does not count in reports: somebody excuses it, with a reason."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotFoundError, RuleError
from domain.sla.facts import SlaExcused
from domain.sla.ports import SlaDraft


@dataclass(frozen=True, kw_only=True)
class ExcuseBreach:
    """`cycle` None: the last one of the metric."""

    metric: str
    cycle: int | None
    reason: str
    approved_by: str


def excuse(draft: SlaDraft, command: ExcuseBreach, at: datetime) -> None:
    """Raises NotFoundError, RuleError."""
    clocks = (
        c
        for c in reversed(draft.ticket.clocks)
        if c.metric == command.metric and command.cycle in (None, c.cycle)
    )
    clock = next(clocks, None)
    if clock is None:
        raise NotFoundError("clock", command.metric)
    if clock.breached_at is None and clock.state != "missed":
        raise RuleError(f"{clock.key} is not breached: there is nothing to excuse")
    if clock.excuse is not None:
        raise RuleError(f"{clock.key} was excused by {clock.excuse.approved_by}")
    fact = SlaExcused(
        metric=clock.metric,
        cycle=clock.cycle,
        reason=command.reason,
        approved_by=command.approved_by,
    )
    draft.record(fact, at)
