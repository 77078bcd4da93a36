"""Running promises shall follow an edited policy or calendar: who said so, and why.

A calendar's new version reaches running clocks by itself, unless their policy pins it;
a policy's own new version only where it says so, or by this order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from domain.commands import RestatePromises
from domain.config import Configuration
from domain.event import Fact
from domain.sla.facts import SlaAttached, SlaCancelled, SlaRestated
from domain.ticket.draft import Draft

RestatedKind = Literal["sla-policies", "calendars"]


@dataclass(frozen=True, kw_only=True)
class RestatementOrdered(Fact):
    topic: ClassVar[str] = "policy.restated"
    restatement_id: str
    kind: RestatedKind
    name: str
    version: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClockChange:
    """What becomes of one clock. Deadlines are None of a clock that stands still or is
    cancelled.
    """

    ticket_id: str
    number: int
    metric: str
    cycle: int
    what: Literal["restated", "cancelled", "attached"]
    old_due_at: datetime | None
    new_due_at: datetime | None
    breaks: bool


def order_of(kind: RestatedKind, reason: str, *, forced: bool) -> RestatePromises:
    return RestatePromises(
        policies=kind == "sla-policies",
        calendars=kind == "calendars",
        reason=reason,
        forced=forced,
    )


def follows_by_itself(config: Configuration, kind: RestatedKind, name: str) -> bool:
    """Whether a new version of this is for running clocks at all. Of a calendar each
    policy decides for its own clocks.
    """
    if kind == "calendars":
        return True
    policies = {policy.ref.name: policy for policy in config.sla_policies}
    return name in policies and policies[name].on_change.policy_edit == "restate"


def clock_changes(draft: Draft) -> Iterator[ClockChange]:
    base = draft.base
    assert base is not None, "only a ticket that is there can be restated"
    due = {(c.metric, c.cycle): c.due_at for c in base.clocks}
    for step in draft.steps:
        fact = step.fact
        if isinstance(fact, SlaRestated | SlaCancelled | SlaAttached):
            now = next(
                c
                for c in draft.ticket.clocks
                if (c.metric, c.cycle) == (fact.metric, fact.cycle)
            )
            old = due.get((fact.metric, fact.cycle))
            yield ClockChange(
                ticket_id=base.id,
                number=base.number,
                metric=fact.metric,
                cycle=fact.cycle,
                what=_what(fact),
                old_due_at=old,
                new_due_at=now.due_at if now.live else None,
                breaks=now.inherited,
            )


def _what(
    fact: SlaRestated | SlaCancelled | SlaAttached,
) -> Literal["restated", "cancelled", "attached"]:
    match fact:
        case SlaRestated():
            return "restated"
        case SlaCancelled():
            return "cancelled"
        case SlaAttached():
            return "attached"
