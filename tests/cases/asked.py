"""A ticket at one moment of its story, asked about its clocks.

A deadline that is expected to be null must not be shown: no clock, none running, or
paused. One that is expected at an instant may be our `due_at` or our `breach_at`; of a
clock that has stopped it is the deadline that it stopped under.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.calendar.business_time import elapsed
from domain.sla.clock import Clock
from domain.sla.forecast import used
from domain.ticket.ticket import Ticket
from tests.cases.event_times import symbolic
from tests.cases.model import UNIT_S, Answer, UndrivableError, instant, show, zone_of
from tests.cases.ticket_policy import metric_of
from tests.cases.ticket_story import TicketStory

SECOND = timedelta(seconds=1)
DROPS_SECONDS = "the source drops the seconds of the start, we keep them"
MET = ("met", "hit", "fulfilled")
MISSED = ("missed", "failed", "breached")


@dataclass(frozen=True)
class Asked:
    story: TicketStory
    ticket: Ticket
    at: datetime

    def cycles(self, metric: str) -> list[Clock]:
        return [c for c in self.ticket.clocks if c.metric == metric]

    def last(self, metric: str) -> Clock | None:
        return next(reversed(self.cycles(metric)), None)

    @property
    def metric(self) -> str:
        """The one that is meant where a case names none."""
        metrics = tuple(self.story.targets)
        if len(metrics) == 1:
            return metrics[0]
        if "resolution" in metrics:
            return "resolution"
        raise UndrivableError(f"which clock is meant of {', '.join(metrics)}?")

    @property
    def clock(self) -> Clock:
        clock = self.last(self.metric)
        if clock is None:
            raise UndrivableError(f"no clock of {self.metric} started")
        return clock

    def used(self, clock: Clock) -> timedelta:
        return used(clock, self.at, self.story.calendar)

    def paused(self, clock: Clock) -> timedelta:
        calendar, start = self.story.calendar, clock.counted_from
        whole = elapsed(calendar, start, self.at)
        return whole - elapsed(calendar, start, self.at, clock.pauses)

    def instant(self, text: str) -> datetime:
        try:
            return symbolic(text) or instant(text, zone_of(self.story.case))
        except (TypeError, ValueError, AttributeError) as error:
            raise UndrivableError(f"no instant: {text!r}") from error

    def at_instant(self, got: datetime | None, expected: Any) -> Answer:
        wanted = None if expected is None else self.instant(expected)
        return Answer(show(got), got == wanted)

    def due(self, name: str, expected: Any) -> Answer:
        return self.due_of(self.last(metric_of(name)), expected)

    def nearest(self, expected: Any) -> Answer:
        """The earliest deadline of the ticket's running clocks."""
        running = [(c.due_at, c) for c in self.ticket.clocks if c.live and c.due_at]
        first = min(running, key=lambda pair: pair[0], default=(None, None))
        return self.due_of(first[1], expected)

    def due_of(self, clock: Clock | None, expected: Any) -> Answer:
        if expected is None:
            shown = clock.due_at if clock is not None and clock.live else None
            return Answer(show(shown), shown is None)
        wanted = self.instant(expected)
        if clock is None:
            return Answer(None, agrees=False)
        if wanted == clock.breach_at != clock.due_at:
            return Answer(show(wanted), agrees=True, why="it is our breach_at")
        if _drops_seconds(wanted, clock):
            return Answer(show(clock.due_at), agrees=True, why=DROPS_SECONDS)
        return Answer(show(clock.due_at), wanted == clock.due_at)

    def worst(self, name: str) -> Clock | None:
        """Of all exchanges that ended, else that which goes on."""
        cycles = self.cycles(metric_of(name))
        judged = [c for c in cycles if not c.live] or cycles[-1:]
        return max(judged, key=lambda c: self.used(c) - c.target, default=None)

    def statistic(self, clock: Clock | None, name: str, expected: Any) -> Answer:
        """`elapsed_min`, `margin_s`, `due_at` … of one clock."""
        if name in ("due_at", "breach_at"):
            return self.due_of(clock and self.last(clock.metric), expected)
        if name in ("verdict", "status", "state"):
            return verdict(clock, expected)
        what, _, unit = name.rpartition("_")
        if clock is None or unit not in UNIT_S or not isinstance(expected, int | float):
            raise UndrivableError(f"{name!r} is not asked of clocks")
        elapsed, scale = self.used(clock), UNIT_S[unit] * SECOND
        lengths: Mapping[str, timedelta] = {
            "elapsed": elapsed,
            "worst_elapsed": elapsed,
            "wall": elapsed,
            "margin": clock.target - elapsed,
            "remaining": clock.target - elapsed,
            "overrun": elapsed - clock.target,
        }
        if what not in lengths:
            raise UndrivableError(f"{name!r} is not asked of clocks")
        return Answer(lengths[what] / scale, lengths[what] == expected * scale)


def _drops_seconds(wanted: datetime, clock: Clock) -> bool:
    """Sources that keep pauses as HH:MM lose them; only where there are some."""
    due = clock.due_at
    if due is None or wanted.second or not clock.counted_from.second:
        return False
    return due.second != 0 and due.replace(second=0) == wanted


def verdict(clock: Clock | None, expected: Any) -> Answer:
    if clock is None or str(expected).lower() not in (*MET, *MISSED):
        raise UndrivableError(f"no verdict of ours for {expected!r}")
    wanted = "met" if expected.lower() in MET else "missed"
    got = "missed" if broken(clock) else clock.state
    return Answer(got, got == wanted)


def broken(clock: Clock) -> bool:
    return clock.breached_at is not None or clock.state == "missed"


def all_of(found: Mapping[str, Answer]) -> Answer:
    why = ", ".join(dict.fromkeys(f.why for f in found.values() if f.why))
    got = {name: field.got for name, field in found.items()}
    return Answer(got, all(f.agrees for f in found.values()), why or None)
