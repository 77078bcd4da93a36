"""Promises in office hours, for tests of the clocks.

Mondays to Fridays 09-17 in Berlin, unless a test says otherwise. 2026-01-12 is a
Monday; times are read and written as people in Berlin see them.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.lifecycle.facts import Author
from domain.ticket.decide import AddMessage, Change, PauseTicket
from domain.ticket.world import World
from tests.support.calendars import WEEKDAYS, local
from tests.support.dsl import AGENTS, TEAMS, Story, configured

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = [["09:00", "17:00"]]
OFFICE = {"tz": "Europe/Berlin", "hours": dict.fromkeys(WEEKDAYS, NINE_TO_FIVE)}
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(12, 19)
RAISED, LOWERED = Change(priority="high"), Change(priority="low")
BY_PRIORITY = [
    {"when": {"priority": "high"}, "targets": {"resolution": "4h"}},
    {"when": {"priority": "low"}, "targets": {"resolution": "16h"}},
    {"targets": {"resolution": "8h"}},
]
PENDING = PauseTicket(reason="asked the customer")
ON_HOLD = PauseTicket(reason="waits for the supplier", status="on_hold")


def on(day: int, time: str):
    """A day of January 2026 and a time of day."""
    return local(f"2026-01-{day:02}T{time}")


def at(time: str, day: int = MONDAY):
    return on(day, time)


def office(match, *, calendars=None, others=None, **policy) -> World:
    """One policy of these rules (or of one for all: targets), in office hours."""
    rules = match if isinstance(match, list) else [{"targets": match}]
    care = {"match": rules, "calendar": "office", **policy}
    return World(
        config=configured(
            {
                "agents": AGENTS,
                "teams": TEAMS,
                "calendars": {"office": OFFICE, **(calendars or {})},
                "sla-policies": {"care": care, **(others or {})},
            }
        )
    )


def opened(world: World, at=None, **fields) -> Story:
    """A ticket, by default of Monday 10:00."""
    return Story(with_directory(world), at or on(MONDAY, "10:00"), **fields)


def with_directory(world: World) -> World:
    return replace(world, directory=world.config.directory)


def said(
    kind="agent", *, role=None, channel=None, automatic=False, expects_reply=True
) -> AddMessage:
    """A public message."""
    return AddMessage(
        author=Author(
            kind=kind, id="ann" if kind == "agent" else f"a-{kind}", role=role
        ),
        body="Hello.",
        visibility="public",
        channel=channel,
        automatic=automatic,
        expects_reply=expects_reply,
    )


def told(story: Story, *families, metric=None) -> list[str]:
    """`<when in Berlin> <type>` of the events of these families or classes."""
    return [
        f"{seen(event.timestamp)} {event.fact.topic}"
        for event in story.events
        if _is_of(event.fact, families)
        and metric in (None, getattr(event.fact, "metric", None))
    ]


def _is_of(fact, families) -> bool:
    kinds = tuple(kind for kind in families if isinstance(kind, type))
    return isinstance(fact, kinds) or fact.topic.partition(".")[0] in families


def seen(at) -> str | None:
    """An instant as people in Berlin write it."""
    return None if at is None else f"{at.astimezone(BERLIN):%a %d %H:%M}"


def due(story: Story, metric: str) -> str | None:
    return seen(story.clock(metric).due_at)


def cycles(story: Story, metric: str) -> list[tuple[str | None, str]]:
    """When each clock of the metric began to count, and how it stands."""
    return [
        (seen(clock.started_at), clock.state)
        for clock in story.ticket.clocks
        if clock.metric == metric
    ]
