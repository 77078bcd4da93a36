"""Who is on call for long enough to be given work, and when somebody comes on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from domain.oncall.plan import Plan
from domain.oncall.shifts import Shift, shifts

INSTANT: Final = timedelta(seconds=1)
LOOK: Final = timedelta(days=16)


def not_on_shift(
    plan: Plan, people: Iterable[str], at: datetime, left: timedelta
) -> dict[str, str]:
    """Why each of these people cannot be given work now; a person who is missing in the
    result can. Adjacent shifts of a person are one, for whatever reason.
    """
    until = at + max(left, INSTANT)
    found = shifts(plan, at, until)
    reasons = {}
    for person in people:
        end = _end(at, (shift for shift in found if shift.person == person))
        if end is None:
            reasons[person] = "off shift"
        elif end < until and left:
            reasons[person] = f"the shift ends at {end:%Y-%m-%dT%H:%M:%SZ}"
    return reasons


def next_on_shift(plan: Plan, people: Iterable[str], at: datetime) -> datetime:
    """When the next of these comes on call; if none does for 16 days, when to search
    again.
    """
    wanted = set(people)
    begins = (
        shift.begin
        for shift in shifts(plan, at, at + LOOK)
        if shift.person in wanted and shift.begin > at
    )
    return min(begins, default=at + LOOK)


def _end(at: datetime, own: Iterable[Shift]) -> datetime | None:
    """Until when a person is on call from now on; None: they are not on call."""
    end: datetime | None = None
    for shift in own:
        if shift.begin > (end or at):
            break
        end = max(end or shift.end, shift.end)
    return end
