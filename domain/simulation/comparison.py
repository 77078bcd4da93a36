"""What would have happened to a ticket under a draft, compared with what would have
happened under the published configuration, and with what actually happened.

What people did is taken as recorded; with other notifications they might have acted
differently. The loads of agents are known only as far as the ticket's own history has
them. Where the draft does not change a team, the rules choose the same people as
recorded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from domain.escalation.facts import CHOOSING
from domain.event import Event, Fact
from domain.lifecycle.facts import TicketOpened
from domain.simulation.overlay import Trial
from domain.simulation.replay import Histories, Past, due_by, replay
from domain.sla.clock import Clock, ClockState
from domain.ticket.evolve import fold
from domain.ticket.ticket import Ticket

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
    """`step` and `repetition` are counted from 0."""

    person: str
    step: int
    repetition: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Course:
    """The course of one clock. `due_at`: the last one; None while it was paused.
    `told`: the people notified, in order.
    """

    verdict: Verdict
    target: timedelta | None = None
    due_at: datetime | None = None
    breached_at: datetime | None = None
    told: tuple[Told, ...] = ()


UNPROMISED = Course(verdict="unpromised")
Key = tuple[str, int]
"""Metric and cycle."""
Courses = Mapping[Key, Course]


@dataclass(frozen=True, kw_only=True)
class ClockDifference:
    """`actual`: what happened. `published`, `draft`: under these rules."""

    metric: str
    cycle: int
    actual: Course
    published: Course
    draft: Course

    @property
    def differs(self) -> bool:
        """Whether the draft changes anything."""
        return self.published != self.draft


@dataclass(frozen=True, kw_only=True)
class TicketDifference:
    """`clocks`: all clocks of any column, those without differences included."""

    ticket_id: str
    number: int
    clocks: tuple[ClockDifference, ...]

    @property
    def differs(self) -> bool:
        return any(clock.differs for clock in self.clocks)

    @property
    def drifted(self) -> bool:
        """Whether the published configuration would have had another result than what
        happened.
        """
        return any(clock.actual != clock.published for clock in self.clocks)


def is_ticket(events: Sequence[Event]) -> bool:
    return bool(events) and isinstance(events[0].fact, TicketOpened)


def compare(
    events: Sequence[Event], trial: Trial, at: datetime, others: Histories | None = None
) -> TicketDifference:
    """For a ticket's whole history, as of `at`; the same input gives the same result.
    `others`: histories of the tickets that were merged into it.
    """
    ticket = fold(events)
    assert ticket is not None, "a history starts with its opening"
    actual = courses(ticket, ((event.fact, event.timestamp) for event in events))
    known = others or {}
    published = _under(events, Past(world=trial.published, others=known), at)
    draft = published
    if trial.draft is not trial.published:
        past = Past(world=trial.draft, others=known, changed_teams=trial.changed_teams)
        draft = _under(events, past, at)
    return TicketDifference(
        ticket_id=ticket.id,
        number=ticket.number,
        clocks=tuple(
            ClockDifference(
                metric=key[0],
                cycle=key[1],
                actual=actual.get(key, UNPROMISED),
                published=published.get(key, UNPROMISED),
                draft=draft.get(key, UNPROMISED),
            )
            for key in sorted({*actual, *published, *draft})
        ),
    )


def _under(events: Sequence[Event], past: Past, at: datetime) -> Courses:
    ticket: Ticket | None = None
    facts: list[tuple[Fact, datetime]] = []
    for draft in replay(events, past):
        ticket = draft.ticket
        facts += [(step.fact, step.at) for step in draft.steps]
    assert ticket is not None, "a history starts with its opening"
    end = due_by(ticket, at, past.world)
    facts += [(step.fact, step.at) for step in end.steps]
    return courses(end.ticket, facts)


def courses(ticket: Ticket, facts: Iterable[tuple[Fact, datetime]]) -> Courses:
    told: dict[str, list[Told]] = {}
    for fact, at in facts:
        if isinstance(fact, CHOOSING):
            told.setdefault(fact.clock, []).extend(
                Told(
                    person=chosen.person,
                    step=fact.step,
                    repetition=fact.repetition,
                    at=at,
                )
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
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        told=tuple(told),
    )


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The count in each column. `more`: by the draft but not by the published
    configuration; `fewer`: the other way round.
    """

    actual: int = 0
    published: int = 0
    draft: int = 0
    more: int = 0
    fewer: int = 0

    def plus(
        self, actual: set[object], published: set[object], draft: set[object]
    ) -> "Shift":
        return Shift(
            actual=self.actual + len(actual),
            published=self.published + len(published),
            draft=self.draft + len(draft),
            more=self.more + len(draft - published),
            fewer=self.fewer + len(published - draft),
        )

    def together(self, other: "Shift") -> "Shift":
        return Shift(
            actual=self.actual + other.actual,
            published=self.published + other.published,
            draft=self.draft + other.draft,
            more=self.more + other.more,
            fewer=self.fewer + other.fewer,
        )


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`tickets_differing`, `verdicts_changed`: the draft compared with the published
    configuration; `tickets_drifted`: the published configuration compared with what
    happened. `breaches`: clocks that were breached. `people_told`: each person once a
    ticket.
    """

    tickets: int = 0
    clocks: int = 0
    tickets_differing: int = 0
    verdicts_changed: int = 0
    tickets_drifted: int = 0
    breaches: Shift = Shift()
    people_told: Shift = Shift()

    def plus(self, found: TicketDifference) -> "Summary":
        changed = [c for c in found.clocks if c.published.verdict != c.draft.verdict]
        return replace(
            self,
            tickets=self.tickets + 1,
            clocks=self.clocks + len(found.clocks),
            tickets_differing=self.tickets_differing + found.differs,
            verdicts_changed=self.verdicts_changed + len(changed),
            tickets_drifted=self.tickets_drifted + found.drifted,
            breaches=self.breaches.plus(*map(_broken, _columns(found))),
            people_told=self.people_told.plus(*map(_people, _columns(found))),
        )

    def together(self, other: "Summary") -> "Summary":
        """Adds the summary of other tickets."""
        return Summary(
            tickets=self.tickets + other.tickets,
            clocks=self.clocks + other.clocks,
            tickets_differing=self.tickets_differing + other.tickets_differing,
            verdicts_changed=self.verdicts_changed + other.verdicts_changed,
            tickets_drifted=self.tickets_drifted + other.tickets_drifted,
            breaches=self.breaches.together(other.breaches),
            people_told=self.people_told.together(other.people_told),
        )


_Column = Sequence[tuple[Key, Course]]


def _columns(found: TicketDifference) -> tuple[_Column, _Column, _Column]:
    keyed = [((clock.metric, clock.cycle), clock) for clock in found.clocks]
    return (
        [(key, clock.actual) for key, clock in keyed],
        [(key, clock.published) for key, clock in keyed],
        [(key, clock.draft) for key, clock in keyed],
    )


def _broken(column: _Column) -> set[object]:
    return {key for key, course in column if course.breached_at}


def _people(column: _Column) -> set[object]:
    return {*_names(course for _, course in column)}


def _names(courses_: Iterable[Course]) -> Iterator[str]:
    return (told.person for course in courses_ for told in course.told)
