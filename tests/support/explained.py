"""Clocks that are asked where their time went."""

import contextlib
from datetime import timedelta
from functools import lru_cache

from domain.errors import DomainError
from domain.sla.metric import METRICS
from domain.ticket.decide import RestatePromises
from domain.ticket.world import World
from tests.support.calendars import EVERY_DAY
from tests.support.dsl import AGENTS, NOON, TEAMS, Story, configured, instant, published

ZERO = timedelta(0)
ALL = dict.fromkeys(METRICS, "6h")
HALF = dict.fromkeys(METRICS, "3h")
LONG = dict.fromkeys(METRICS, "13h")


def office(*, closes="17:00", lunch="12:00", holidays=("2026-11-24",)):
    hours = [["09:00", lunch], ["13:00", closes]]
    return {
        "tz": "Europe/Berlin",
        "hours": dict.fromkeys(EVERY_DAY, hours),
        "holidays": list(holidays),
        "breaks": {"2026-11-25": [["14:00", "14:30"]]},
    }


@lru_cache
def rules(priority="from_start", tier="from_start", reopen="resume", **policy):
    """Other targets and calendars for the urgent and for gold, nothing for a type."""
    care = {
        "calendar": "office",
        "match": [
            {"when": {"priority": "urgent"}, "targets": HALF, "calendar": "always"},
            {"when": {"tier": "gold"}, "targets": LONG, "calendar": "mornings"},
            {"when": {"type": "question"}, "targets": ALL},
        ],
        "pauses": ["resolution", "next_response", "team"],
        "on_change": {"priority": priority, "tier": tier, "reopen": reopen},
        **policy,
    }
    config = configured(
        {
            "agents": AGENTS,
            "teams": TEAMS,
            "calendars": {"office": office(), "mornings": office(closes="13:30")},
            "sla-policies": {"care": care},
        }
    )
    return World(config=config, directory=config.directory)


def edited(world):
    """The office closes an hour earlier from the next version on."""
    config = published(world.config, "calendars", "office", office(closes="16:00"))
    return World(config=config, directory=world.directory)


def told(world, commands):
    story, at = Story(world), NOON
    for gap, command in commands:
        at += instant(gap) - NOON
        with contextlib.suppress(DomainError):
            if isinstance(command, str):
                story.world = edited(story.world)
                command = RestatePromises(  # noqa: PLW2901
                    policies=False, calendars=True, reason="the hours changed"
                )
            story.when(at, command)
    return story, at
