"""What comes due in the queue of a team."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from domain.alarm import Alarm
from domain.assignment.queue import Queue


@dataclass(frozen=True, kw_only=True)
class OfferExpires(Alarm):
    pass


@dataclass(frozen=True, kw_only=True)
class NextRoundDue(Alarm):
    """Agents who declined or did not answer may be asked again."""


@dataclass(frozen=True, kw_only=True)
class OverflowDue(Alarm):
    """The ticket overflows to another team."""


@dataclass(frozen=True, kw_only=True)
class RelaxationDue(Alarm):
    """Preferred skills are dropped."""


AssignmentAlarm: TypeAlias = OfferExpires | NextRoundDue | OverflowDue | RelaxationDue


def alarms(queue: Queue) -> Iterator[AssignmentAlarm]:
    """While an offer is open, nobody else is asked, and the ticket does not
    overflow.
    """
    if queue.offer is not None:
        yield OfferExpires(at=queue.offer.expires_at, key=queue.team)
    elif (again := queue.again_at) is not None:
        yield NextRoundDue(at=again, key=queue.team)
    if queue.offer is None and (at := queue.overflow_at) is not None:
        yield OverflowDue(at=at, key=queue.team)
    if (at := queue.relax_at) is not None:
        yield RelaxationDue(at=at, key=queue.team)
