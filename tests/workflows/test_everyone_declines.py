"""Nobody wants the ticket, on the real clock: it is offered to one after the other,
waits and asks again by itself, and ends with another team; its place in time is kept.
"""

import pytest

from domain.assignment.commands import AcceptOffer, DeclineOffer
from domain.assignment.facts import (
    AssignmentOffered,
    AssignmentOfferExpired,
    AssignmentQueued,
)
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from domain.ticket.decide import Assign
from domain.ticket.world import World
from tests.support.dsl import AGENTS, configured

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEAMS = {
    "second": {"members": ["mia"], "assignment": {"mode": "offer"}},
    "front": {
        "members": ["ann", "bo", "chen"],
        "assignment": {
            "mode": "offer",
            "offer_timeout": "PT2M",
            "overflow": {"after": "PT11M", "team": "second"},
        },
    },
}


def without_ann(floor):
    """Who could take it are bo and chen; mia is of the other team."""
    config = configured({"agents": AGENTS, "teams": TEAMS})
    leave = Leave(person="ann", begin=floor.instant("-1h"), end=floor.instant("9h"))
    book = OnCallBook(leaves={"ann": (leave,)})
    return World(config=config, directory=config.directory, oncall=book)


def assignments(floor):
    return [
        event
        for event in floor.log.streams[floor.queue]
        if event.fact.topic.startswith("assignment.")
    ]


def promised(floor):
    """For each thing that came due by itself: when, and when it was said to come."""
    found, before = [], None
    for event in assignments(floor):
        fact = event.fact
        if isinstance(fact, AssignmentOfferExpired):
            found.append((event.timestamp, before.expires_at))
        elif isinstance(fact, AssignmentOffered) and fact.again:
            found.append((event.timestamp, before.again_at))
        before = fact
    return found


async def test_everyone_declines(floor):
    await floor.open(without_ann(floor))
    await floor.do("1m", Assign(team="front"))
    await floor.do("90s", DeclineOffer(agent="bo", reason="not mine"))
    await floor.punctually("12m")
    await floor.do("13m", AcceptOffer(agent="mia"))

    events = assignments(floor)
    assert [e.fact.topic.removeprefix("assignment.") for e in events] == [
        *("queued", "offered", "declined", "offered", "offer_expired", "waiting"),
        *("offered", "offer_expired", "offered", "offer_expired", "waiting"),
        *("overflowed", "queued", "offered", "accepted"),
    ]
    offered = [e.fact.agent for e in events if isinstance(e.fact, AssignmentOffered)]
    assert offered == [*("bo", "chen"), *("bo", "chen"), "mia"]
    dated = promised(floor)
    assert len(dated) == 4
    assert all(happened == said for happened, said in dated)
    first_round, rest = floor.told("assignment")[:6], floor.told("assignment")[-4:]
    assert first_round[4:] == [
        "PT3M30S assignment.offer_expired",
        "PT3M30S assignment.waiting",
    ]
    assert rest == [
        "PT12M assignment.overflowed",
        "PT12M assignment.queued",
        "PT12M assignment.offered",
        "PT13M assignment.accepted",
    ]
    queued = [e.fact.queued_at for e in events if isinstance(e.fact, AssignmentQueued)]
    assert queued == [floor.instant("1m")] * 2
    assert (floor.ticket.assignee, floor.ticket.team) == ("mia", "second")
