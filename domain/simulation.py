"""What would have come of a ticket under other rules, beside what really came of it.

What people did is taken as it was; they might have done otherwise, had they been told
otherwise. How much each had in hand is not known of the past, so whoever is chosen by
load is chosen as if nobody had anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from domain.escalation.facts import CHOOSING
from domain.event import Event, Fact
from domain.replay import due_by, replay
from domain.sla.clock import Clock, ClockState
from domain.ticket.evolve import fold
from domain.ticket.facts import TicketOpened
from domain.ticket.state import Ticket
from domain.world import World

Verdict = Literal["met", "missed", "open", "cancelled", "unpromised"]
_VERDICTS: dict[ClockState, Verdict] = {
    "met": "met",
    "missed": "missed",
    "cancelled": "cancelled",
    "running": "open",
    "paused": "open",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """`step` and `lap` are counted from 0."""

    person: str
    step: int
    lap: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Course:
    """How one clock went. `told` in the order in which they were."""

    verdict: Verdict
    target: timedelta | None = None
    breached_at: datetime | None = None
    told: tuple[Told, ...] = ()


UNPROMISED = Course(verdict="unpromised")


@dataclass(frozen=True, kw_only=True)
class ClockDifference:
    metric: str
    cycle: int
    really: Course
    draft: Course


@dataclass(frozen=True, kw_only=True)
class TicketDifference:
    """`clocks`: all that either had, those in which nothing differs included."""

    ticket_id: str
    number: int
    clocks: tuple[ClockDifference, ...]

    @property
    def differing(self) -> tuple[ClockDifference, ...]:
        return tuple(clock for clock in self.clocks if clock.really != clock.draft)


def is_ticket(events: Sequence[Event]) -> bool:
    return bool(events) and isinstance(events[0].fact, TicketOpened)


def compare(events: Sequence[Event], world: World, at: datetime) -> TicketDifference:
    """Of a ticket's whole history, as of `at`; always the same of the same."""
    ticket = fold(events)
    assert ticket is not None, "a history starts with its opening"
    really = courses(ticket, ((event.fact, event.timestamp) for event in events))
    draft = _under(events, world, at)
    return TicketDifference(
        ticket_id=ticket.id,
        number=ticket.number,
        clocks=tuple(
            ClockDifference(
                metric=metric,
                cycle=cycle,
                really=really.get((metric, cycle), UNPROMISED),
                draft=draft.get((metric, cycle), UNPROMISED),
            )
            for metric, cycle in sorted({*really, *draft})
        ),
    )


def _under(
    events: Sequence[Event], world: World, at: datetime
) -> dict[tuple[str, int], Course]:
    ticket: Ticket | None = None
    facts: list[tuple[Fact, datetime]] = []
    for draft in replay(events, world):
        ticket = draft.ticket
        facts += [(step.fact, step.at) for step in draft.steps]
    assert ticket is not None, "a history starts with its opening"
    end = due_by(ticket, at, world)
    facts += [(step.fact, step.at) for step in end.steps]
    return courses(end.ticket, facts)


def courses(
    ticket: Ticket, facts: Iterable[tuple[Fact, datetime]]
) -> dict[tuple[str, int], Course]:
    """By metric and cycle."""
    told: dict[str, list[Told]] = {}
    for fact, at in facts:
        if isinstance(fact, CHOOSING):
            told.setdefault(fact.clock, []).extend(
                Told(person=chosen.person, step=fact.step, lap=fact.lap, at=at)
                for chosen in fact.chosen
            )
    return {
        (clock.metric, clock.cycle): _course(clock, told.get(clock.key, ()))
        for clock in ticket.clocks
    }


def _course(clock: Clock, told: Sequence[Told]) -> Course:
    return Course(
        verdict=_VERDICTS[clock.state],
        target=clock.target,
        breached_at=clock.breached_at,
        told=tuple(told),
    )


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How many there really were and by the draft; `more`: by the draft only, `fewer`:
    really only.
    """

    really: int = 0
    draft: int = 0
    more: int = 0
    fewer: int = 0

    def plus(self, really: set[object], draft: set[object]) -> "Shift":
        return Shift(
            really=self.really + len(really),
            draft=self.draft + len(draft),
            more=self.more + len(draft - really),
            fewer=self.fewer + len(really - draft),
        )


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`breaches` are clocks that broke. `people_told`: each person once a ticket."""

    tickets: int = 0
    clocks: int = 0
    tickets_differing: int = 0
    verdicts_changed: int = 0
    breaches: Shift = Shift()
    people_told: Shift = Shift()

    def plus(self, found: TicketDifference) -> "Summary":
        changed = (c for c in found.clocks if c.really.verdict != c.draft.verdict)
        pairs = [(c, c.really, c.draft) for c in found.clocks]
        return replace(
            self,
            tickets=self.tickets + 1,
            clocks=self.clocks + len(found.clocks),
            tickets_differing=self.tickets_differing + bool(found.differing),
            verdicts_changed=self.verdicts_changed + sum(1 for _ in changed),
            breaches=self.breaches.plus(
                {(c.metric, c.cycle) for c, really, _ in pairs if really.breached_at},
                {(c.metric, c.cycle) for c, _, draft in pairs if draft.breached_at},
            ),
            people_told=self.people_told.plus(
                {*_people(really for _, really, _ in pairs)},
                {*_people(draft for _, _, draft in pairs)},
            ),
        )


def _people(found: Iterable[Course]) -> Iterator[str]:
    return (told.person for course in found for told in course.told)
