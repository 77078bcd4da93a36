"""A person as their own stream tells: held, erased, revealed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.errors import RuleError
from domain.event import Event
from domain.privacy.facts import (
    SubjectErased,
    SubjectHoldPlaced,
    SubjectHoldReleased,
)


@dataclass(frozen=True)
class Hold:
    reason: str
    since: datetime
    placed_by: str


@dataclass(frozen=True)
class Subject:
    """`hold`: the legal hold, if there is one. `erased_at`: the last time."""

    hold: Hold | None = None
    erased_at: datetime | None = None


def fold_subject(events: Iterable[Event]) -> Subject:
    subject = Subject()
    for event in events:
        match event.fact:
            case SubjectHoldPlaced(reason=reason):
                hold = Hold(reason, event.timestamp, event.meta.actor.person)
                subject = replace(subject, hold=hold)
            case SubjectHoldReleased():
                subject = replace(subject, hold=None)
            case SubjectErased():
                subject = replace(subject, erased_at=event.timestamp)
            case _:
                pass
    return subject


def refuse_held(subject: Subject) -> None:
    """Raises RuleError."""
    if subject.hold is not None:
        since = subject.hold.since.isoformat()
        raise RuleError(
            f"a legal hold since {since} forbids it ({subject.hold.reason}): release"
            " it first"
        )


def refuse_erased(subject: Subject) -> None:
    """Raises RuleError."""
    if subject.erased_at is not None:
        at = subject.erased_at.isoformat()
        raise RuleError(f"the person was erased already, at {at}")


def release(subject: Subject, reason: str | None) -> SubjectHoldReleased:
    """Raises RuleError where there is none."""
    if subject.hold is None:
        raise RuleError("there is no legal hold")
    return SubjectHoldReleased(reason=reason)
