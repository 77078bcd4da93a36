"""Running promises follow an edited SLA policy, escalation policy or calendar.

A calendar's new version applies to running clocks by itself, unless their policy pins
it; a policy's own new version applies only where it says so, or by this order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from domain.configuration.configuration import Configuration
from domain.escalation.facts import EscalationMigrated
from domain.event import Fact
from domain.sla.clock import Clock
from domain.sla.facts import SlaAttached, SlaCancelled, SlaRestated
from domain.ticket.decide import RestatePromises
from domain.ticket.draft import Draft
from domain.ticket.evolve import evolve
from domain.ticket.ticket import Ticket

ClockedBy = Literal["sla-policies", "calendars"]
RestatedKind = Literal["sla-policies", "calendars", "escalation-policies"]


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
    """The result for one clock. Deadlines are None if the clock is paused or cancelled.
    If it is `migrated`, they are those of the next escalation step, and `step` says
    which that is.
    """

    ticket_id: str
    number: int
    metric: str
    cycle: int
    what: Literal["restated", "cancelled", "attached", "migrated"]
    old_due_at: datetime | None
    new_due_at: datetime | None
    breaks: bool
    step: int | None = None


def escalating_by(config: Configuration, escalation_policy: str) -> list[str]:
    """SLA policies of which some version, maybe an old one that a ticket keeps, names
    this escalation policy.
    """
    return [
        name
        for (kind, name), entry in sorted(config.entries.items())
        if kind == "sla-policies"
        and any(
            v.document.get("escalation_policy") == escalation_policy
            for v in entry.versions
        )
    ]


def order_of(
    kind: RestatedKind, name: str, reason: str, *, forced: bool
) -> RestatePromises:
    return RestatePromises(
        name=name,
        policies=kind == "sla-policies",
        calendars=kind == "calendars",
        escalation_policies=kind == "escalation-policies",
        reason=reason,
        forced=forced,
    )


def follows_by_itself(config: Configuration, kind: RestatedKind, name: str) -> bool:
    """Whether a new version of this applies to running clocks at all. For a calendar
    each policy decides for its own clocks.
    """
    if kind == "calendars":
        return True
    if kind == "escalation-policies":
        return False
    policies = {policy.ref.name: policy for policy in config.sla_policies}
    return name in policies and policies[name].on_change.policy_edit == "restate"


def clock_changes(draft: Draft) -> Iterator[ClockChange]:
    """Of the clocks that change, end, start, or are due at another instant."""
    base = draft.base
    assert base is not None, "only a ticket that is there can be restated"
    were = {c.key: c for c in base.clocks}
    ticket = base
    for step in draft.steps:
        fact, before = step.fact, ticket
        ticket = evolve(before, fact, step.at, base.id)
        if isinstance(fact, EscalationMigrated):
            yield _migrated(before, ticket, fact)
        if isinstance(fact, SlaRestated | SlaCancelled | SlaAttached):
            key = f"{fact.metric}/{fact.cycle}"
            now = draft.ticket.clock(key)
            was = were.get(key)
            if isinstance(fact, SlaRestated) and was and not _moves(was, now):
                continue
            yield ClockChange(
                ticket_id=base.id,
                number=base.number,
                metric=fact.metric,
                cycle=fact.cycle,
                what=_what(fact),
                old_due_at=was.due_at if was else None,
                new_due_at=now.due_at if now.live else None,
                breaks=now.inherited,
            )


def _moves(was: Clock, now: Clock) -> bool:
    """The due instant of a paused clock is not known: its target is compared."""
    if was.state == "paused" or now.state == "paused":
        return (was.state, was.target) != (now.state, now.target)
    return (was.due_at, was.breach_at) != (now.due_at, now.breach_at)


def _migrated(before: Ticket, after: Ticket, fact: EscalationMigrated) -> ClockChange:
    """At that moment: what was due before has happened by then."""
    metric, _, cycle = fact.clock.partition("/")
    _, old = _next_step(before, fact.clock)
    step, new = _next_step(after, fact.clock)
    return ClockChange(
        ticket_id=after.id,
        number=after.number,
        metric=metric,
        cycle=int(cycle),
        what="migrated",
        old_due_at=old,
        new_due_at=new,
        breaks=False,
        step=step,
    )


def _next_step(ticket: Ticket, key: str) -> tuple[int | None, datetime | None]:
    """Which step is next, and when: none is due while the ticket is acknowledged or
    paused, and before the breach only those that are due before it.
    """
    run = next((r for r in reversed(ticket.runs) if r.clock == key), None)
    if run is not None and (run.breach_at or run.state != "running"):
        waits = run.state in ("running", "waiting")
        return run.step, run.next_due_at if waits else None
    taken = run.step if run else 0
    early = (e for c in ticket.clocks if c.key == key for e in c.early_left)
    following = min(((e.at, e.step) for e in early if e.step >= taken), default=None)
    if following is None:
        return run.step if run else None, None
    return following[1], following[0]


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
