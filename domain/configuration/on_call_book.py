"""The book of who is on call, from the log: versions, overrides, swaps, leaves, and
people who left.

Not in `domain.oncall`, because it folds the facts of publishing, which belong to
configuration.
"""

from collections.abc import Iterable

from domain.configuration.facts import PolicyPublished, PolicyRetired
from domain.event import Event, PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.facts import (
    AgentLeaveAdded,
    AgentLeaveCancelled,
    ScheduleOverrideAdded,
    ScheduleOverrideCancelled,
    ScheduleSwapCancelled,
    ScheduleSwapOffered,
    ScheduleSwapTaken,
)
from domain.oncall.schedule_form import parse_schedule


def fold_oncall(events: Iterable[Event], start: OnCallBook | None = None) -> OnCallBook:
    """Returns the same book if none of the events is about it."""
    book = OnCallBook() if start is None else start
    for event in events:
        book = _evolve(book, event)
    return book


def _evolve(book: OnCallBook, event: Event) -> OnCallBook:
    match event.fact:
        case PolicyPublished(kind="schedules", name=name) as made:
            ref = PolicyRef(name=name, version=made.version, sha256=made.sha256)
            schedule = parse_schedule(ref, made.resolved or made.document)
            return book.revised(name, schedule, event.timestamp)
        case PolicyRetired(kind="schedules", name=name):
            return book.revised(name, None, event.timestamp)
        case (
            ScheduleOverrideAdded(schedule=name)
            | ScheduleOverrideCancelled(schedule=name)
            | ScheduleSwapOffered(schedule=name)
            | ScheduleSwapTaken(schedule=name)
            | ScheduleSwapCancelled(schedule=name)
        ):
            return book.changed(name, [event])
        case AgentLeaveAdded(agent=name) | AgentLeaveCancelled(agent=name):
            return book.on_leave(name, [event])
        case PolicyPublished(kind="agents") | PolicyRetired(kind="agents") as fact:
            return book.known_gone(fact.name, event.timestamp, _gone(fact))
        case _:
            return book


def _gone(fact: PolicyPublished | PolicyRetired) -> str | None:
    """Why they cannot be on call any more; None: they can."""
    if isinstance(fact, PolicyRetired):
        return "retired"
    return None if fact.document.get("active", True) is True else "not active"
