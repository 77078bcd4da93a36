"""How good a schedule is: is somebody always on call, and is it shared fairly?

The score is the mean of two percentages: of the time that is covered, and of balance,
the mean over all pairs of people of the shorter time on call divided by the longer. It
is that of Grafana OnCall, from which many teams migrate.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from domain.oncall.plan import Plan
from domain.oncall.shifts import gaps, shifts

WHOLE = 100
BALANCED_ENOUGH = 95  # percent; turns rarely divide a range evenly
ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Load:
    """`over_percent`: how much more than the mean; 0 if not above it."""

    person: str
    on_call: timedelta
    over_percent: int


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Percentages; `loads` with the most loaded first."""

    score: int
    covered: int
    balance: int
    loads: tuple[Load, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        if not self.loads:
            return ("nobody is ever on call",)
        found = []
        if self.covered < WHOLE:
            found.append(f"{WHOLE - self.covered}% of the time nobody is on call")
        found += [
            f"{load.person} is on call {load.over_percent}% more than the mean"
            for load in self.loads
            if load.over_percent and self.balance < WHOLE
        ]
        return tuple(found)


def quality(plan: Plan, begin: datetime, end: datetime) -> Quality:
    """Raises InvalidError as `shifts`."""
    times: dict[str, timedelta] = defaultdict(timedelta)
    for shift in shifts(plan, begin, end):
        times[shift.person] += shift.end - shift.begin
    if not times:
        return Quality(score=0, covered=0, balance=0, loads=())
    missing = sum((gap.end - gap.begin for gap in gaps(plan, begin, end)), ZERO)
    covered = round(WHOLE * (1 - missing / (end - begin)))
    if missing:
        covered = min(covered, WHOLE - 1)  # a minute without anybody must show
    balance = round(WHOLE * _balance(list(times.values())))
    balance = WHOLE if balance >= BALANCED_ENOUGH else balance
    return Quality(
        score=round((covered + balance) / 2),
        covered=covered,
        balance=balance,
        loads=_loads(times),
    )


def _balance(times: list[timedelta]) -> float:
    pairs = [min(pair) / max(pair) for pair in combinations(times, 2)]
    return sum(pairs) / len(pairs) if pairs else 1.0


def _loads(times: dict[str, timedelta]) -> tuple[Load, ...]:
    mean = sum(times.values(), ZERO) / len(times)
    loads = (
        Load(
            person=person,
            on_call=time,
            over_percent=max(0, round(WHOLE * (time / mean)) - WHOLE),
        )
        for person, time in times.items()
    )
    return tuple(sorted(loads, key=lambda load: (-load.on_call, load.person)))
