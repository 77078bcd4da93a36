"""The book of who is on call, from facts in few words."""

from dataclasses import replace

from domain.configuration.facts import PolicyPublished
from domain.configuration.on_call_book import fold_oncall
from domain.event import Event
from domain.oncall.changes import take_swap
from domain.oncall.facts import (
    AgentLeaveAdded,
    ScheduleOverrideAdded,
    ScheduleSwapOffered,
    ScheduleSwapTaken,
)
from domain.oncall.override import Swap
from tests.support.dsl import BY_ANN
from tests.support.oncall import at, layer, plan

FRONT = "front"
AGENTS = {"ann": True, "bo": True, "chen": True}


def document(*people, **fields):
    return {"tz": "UTC", "layers": [layer(*people, **fields)]}


def published(hour, *people, version=1):
    fact = PolicyPublished(
        kind="schedules",
        name=FRONT,
        version=version,
        sha256="0",
        document=document(*people),
    )
    return hour, fact


def log(*facts):
    return [
        Event("s", version, at(hour), BY_ANN, fact)
        for version, (hour, fact) in enumerate(facts, start=1)
    ]


def book(*facts):
    return fold_oncall(log(*facts))


def added(hour, kind, person, begin, end, **more):
    fact = ScheduleOverrideAdded(
        schedule=FRONT,
        override_id="o-1",
        kind=kind,
        person=person,
        begin=at(begin),
        end=at(end),
        **more,
    )
    return hour, fact


def gone(hour, person, begin, end):
    window = {"begin": at(begin), "end": at(end)}
    return hour, AgentLeaveAdded(agent=person, leave_id="l-1", **window)


OFFERED = (0, ScheduleSwapOffered(
    schedule=FRONT, swap_id="s-1", asker="ann", begin=at(2), end=at(5)
))  # fmt: skip
TAKEN = ScheduleSwapTaken(schedule=FRONT, swap_id="s-1", taker="bo")
BARE = plan(layer("ann", "bo"))


def swap(begin=2, end=5, **more):
    window = {"begin": at(begin), "end": at(end)}
    return Swap(id="s-1", **{"asker": "ann"} | window | more)


def take(offer, taker="bo", hour=0, *others):
    wanted = replace(TAKEN, taker=taker)
    beside = replace(BARE, changes=(offer, *others))
    return take_swap(beside, wanted, AGENTS, at(hour))
