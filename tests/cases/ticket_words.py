"""Other systems' words for the state of a ticket, worked out from our clocks."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

from domain.event import Event as LogEvent
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaMet,
    SlaMissed,
    SlaPaused,
    SlaResumed,
)
from domain.ticket.ticket import Ticket
from tests.cases.asked import broken
from tests.cases.model import Answer, UndrivableError, instant, show, zone_of
from tests.cases.ticket_story import Seen, TicketStory

ONE_FOR_ALL = ("Failed", "Paused", "First Response Due", "Resolution Due", "Fulfilled")
BY_THE_TICKET = ("active", "active_with_misses", "hit", "missed")
MARKS = {
    SlaAttached: "activate",
    SlaResumed: "activate",
    SlaPaused: "pause",
    SlaBreached: "breach",
    SlaMet: "fulfill",
    SlaMissed: "fulfill",
}


def status(ticket: Ticket, expected: str) -> str:
    """In the vocabulary of the expected word."""
    if expected in ONE_FOR_ALL:
        return _one_for_all(ticket)
    if expected in BY_THE_TICKET:
        missed = any(map(broken, ticket.clocks))
        if ticket.finished:
            return "missed" if missed else "hit"
        return "active_with_misses" if missed else "active"
    raise UndrivableError(f"no status of ours for {expected!r}")


def _one_for_all(ticket: Ticket) -> str:
    live = {c.metric: c.state for c in ticket.clocks if c.live}
    if any(map(broken, ticket.clocks)):
        return "Failed"
    if "paused" in live.values():
        return "Paused"
    if "first_response" in live:
        return "First Response Due"
    return "Resolution Due" if live else "Fulfilled"


def marks(events: Iterable[LogEvent], metric: str) -> list[str]:
    """The events of a clock as Zendesk writes them."""
    return [
        mark
        for event in events
        if (mark := MARKS.get(type(event.fact)))
        and getattr(event.fact, "metric", None) == metric
    ]


def due_shown(ticket: Ticket) -> datetime | None:
    """What an agent sees: the earliest deadline; a paused clock must not show one."""
    dues = [c.due_at for c in ticket.clocks if c.live and c.due_at]
    return min(dues, default=None)


def named_deadline(story: TicketStory, name: str) -> datetime | None:
    return next(
        (due_shown(s.ticket) for s in story.seen if s.event.get("due") == name), None
    )


def sequence(story: TicketStory) -> list[str | None]:
    dues = [None, *(due_shown(seen.ticket) for seen in story.seen)]
    return [
        None if after is None else "unchanged" if after == before else "set"
        for before, after in pairwise(dues)
    ]


def inline(story: TicketStory) -> Answer:
    """What the events say of the deadline after them (`due`)."""
    changes = sequence(story)
    said = [
        (show(due_shown(seen.ticket)), _as_said(story, seen, change))
        for seen, change in zip(story.seen, changes, strict=True)
        if "due" in seen.event
    ]
    return Answer([got for got, _ in said], all(right for _, right in said))


def _as_said(story: TicketStory, seen: Seen, change: str | None) -> bool:
    said, due = seen.event["due"], due_shown(seen.ticket)
    if said in (None, "set", "unchanged"):
        return change == said
    if due is None:
        return False
    if said == "set, from this message":
        return change == "set" and _counted_from(seen) == seen.at
    if said == "from the last agent reply":
        return _counted_from(seen) == max(_replies(story, seen))
    if re.match(r"\d{4}-", said):
        return due == instant(said, zone_of(story.case))
    return due == named_deadline(story, said.partition(" ")[0])


def _counted_from(seen: Seen) -> datetime | None:
    return next((c.counted_from for c in seen.ticket.clocks if c.live), None)


def _replies(story: TicketStory, until: Seen) -> Iterator[datetime]:
    for seen in story.seen:
        if seen.at <= until.at and "agent_reply" in seen.words:
            yield seen.at
