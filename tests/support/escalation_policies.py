"""People, and tickets whose promise climbs a ladder of these steps."""

from dataclasses import replace

from domain.event import PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.plan import Plan
from domain.oncall.schedule_form import parse_schedule
from domain.ticket.decide import Assign
from domain.ticket.world import World
from tests.support.dsl import Story, configured

AGENTS = {
    "top": {"name": "Top"},
    "mia": {"name": "Mia", "manager": "top"},
    "ann": {"name": "Ann", "manager": "mia", "skills": {"english": 1}},
    "bo": {"name": "Bo", "skills": {"english": 3, "boilers": 1}},
    "chen": {"name": "Chen", "skills": ["boilers"]},
}
TEAMS = {
    "front": {"members": ["ann"], "lead": "mia"},
    "second": {"members": ["ann", "bo", "chen"], "lead": "bo"},
    "boilers": {"members": ["bo"], "assignment": {"mode": "direct"}},
    "empty": {"members": []},
}
FIRST = {"match": [{"targets": {"first_response": "1h"}}], "escalation_policy": "l"}
ANN = {"after": "0s", "targets": [{"agent": "ann"}]}
BO = {"after": "10m", "targets": [{"agent": "bo"}]}
CHEN = {"after": "30m", "targets": [{"agent": "chen"}]}
GONE = {"after": "0s", "targets": [{"team": "empty"}]}
EARLY = [
    {"after": share, "targets": [{"agent": person}]}
    for share, person in (("50%", "ann"), ("80%", "bo"))
]
SCHEDULES = {
    "front": {
        "tz": "UTC",
        "layers": [
            {
                "name": "base",
                "rotation": {
                    "start": "2026-11-22T00:00",
                    "unit": "day",
                    "people": ["ann"],
                },
            }
        ],
    }
}
"""That the name is known; who is on call, a test says by `book`."""


def book(rotations=None, leaves=None):
    """Schedules of one day's turns from 2026-11-22 00:00 UTC; leaves by agent."""
    plans = {}
    for name, (people, restrict) in (rotations or {}).items():
        rotation = {"start": "2026-11-22T00:00", "unit": "day", "people": people}
        layer = {"name": "base", "rotation": rotation}
        if restrict:
            layer["restrict"] = restrict
        document = {"tz": "UTC", "layers": [layer]}
        ref = PolicyRef(name=name, version=1, sha256="")
        plans[name] = Plan.of(parse_schedule(ref, document))
    return OnCallBook(plans=plans, leaves=leaves or {})


def given(*steps, policy=None, oncall=None, loads=None, **escalation_policy):
    config = configured(
        {
            "agents": AGENTS,
            "teams": TEAMS,
            "calendars": {"office": OFFICE},
            "schedules": SCHEDULES,
            "escalation-policies": {"l": {"steps": list(steps), **escalation_policy}},
            "sla-policies": {"p": {**FIRST, **(policy or {})}},
        }
    )
    directory = replace(config.directory, loads=loads or {})
    return Story(World(config=config, directory=directory, oncall=oncall or book()))


OFFICE = {
    "tz": "UTC",
    "hours": {"sun": [["09:00", "14:00"]], "mon": [["09:00", "17:00"]]},
}


def told(story):
    """When each person was told, after noon."""
    return [(c.at, c.person) for c in story.chosen()]


def who(*targets, **kw):
    """Who a single step with these targets tells."""
    story = given({"after": "0s", "targets": list(targets)}, **kw)
    story.when("1m", Assign(agent="ann")).enforce("61m")
    return [c.person for c in story.chosen()]
