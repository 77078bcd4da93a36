"""An imported history under a policy: the promise it would have had, and the verdict.

Only `resolution` is judged. The log has no messages, so the time of the first answer is
unknown, and the first assignment is not a valid substitute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from domain.event import Event
from domain.lifecycle.facts import Priority
from domain.simulation.replay import Past, replay
from domain.sla.clock import Clock
from domain.sla.facts import SlaMet, SlaMissed
from domain.ticket.draft import Draft
from domain.ticket.ticket import Ticket
from domain.ticket.world import World

METRIC = "resolution"
Outcome = Literal["met", "missed", "open", "unpromised"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`priority` when it was judged (when it is still open: now); `target` and
    `elapsed` of the clock that decided: the first that was missed, or the last.
    """

    ticket_id: str
    incident: str
    priority: Priority
    outcome: Outcome
    target: timedelta | None = None
    elapsed: timedelta | None = None


@dataclass(frozen=True)
class _Judged:
    fact: SlaMet | SlaMissed
    priority: Priority


def judge(events: Sequence[Event], world: World) -> Verdict:
    """`events` start with the opening."""
    ticket: Ticket | None = None
    judged: list[_Judged] = []
    for draft in replay(events, Past(world=world)):
        ticket = draft.ticket
        judged += _verdicts(draft)
    assert ticket is not None, "a history starts with its opening"
    return _verdict(ticket, judged)


def _verdicts(draft: Draft) -> list[_Judged]:
    return [
        _Judged(step.fact, draft.ticket.priority)
        for step in draft.steps
        if isinstance(step.fact, SlaMet | SlaMissed) and step.fact.metric == METRIC
    ]


def _verdict(ticket: Ticket, judged: Sequence[_Judged]) -> Verdict:
    name = str(ticket.attributes.get("number", ticket.number))
    missed = next((j for j in judged if isinstance(j.fact, SlaMissed)), None)
    clocks = [clock for clock in ticket.clocks if clock.metric == METRIC]
    if missed is None and clocks and clocks[-1].live:
        return _running(ticket, name, clocks[-1])
    decided = missed or (judged[-1] if judged else None)
    if decided is None:
        return Verdict(
            ticket_id=ticket.id,
            incident=name,
            priority=ticket.priority,
            outcome="unpromised",
        )
    return Verdict(
        ticket_id=ticket.id,
        incident=name,
        priority=decided.priority,
        outcome="missed" if missed else "met",
        target=decided.fact.target,
        elapsed=decided.fact.elapsed,
    )


def _running(ticket: Ticket, name: str, clock: Clock) -> Verdict:
    return Verdict(
        ticket_id=ticket.id,
        incident=name,
        priority=ticket.priority,
        outcome="open",
        target=clock.target,
    )
