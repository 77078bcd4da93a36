"""The event words of other systems as commands of ours."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from domain.lifecycle.facts import Author
from domain.ticket.decide import (
    AddMessage,
    Assign,
    Change,
    Close,
    Command,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
)
from domain.ticket.ticket import Ticket
from tests.cases.event_times import words_of
from tests.cases.model import Event, UndrivableError
from tests.cases.ticket_policy import FIRST_RESPONDER, PRIORITIES

BY_STAFF = re.compile(r"created by (an? )?(agent|staff|.*also the owner)")
BREACHED = re.compile(r"(\w+) breached")
LOOK = re.compile(r"evaluation( \d+)?|now|(scheduler_)?tick|time passes|\w+ breached")
CUSTOMER = re.compile(r"customer|requestor|waiting_since")
NOTE = re.compile(r".*(\bnote|_note|internal|private|comment)")
BOT = re.compile(r"bot|auto")
AGENT = re.compile(r"agent|first_reply|reply|phone|owner_reply")
PAUSING = ("pending", "waiting", "stalled", "hold", "on hold", "on_hold", "on-hold")
FINAL: Mapping[str, Close | Resolve] = {
    "closed": Close(),
    "resolved": Resolve(),
    "solved": Resolve(),
}


def commands(word: str, event: Event, ticket: Ticket) -> Iterator[Command]:
    if LOOK.fullmatch(word):
        return
    if word == "state" or word in FINAL:
        yield from _state({"to": word, **event}, ticket)
    elif word in ("pause", "hold"):
        yield from _pause(event, ticket)
    elif word in ("resume", "open", "reopened", "reopen"):
        yield from _going_on(ticket)
    elif word in ("priority_changed", "priority_raised", "priority_lowered"):
        yield Change(priority=priority(event["to"]))
    elif word in ("assigned", "taken", "owner_set"):
        yield Assign(agent="ann")
    else:
        yield _message(word)


def finishing(event: Event) -> Command | None:
    """If it is a change into a state that ends the work."""
    if words_of(event)[-1] != "state":
        return None
    return FINAL.get(str(event.get("to", "")).lower())


def pausing(event: Event) -> bool:
    said = event.get("pauses", str(event.get("to", "")).lower() in PAUSING)
    return bool(said)


def by_staff(word: str) -> bool:
    return BY_STAFF.search(word) is not None


def is_customer(word: str) -> bool:
    return CUSTOMER.match(word) is not None


def priority(word: str) -> Any:
    if word not in PRIORITIES:
        raise UndrivableError(f"no priority of ours for {word!r}")
    return PRIORITIES[word]


def _state(event: Event, ticket: Ticket) -> Iterator[Command]:
    if final := FINAL.get(str(event["to"]).lower()):
        if not ticket.finished:
            yield final
    elif pausing(event):
        yield from _pause(event, ticket)
    else:
        yield from _going_on(ticket)


def _pause(event: Event, ticket: Ticket) -> Iterator[Command]:
    to = str(event.get("to", "pause")).lower()
    if ticket.finished:
        yield Reopen(reason=to)
    if ticket.pause is None:
        status: Any = "on_hold" if "hold" in to else "pending"
        yield PauseTicket(reason=to, status=status)


def _going_on(ticket: Ticket) -> Iterator[Command]:
    if ticket.finished:
        yield Reopen(reason="goes on")
    elif ticket.pause is not None:
        yield Resume()


def _message(word: str) -> AddMessage:
    if word == "first_response":
        return _by("agent", role=FIRST_RESPONDER)
    if is_customer(word):
        return _by("customer")
    if NOTE.match(word):
        return _by("agent", visibility="internal")
    if BOT.match(word):
        return _by("bot", automatic=True)
    if AGENT.match(word):
        return _by("agent")
    raise UndrivableError(f"no command of ours for the event {word!r}")


def _by(
    kind: Any, *, visibility: Any = "public", role: Any = None, automatic: bool = False
) -> AddMessage:
    author = Author(kind=kind, id="ann" if kind == "agent" else f"a-{kind}", role=role)
    return AddMessage(
        author=author, body="Hello.", visibility=visibility, automatic=automatic
    )
