"""Queues are drained without reading the log of what waits in vain."""

import asyncio
from datetime import UTC, datetime

import pytest

from activities.assignment import Assigning
from activities.tickets import TicketService
from domain.errors import UnreadableError
from domain.lifecycle.commands import Close
from domain.people.candidate import Candidate
from tests.support.dsl import Story
from tests.support.offers import TO_SECOND, around


class Everything:
    """What is published, who has what in hand, and who waits; the log is not to be
    read.
    """

    def __init__(self, story, unread=None):
        self.world, self.known, self.unread = story.world, story.ticket, unread or {}

    async def config(self):
        return self.world.config

    async def oncall(self):
        return self.world.oncall

    async def delegations(self):
        return ()

    async def directory(self):
        return self.world.directory

    async def past_agents(self, _):
        return {}

    async def refresh(self):
        pass

    async def teams(self):
        return ["second"]

    async def waiting(self, *_):
        return ["t-1", *self.unread]

    async def fresh(self, _):
        return {"t-1": self.known}, self.unread

    async def find(self, _):
        return None

    async def ticket(self, ticket_id, *_):
        raise LookupError(ticket_id)


class Closed(Everything):
    """The ticket was closed since it was kept; there is no way to write."""

    async def ticket(self, *_):
        return Story(self.world).when("0s", Close()).ticket


def drained(story, unread=None, known=Everything):
    all_ = known(story, unread)
    desk = TicketService(all_, all_, all_, lambda: datetime.now(UTC))
    return asyncio.run(Assigning(all_, all_, all_, desk, all_).drain("key"))


def waiting(**routing):
    return Story(around(**routing)).when("0s", TO_SECOND)


def test_what_nobody_who_is_free_can_take_is_not_read():
    story = waiting(required={"klingon": 1})
    [why, *_] = story.events[-1].fact.candidates
    assert why == Candidate(agent="bo", load=0, chosen=False, reason="lacks klingon")
    assert drained(story) == {}


def test_what_somebody_can_take_is_read_and_decided_again():
    story = waiting(required={"klingon": 1})
    story.world = around()
    with pytest.raises(LookupError, match="t-1"):
        drained(story)


def test_what_nobody_need_take_any_more_leaves_nothing_in_the_log():
    story = waiting(required={"klingon": 1})
    story.world = around()
    assert drained(story, known=Closed) == {}


def test_what_cannot_be_read_is_in_nobody_s_way_and_named():
    fault = UnreadableError("t-2/1", "unknown topic")
    assert drained(waiting(required={"klingon": 1}), {"t-2": fault}) == {"t-2": fault}
