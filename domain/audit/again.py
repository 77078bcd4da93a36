"""A decision made again: the case, and what came out otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, TypeAlias, cast

from domain.event import Event, Fact
from domain.ticket.ticket import Ticket
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class Case:
    """`ticket`: as it was before the event."""

    event: Event
    ticket: Ticket
    world: World


class Mismatch(NamedTuple):
    what: str
    recorded: object
    made: object


Remake: TypeAlias = Callable[[Case], Iterator[Mismatch]]


def compared(
    recorded: Fact, made: Fact | None, names: tuple[str, ...] | None = None
) -> Iterator[Mismatch]:
    """Field by field; None: all of them."""
    if type(made) is not type(recorded):
        yield Mismatch("decision", recorded.topic, made.topic if made else None)
        return
    for name in names or [f.name for f in fields(cast(Any, recorded))]:
        was, comes_out = getattr(recorded, name), getattr(made, name)
        if was != comes_out:
            yield Mismatch(name, was, comes_out)


def differ(what: str, recorded: object, made: object) -> Iterator[Mismatch]:
    if recorded != made:
        yield Mismatch(what, recorded, made)
