"""Leaves that begin are met at their instants."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from infra.followers.absences import Absences
from tests.support.dsl import NOON


@dataclass
class Known:
    """A registry that knows of these leaves."""

    leaves: tuple[Leave, ...]

    async def oncall(self):
        return OnCallBook(leaves={"bo": self.leaves})


def leave_in(seconds):
    begin = NOON + timedelta(seconds=seconds)
    end = begin + timedelta(hours=1)
    return Leave(id=f"l{seconds}", person="bo", begin=begin, end=end, made_at=NOON)


def pause_before(*leaves):
    absences = Absences(Known(leaves), None, lambda: NOON)
    return asyncio.run(absences.until_next())


def test_a_leave_that_begins_within_the_second_is_looked_at_when_it_begins():
    assert pause_before(leave_in(9), leave_in(0.3), leave_in(-5)) == 0.3


def test_others_are_looked_for_every_second():
    assert pause_before() == pause_before(leave_in(9), leave_in(-5)) == 1
