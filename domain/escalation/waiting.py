"""Steps that wait because they reach nobody: when time alone may change that, and the
teams whose members they wait for.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.escalation.policy import Step
from domain.escalation.ports import EscalationTicket
from domain.escalation.target import ONE_OF, SCHEDULES
from domain.oncall.book import OnCallBook, on_leave
from domain.oncall.on_call import on_call_at


def may_change(
    step: Step, people: Iterable[str], at: datetime, oncall: OnCallBook
) -> Iterator[datetime]:
    """When one of these people, whom the step could reach, returns from leave, and when
    others are on call.
    """
    for person in people:
        if back := on_leave(oncall, person, at):
            yield back
    for target in step.targets:
        if target.kind in SCHEDULES:
            ended = target.kind == "on_call_previous"
            yield from _hand_offs(target.name, at, oncall, ended=ended)
    reassign = step.reassign
    if reassign is not None and reassign.strategy == "on_call":
        yield from _hand_offs(reassign.team or "", at, oncall, ended=False)


def _hand_offs(
    schedule: str, at: datetime, oncall: OnCallBook, *, ended: bool
) -> Iterator[datetime]:
    """When the next shifts begin, and, if `ended`, when the current ones end."""
    if schedule in oncall.plans:
        found = on_call_at(oncall.plan(schedule), at)
        yield from (shift.begin for shift in found.next if shift.begin > at)
        if ended:
            yield from (shift.end for shift in found.now)


def awaited_teams(ticket: EscalationTicket) -> frozenset[str]:
    """The teams in which a waiting step would assign somebody who has capacity."""
    found: set[str | None] = set()
    for run in ticket.runs:
        if run.state == "waiting":
            step = ticket.escalation_policy(run.policy).steps[run.step]
            found |= {target.name for target in step.targets if target.kind in ONE_OF}
            if step.reassign is not None and step.reassign.strategy != "on_call":
                found.add(step.reassign.team or ticket.team)
    return frozenset(team for team in found if team is not None)
