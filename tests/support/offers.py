"""A team that asks before it gives."""

from dataclasses import replace

from domain.assignment.commands import DeclineOffer
from domain.assignment.facts import AssignmentOffered
from domain.ticket.decide import Assign
from tests.support.dsl import AGENTS, Story, world

TO_SECOND = Assign(team="second")
BO_SAYS_NO = DeclineOffer(agent="bo", reason="at lunch")


def around(agents=AGENTS, loads=None, others=None, **routing):
    """The team `second` of bo and chen, which asks before it gives, if not told."""
    second = {"members": ["bo", "chen"], "assignment": {"mode": "offer", **routing}}
    teams = {**(others or {"front": {"members": ["ann"]}}), "second": second}
    return world(agents=agents, teams=teams, loads=loads)


LONE = {name: {**document, "capacity": 1} for name, document in AGENTS.items()}
FULL = {"bo": 1, "chen": 1}
LAST = {"members": ["ann"], "assignment": {"mode": "offer"}}


def spilling(last=None, **more):
    spill = {"after": "15m", "team": "front"}
    return around(agents=LONE, others={"front": last or LAST}, overflow=spill, **more)


def offered(story):
    return [f.agent for f in story.all(AssignmentOffered)]


def busy(story, loads):
    directory = replace(story.world.directory, loads=loads)
    story.world = replace(story.world, directory=directory)
    return story


def given(**routing):
    return Story(around(**routing)).when("0s", TO_SECOND)
