"""A ticket's history read for the time of its clocks: interval by interval, in order
and without gaps, from start to stop, each with the reason why it counts or not.

The counted time adds up to the elapsed time exactly, also after changes: time before
the instant from which the clock counts is weighted with the time carried over.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from domain.calendar.calendar import Calendar
from domain.calendar.interval import Piece, between, pieces
from domain.event import Event, PolicyRef
from domain.sla.clock import Clock
from domain.sla.consumption import ZERO, Cause, Interval, IntervalKind
from domain.sla.facts import (
    SlaAttached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaPaused,
    SlaRestated,
    SlaResumed,
)
from domain.sla.intervals import CLOSED, joined, weighed
from domain.sla.ports import SlaTicket

CalendarOf: TypeAlias = Callable[[PolicyRef | None], Calendar | None]


class TimeSheet:
    """A ticket's history, read for the clocks of one metric. `tickets`: the ticket
    after each of the events.
    """

    def __init__(
        self,
        events: Sequence[Event],
        tickets: Sequence[SlaTicket],
        metric: str,
        calendar_of: CalendarOf,
    ) -> None:
        self._events, self._tickets = events, tickets
        self._metric, self._calendar_of = metric, calendar_of
        self._instants = [event.timestamp for event in events]
        self._edges = set(self._instants)

    def intervals(self, clock: Clock, end: datetime) -> tuple[Interval, ...]:
        """From the start of the clock to `end`; what counts adds up to what is used."""
        before = self._set_aside().get(clock.key, ())
        found = joined((*before, *self._counting(clock, clock.counted_from, end)))
        return tuple(self._with_pauses(clock, interval, end) for interval in found)

    def _with_pauses(self, clock: Clock, interval: Interval, end: datetime) -> Interval:
        """A pause outside the hours takes nothing from the counted time, but is
        shown.
        """
        if interval.kind not in CLOSED:
            return interval
        for pause in clock.pauses:
            start = max(pause.start, interval.start)
            until = min(pause.end or end, interval.end)
            if start < until:
                event = self._latest(start, SlaPaused)
                why = f": {_reason('paused', event)}" if event else ""
                said = f"paused meanwhile, {_instant(start)} to {_instant(until)}{why}"
                reason = f"{interval.reason}; {said}"
                interval = replace(interval, reason=reason)
        return interval

    def _set_aside(self) -> dict[str, tuple[Interval, ...]]:
        """For each clock, the time before the instant from which it counts."""
        found: dict[str, tuple[Interval, ...]] = {}
        before: SlaTicket | None = None
        for event, ticket in zip(self._events, self._tickets, strict=True):
            fact = event.fact
            if (
                isinstance(fact, SlaAttached | SlaRestated)
                and fact.metric == self._metric
            ):
                new = next(c for c in self._cycles(ticket) if c.cycle == fact.cycle)
                old = self._goes_on_from(new, before)
                aside = found.get(old.key, ()) if old else ()
                found[new.key] = self._carried(new, old, aside, event)
            before = ticket
        return found

    def _cycles(self, ticket: SlaTicket) -> list[Clock]:
        return [clock for clock in ticket.clocks if clock.metric == self._metric]

    def _goes_on_from(self, new: Clock, before: SlaTicket | None) -> Clock | None:
        cycles = self._cycles(before) if before else []
        chain = [clock for clock in cycles if clock.started_at == new.started_at]
        return chain[-1] if chain else None

    def _carried(
        self, new: Clock, old: Clock | None, aside: tuple[Interval, ...], event: Event
    ) -> tuple[Interval, ...]:
        if old and (old.counted_from, old.carried) == (new.counted_from, new.carried):
            return aside
        start, upto = min(new.started_at, new.counted_from), new.counted_from
        known = aside
        if old is not None:
            known = (*aside, *self._counting(old, old.counted_from, upto))
        inside = [i for i in known if start <= i.start and i.end <= upto]
        if not inside or inside[0].start > start or inside[-1].end < upto:
            inside = [self._whole(start, upto)]
        return weighed(inside, new.carried, _rule(event), self._cause(event))

    def _whole(self, start: datetime, end: datetime) -> Interval:
        """Of time from another ticket, only the amount is known."""
        piece = Piece(start=start, end=end, kind="running")
        return self._interval(piece, start, end, "carried", None)

    def _counting(
        self, clock: Clock, start: datetime, end: datetime
    ) -> Iterator[Interval]:
        """As counted by its calendar and its pauses."""
        calendar = self._calendar_of(clock.calendar)
        for piece in pieces(calendar, start, end, clock.pauses):
            for begin, until in between(piece.start, piece.end, self._edges):
                yield self._explained(clock, piece, begin, until)

    def _explained(
        self, clock: Clock, piece: Piece, start: datetime, end: datetime
    ) -> Interval:
        if piece.kind in CLOSED:
            why = _hours(clock, piece)
            return self._interval(piece, start, end, piece.kind, None, why)
        standing = self._cycles(self._ticket(start))
        if standing and not standing[-1].live:
            lapsed = standing[-1].cancelled_by is not None
            stop = self._latest(start, SlaMet, SlaMissed, SlaCancelled)
            if not lapsed:
                return self._interval(piece, start, end, "reopened", stop)
            if piece.kind == "running":
                return self._interval(piece, start, end, "unpromised", stop)
        if piece.kind == "paused":
            pause = self._latest(start, SlaPaused)
            return self._interval(piece, start, end, "paused", pause)
        going = self._latest(start, SlaAttached, SlaResumed)
        return self._interval(piece, start, end, "running", going or self._first())

    def _interval(
        self,
        piece: Piece,
        start: datetime,
        end: datetime,
        kind: IntervalKind,
        event: Event | None,
        reason: str = "",
    ) -> Interval:
        ticket = self._ticket(start)
        return Interval(
            start=start,
            end=end,
            kind=kind,
            counted=end - start if piece.kind == "running" else ZERO,
            reason=reason or _reason(kind, event),
            cause=self._cause(event) if event else None,
            holiday=piece.holiday,
            status=ticket.status,
            team=ticket.team,
            assignee=ticket.assignee,
        )

    def _ticket(self, at: datetime) -> SlaTicket:
        """The ticket then; before its opening, as it was opened."""
        return self._tickets[max(bisect_right(self._instants, at) - 1, 0)]

    def _latest(self, at: datetime, *kinds: type) -> Event | None:
        """The latest of these facts of the metric by then."""
        for event in reversed(self._events[: bisect_right(self._instants, at)]):
            if isinstance(event.fact, kinds) and self._is_ours(event):
                return event
        return None

    def _first(self) -> Event | None:
        return next(
            (
                event
                for event in self._events
                if isinstance(event.fact, SlaAttached) and self._is_ours(event)
            ),
            None,
        )

    def _is_ours(self, event: Event) -> bool:
        return getattr(event.fact, "metric", None) == self._metric

    def _cause(self, event: Event) -> Cause:
        """The original event, if this one only follows from it."""
        stream, _, number = event.meta.causation_id.rpartition("/")
        if stream == event.originator_id and number.isdigit():
            before = self._events[int(number) - 1]
            if not before.fact.topic.startswith("sla."):
                event = before
        return Cause(
            version=event.originator_version,
            event_id=event.id,
            type=event.fact.topic,
            actor=event.meta.actor,
        )


def _rule(event: Event) -> str:
    fact = event.fact
    if isinstance(fact, SlaRestated):
        return fact.rule_of_change
    return "it continues an earlier clock"


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _hours(clock: Clock, piece: Piece) -> str:
    calendar = clock.calendar
    assert calendar is not None, "what is always open never closes"
    name = f"{calendar.name}, version {calendar.version}"
    if piece.holiday is not None:
        return f"{piece.holiday} is a holiday of the calendar {name}"
    return f"outside the hours of the calendar {name}"


def _reason(kind: IntervalKind, event: Event | None) -> str:
    fact = event.fact if event else None
    if isinstance(fact, SlaPaused | SlaResumed | SlaCancelled):
        return fact.reason
    if kind == "reopened":
        return "the ticket was resolved until it was reopened"
    if isinstance(fact, SlaAttached):
        return "the clock started"
    return "it was taken over from a merged ticket"
