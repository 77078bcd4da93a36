"""Verdicts as one table, by priority: how many, how many met, how long it took."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.lifecycle.facts import PRIORITIES
from infra.servicenow.replay import Verdict


@dataclass(frozen=True, kw_only=True)
class Line:
    """`name`: a priority, or `all`. Median and 90th percentile are of the
    elapsed time of those that were judged; pauses do not count in it.
    """

    name: str
    incidents: int
    met: int
    missed: int
    open: int
    unpromised: int
    target: timedelta | None
    median: timedelta | None
    p90: timedelta | None

    @property
    def met_share(self) -> float | None:
        """Of those that were judged."""
        judged = self.met + self.missed
        return self.met / judged if judged else None


def table(verdicts: Sequence[Verdict]) -> list[Line]:
    """The most urgent first; the last line is the sum."""
    lines = [
        _line(priority, [v for v in verdicts if v.priority == priority])
        for priority in reversed(PRIORITIES)
    ]
    return [*(line for line in lines if line.incidents), _line("all", verdicts)]


def _line(name: str, verdicts: Sequence[Verdict]) -> Line:
    outcomes = [verdict.outcome for verdict in verdicts]
    elapsed = sorted(v.elapsed for v in verdicts if v.elapsed is not None)
    return Line(
        name=name,
        incidents=len(verdicts),
        met=outcomes.count("met"),
        missed=outcomes.count("missed"),
        open=outcomes.count("open"),
        unpromised=outcomes.count("unpromised"),
        target=_only(v.target for v in verdicts if v.target is not None),
        median=_rank(elapsed, 0.5),
        p90=_rank(elapsed, 0.9),
    )


def _rank(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """The percentile by nearest rank: always a time that was measured."""
    return ordered[math.ceil(len(ordered) * share) - 1] if ordered else None


def _only(targets: Iterable[timedelta]) -> timedelta | None:
    """The target that all of them had."""
    found = set(targets)
    return found.pop() if len(found) == 1 else None
