"""What led to an event: the event before it, and at the beginning a request."""

from dataclasses import dataclass
from datetime import datetime

from domain.audit.sentences import Words, actor_words, say, sentence
from domain.event import SYSTEM, Actor, Event

MOST_CAUSES = 200


@dataclass(frozen=True, kw_only=True)
class Link:
    """An event of the chain, or at its end what came from outside: a `request`, a
    `timer`, an `import`; its position is then that of the first event it led to.
    """

    position: int
    type: str
    actor: Actor
    key_id: str | None
    at: datetime
    what: str


def cause_of(event: Event) -> tuple[str, int] | None:
    """Stream and version of the event that led to this one; None: a command did."""
    meta = event.meta
    stream, slash, version = meta.causation_id.rpartition("/")
    if meta.causation_id == meta.command_id or not slash:
        return None
    if not version.isascii() or not version.isdigit():
        return None
    return stream, int(version)


def link(event: Event, position: int, words: Words) -> Link:
    return Link(
        position=position,
        type=event.fact.topic,
        actor=event.meta.actor,
        key_id=event.meta.key_id,
        at=event.timestamp,
        what=sentence(event, words),
    )


def origin(event: Event, position: int, words: Words) -> Link:
    """Where a chain begins, that ends in this event."""
    meta, actor = event.meta, event.meta.actor
    if actor.kind == "migration":
        kind, what = "import", words.imported
    elif actor == SYSTEM and meta.key_id is None:
        kind, what = "timer", words.timer
    else:
        told = {
            "who": actor_words(actor, words),
            "request": meta.correlation_id,
            "key": meta.key_id,
            "channel": meta.channel,
        }
        kind, what = "request", say(words.request, told, words)
    return Link(
        position=position,
        type=kind,
        actor=actor,
        key_id=meta.key_id,
        at=meta.occurred_at or event.timestamp,
        what=what,
    )
