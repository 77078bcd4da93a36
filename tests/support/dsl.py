"""Tickets and rules in few words, for tests of the domain.

Times are durations after NOON (`"30m"`, `"PT1H30M"`), in and out: a story is told in
them, and `log` answers in them.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from domain.configuration.configuration import Configuration, fold_config
from domain.configuration.publishing import publish
from domain.duration import format_duration, parse_duration
from domain.escalation.facts import CHOOSING
from domain.event import Actor, Event, Fact, Meta
from domain.lifecycle.facts import Author, Customer
from domain.ticket.decide import AddMessage, OpenTicket, decide, open_ticket
from domain.ticket.draft import Draft, seal
from domain.ticket.enforce import enforce, enforce_punctually
from domain.ticket.evolve import fold
from domain.ticket.world import World

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BY_ANN = Meta(
    command_id="c-1",
    correlation_id="r-1",
    causation_id="c-1",
    actor=Actor(id="ann", kind="user"),
)
AGENTS = {
    "mia": {"name": "Mia"},
    "ann": {"name": "Ann", "manager": "mia"},
    "bo": {"name": "Bo"},
    "chen": {"name": "Chen"},
}
TEAMS = {"front": {"members": ["ann"]}, "second": {"members": ["bo", "chen"]}}


def message(kind, visibility="public") -> AddMessage:
    author = Author(kind=kind, id="ann" if kind == "agent" else f"a-{kind}")
    return AddMessage(author=author, body="Hello.", visibility=visibility)


ANSWER = message("agent")
NOTE = message("agent", "internal")
BOT = message("bot")
CUSTOMER = message("customer")


def instant(after: str | datetime) -> datetime:
    return after if isinstance(after, datetime) else NOON + parse_duration(after)


def configured(
    documents: dict[str, dict[str, object]], config: Configuration | None = None
) -> Configuration:
    """Published one after the other: `{kind: {name: document}}`, repeatable."""
    config = config or Configuration()
    for kind, named in documents.items():
        for name, document in named.items():
            config = published(config, kind, name, document)
    return config


def published(config, kind, name, document) -> Configuration:
    """The configuration with one more version of this."""
    fact = publish(config, kind, name, document)
    version = config.entry(kind, name).stream_version + 1
    event = Event(f"{kind}/{name}", version, NOON, BY_ANN, fact)
    return fold_config([event], config)


def world(
    policies=None, escalation_policies=None, *, agents=AGENTS, teams=TEAMS, loads=None
) -> World:
    config = configured(
        {
            "agents": agents,
            "teams": teams,
            "escalation-policies": escalation_policies or {},
            "sla-policies": policies or {},
        }
    )
    return World(config=config, directory=replace(config.directory, loads=loads or {}))


def promising(targets, *, steps=None, repeat=0, **policy) -> World:
    """Everybody is promised these targets; with `steps`, by the ladder `climb`."""
    escalation_policies = {"climb": {"steps": steps, "repeat": repeat}} if steps else {}
    document = {"match": [{"targets": targets}], **policy}
    if steps:
        document["escalation_policy"] = "climb"
    return world({"care": document}, escalation_policies)


class Choice(NamedTuple):
    """Somebody whom a step, or the catch-all, chose to be notified."""

    at: str
    clock: str
    step: int
    person: str
    reason: str


class Story:
    """One ticket, and the log of what was done to it."""

    def __init__(self, world: World, at: str = "PT0S", **fields: object) -> None:
        self.world = world
        command = OpenTicket(
            **{
                "number": 1,
                "subject": "Cold",
                "body": "Since today.",
                "channel": "email",
                "type": "question",
                "customer": Customer(external_id="c-1"),
                **fields,
            }
        )
        self.events: list[Event] = []
        self._add(open_ticket("t-1", command, instant(at), world))

    def when(self, at: str | datetime, *commands: object) -> "Story":
        for command in commands:
            self._add(decide(self.ticket, command, instant(at), self._world()))
        return self

    def enforce(self, at: str | datetime) -> "Story":
        """With nobody late: see `late` for an outage."""
        draft = Draft("t-1", self.ticket)
        enforce_punctually(draft, instant(at), self._world())
        self._add(draft)
        return self

    def late(self, at: str | datetime) -> "Story":
        """Nobody looked before this instant."""
        draft = Draft("t-1", self.ticket)
        enforce(draft, instant(at), self._world())
        self._add(draft)
        return self

    def _world(self) -> World:
        """With this ticket in the hands of whoever holds it."""
        return self.world.handed(None, self.ticket)

    def _add(self, draft: Draft) -> None:
        self.events += seal(draft, BY_ANN)
        self.ticket = draft.ticket

    def log(self, *kinds: type[Fact] | str) -> list[str]:
        """`<when> <type>` of the events of these classes or families (all if none is
        named).
        """
        return [
            f"{format_duration(event.timestamp - NOON)} {event.fact.topic}"
            for event in self.events
            if not kinds
            or isinstance(event.fact, tuple(k for k in kinds if not isinstance(k, str)))
            or event.fact.topic.partition(".")[0] in kinds
        ]

    def all(self, kind):
        return [e.fact for e in self.events if isinstance(e.fact, kind)]

    def chosen(self) -> list[Choice]:
        return [
            Choice(
                at=format_duration(event.timestamp - NOON),
                clock=event.fact.clock,
                step=event.fact.step,
                person=chosen.person,
                reason="; ".join(chosen.reasons),
            )
            for event in self.events
            if isinstance(event.fact, CHOOSING)
            for chosen in event.fact.chosen
        ]

    def one(self, kind):
        found = self.all(kind)
        assert len(found) == 1, f"{len(found)} of {kind.__name__}: {self.log()}"
        return found[0]

    def event(self, kind) -> Event:
        self.one(kind)
        return next(e for e in self.events if isinstance(e.fact, kind))

    def clock(self, metric: str):
        return [c for c in self.ticket.clocks if c.metric == metric][-1]

    def folded(self):
        return fold(self.events)
