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
    """Who said no, or nothing, is asked again."""


@dataclass(frozen=True, kw_only=True)
class OverflowDue(Alarm):
    """The ticket goes on to another team."""


@dataclass(frozen=True, kw_only=True)
class RelaxationDue(Alarm):
    """Skills that are wished for are insisted on no longer."""


AssignmentAlarm: TypeAlias = OfferExpires | NextRoundDue | OverflowDue | RelaxationDue


def alarms(queue: Queue) -> Iterator[AssignmentAlarm]:
    """While somebody is asked, nobody else is, and it goes to no other team."""
    if queue.offer is not None:
        yield OfferExpires(at=queue.offer.expires_at, key=queue.team)
    elif (again := queue.again_at) is not None:
        yield NextRoundDue(at=again, key=queue.team)
    if queue.offer is None and (at := queue.overflow_at) is not None:
        yield OverflowDue(at=at, key=queue.team)
    if (at := queue.relax_at) is not None:
        yield RelaxationDue(at=at, key=queue.team)
