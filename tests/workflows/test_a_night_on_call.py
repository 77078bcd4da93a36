"""A night on call on the real clock: who stands in for somebody on leave is told, an
acknowledgement runs out, and a ladder that is edited meanwhile changes nothing.
"""

from dataclasses import replace

import pytest

from domain.escalation.commands import Acknowledge
from domain.escalation.facts import EscalationStepFired
from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from domain.oncall.plan import Plan
from domain.oncall.schedule_form import parse_schedule
from domain.ticket.decide import Assign
from domain.ticket.world import World
from tests.support.dsl import configured, published

pytestmark = pytest.mark.asyncio(loop_scope="session")
AGENTS = {
    "mia": {"name": "Mia"},
    "ann": {"name": "Ann", "manager": "mia"},
    "bo": {"name": "Bo"},
}
ON_CALL = {"on_call": "night"}
LADDER = {
    "steps": [
        {"after": "-PT10M", "targets": [ON_CALL]},
        {"after": "0s", "targets": [ON_CALL]},
        {"after": "PT30M", "targets": [{"manager_of": "assignee"}]},
    ]
}
OTHER = {"steps": [{"after": "0s", "targets": [{"agent": "mia"}]}]}
POLICY = {
    "match": [{"targets": {"first_response": "1h"}}],
    "escalation_policy": "climb",
}


def night(start):
    """Ann and Bo by turns of twelve hours, Ann first."""
    rotation = {
        "start": start.strftime("%Y-%m-%dT%H:%M"),
        "unit": "hour",
        "length": 12,
        "people": ["ann", "bo"],
    }
    return {"tz": "UTC", "layers": [{"name": "base", "rotation": rotation}]}


def around(floor):
    schedule = night(floor.opened_at)
    config = configured(
        {
            "agents": AGENTS,
            "schedules": {"night": schedule},
            "escalation-policies": {"climb": LADDER},
            "sla-policies": {"care": POLICY},
        }
    )
    ref = PolicyRef(name="night", version=1, sha256="")
    leave = Leave(person="ann", begin=floor.instant("-1h"), end=floor.instant("6h"))
    book = OnCallBook(
        plans={"night": Plan.of(parse_schedule(ref, schedule))},
        leaves={"ann": (leave,)},
    )
    return World(config=config, directory=config.directory, oncall=book)


async def test_a_night_on_call(floor):
    await floor.open(around(floor))
    await floor.do("5m", Assign(agent="ann"))
    rules = floor.rules.world
    edited = published(rules.config, "escalation-policies", "climb", OTHER)
    floor.rules.world = replace(rules, config=edited)
    await floor.until("61m")
    await floor.do("65m", Acknowledge(by="bo"))
    await floor.until("9h")

    assert floor.told("escalation") == [
        "PT0S escalation.pinned",
        "PT50M escalation.started",
        "PT50M escalation.step_fired",
        "PT1H escalation.breached",
        "PT1H escalation.step_fired",
        "PT1H5M escalation.acknowledged",
        "PT1H35M escalation.resumed",
        "PT1H35M escalation.step_fired",
        "PT1H35M escalation.exhausted",
    ]
    told = [
        chosen.person
        for event in floor.log.streams[floor.queue]
        if isinstance(event.fact, EscalationStepFired)
        for chosen in event.fact.chosen
    ]
    assert told == ["bo", "bo", "mia"]
