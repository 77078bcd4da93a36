"""python -m bench.clocks: how fast are tickets folded, and deadlines found?

A ticket of forty events with four clocks in office hours, and deadlines of a day in a
calendar that is warm. One core; each figure beside a bare loop or a bare addition of
the same run, because the machine's own speed varies.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from timeit import repeat

from bench.business_time import office
from domain.calendar.business_time import breach_at, due_at
from domain.calendar.document import calendar_form
from domain.configuration.configuration import Configuration, fold_config
from domain.configuration.publishing import publish
from domain.documents.kinds import Kind
from domain.event import SYSTEM, Event, Json, Meta
from domain.lifecycle.commands import AddMessage, Assign, Change, PauseTicket, Resume
from domain.lifecycle.facts import Author, AuthorKind, Customer
from domain.simulation.replay import Past, replay
from domain.ticket.decide import Command, OpenTicket, decide, open_ticket
from domain.ticket.draft import Draft, seal
from domain.ticket.evolve import fold
from domain.ticket.world import World

OPENED = datetime(2026, 1, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 8 * HOUR
EVENTS = 40
METRICS = ("first_response", "next_response", "agent_work", "resolution")
META = Meta(command_id="c", correlation_id="c", causation_id="c", actor=SYSTEM)
POLICY: Json = {
    "match": [
        {
            "when": {"priority": "high"},
            "targets": dict.fromkeys(METRICS, "PT40H"),
        },
        {"targets": dict.fromkeys(METRICS, "PT80H")},
    ],
    "calendar": "office",
    "warn_at": ["50%", "PT1H"],
}


@dataclass(frozen=True)
class Mark:
    """What at least should come of a core in a second."""

    name: str
    per_s: int


FOLDED = Mark("folded events", 20_000)
DEADLINES = Mark("deadlines", 50_000)


def world() -> World:
    documents: list[tuple[Kind, str, Json]] = [
        ("agents", "ann", {"name": "Ann"}),
        ("calendars", "office", calendar_form(office())),
        ("sla-policies", "care", POLICY),
    ]
    config = Configuration()
    for kind, name, document in documents:
        fact = publish(config, kind, name, document)
        event = Event(f"{kind}/{name}", 1, OPENED, META, fact)
        config = fold_config([event], config)
    return World(config=config, directory=config.directory)


def said(kind: AuthorKind) -> AddMessage:
    return AddMessage(author=Author(kind=kind, id="ann"), body="", visibility="public")


def history(rules: World) -> list[Event]:
    """Assigned, answered, asked again, paused, changed, over and over."""
    opening = OpenTicket(
        number=1,
        subject="Cold",
        body="Since today.",
        channel="email",
        type="question",
        customer=Customer(external_id="c-1"),
    )
    exchange: list[Command] = [
        Assign(agent="ann"),
        said("agent"),
        said("customer"),
        PauseTicket(reason="asked"),
        Resume(),
        Change(priority="high"),
        said("agent"),
        Change(priority="normal"),
    ]
    draft = open_ticket("t-1", opening, OPENED, rules)
    events, number = [*seal(draft, META)], 0
    while len(events) < EVENTS:
        number += 1
        command = exchange[number % len(exchange) - 1]
        at = OPENED + number * HOUR / 2
        draft = decide(draft.ticket, command, at, rules)
        events += seal(draft, META)
    return events[:EVENTS]


def per_second(run: Callable[[], object], times: int, number: int) -> float:
    """`times` things happen in each run; the best of seven rounds."""
    run()
    return times * number / min(repeat(run, number=number, repeat=7))


def report(name: str, found: float, bare: float, mark: Mark | None = None) -> None:
    verdict = ""
    if mark is not None:
        kept = "kept" if found >= mark.per_s else "MISSED"
        verdict = f"   mark {mark.per_s:,}/s {kept}"
    sys.stdout.write(
        f"{name:<44}{found:12,.0f} /s   1/{bare / found:,.0f} of bare{verdict}\n"
    )


def fold_events(events: list[Event]) -> object:
    return fold(events)


def bare_loop(events: list[Event]) -> object:
    """What any fold must do: look at each fact and when it was."""
    seen: tuple[object, object] | None = None
    for event in events:
        seen = (event.fact, event.timestamp)
    return seen


def decide_anew(events: list[Event], rules: World) -> Draft:
    draft = None
    for draft in replay(events, Past(world=rules)):  # noqa: B007 - the last one
        pass
    assert draft is not None
    return draft


def main() -> None:
    rules, hours = world(), office()
    events = history(rules)
    ticket = fold(events)
    assert ticket is not None
    assert len({clock.metric for clock in ticket.clocks}) == len(METRICS)
    loop = per_second(lambda: bare_loop(events), EVENTS, 2000)
    sum_ = per_second(lambda: OPENED + DAY, 1, 100_000)
    sys.stdout.write(f"bare loop {loop:,.0f} /s, bare addition {sum_:,.0f} /s\n")
    folded = per_second(lambda: fold_events(events), EVENTS, 50)
    report("events folded, 40 a ticket, 4 clocks", folded, loop, FOLDED)
    decided = per_second(lambda: decide_anew(events, rules), EVENTS, 10)
    report("events decided anew by the rules", decided, loop)
    due = per_second(lambda: due_at(hours, OPENED, DAY), 1, 5000)
    report("deadlines of a day, due_at", due, sum_, DEADLINES)
    breach = per_second(lambda: breach_at(hours, OPENED, DAY), 1, 5000)
    report("deadlines of a day, breach_at", breach, sum_, DEADLINES)


if __name__ == "__main__":
    main()
