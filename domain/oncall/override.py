"""Exceptions to a schedule: overrides, swaps, leaves.

An override adds somebody for its whole window, removes somebody, or replaces: the named
person where that person would be on call, or else everybody. A swap is up to two such
replacements that take effect together or not at all, once somebody has taken it.

A late record does not change the past: an override counts from when it was made, and
until it was cancelled; one that was cancelled before its window never counts. A person
on leave cannot replace anybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from domain.calendar.instants import FOREVER, Span, merge, to_us

OverrideKind: TypeAlias = Literal["add", "remove", "replace"]
OVERRIDE_KINDS: Final[tuple[OverrideKind, ...]] = get_args(OverrideKind)


@dataclass(frozen=True, kw_only=True)
class Override:
    """`person` is added, or removed if `kind` is remove; `replaces` is for replace
    only, and None there means everybody. Of two, the higher priority wins, then the
    later made.
    """

    id: str
    kind: OverrideKind
    person: str
    begin: datetime
    end: datetime
    by: str
    replaces: str | None = None
    reason: str = ""
    priority: int = 0
    made_at: datetime | None = None
    cancelled_at: datetime | None = None
    of_swap: bool = False

    @property
    def window(self) -> Span:
        return _recorded(self.begin, self.end, self.made_at, self.cancelled_at)

    @property
    def why(self) -> str:
        what = f"{'swap' if self.of_swap else 'override'} {self.id} by {self.by}"
        what += f", for {self.replaces}" if self.replaces is not None else ""
        return f"{what}: {self.reason}" if self.reason else what

    @property
    def people(self) -> frozenset[str]:
        return frozenset({self.person, self.replaces or self.person})


@dataclass(frozen=True, kw_only=True)
class Swap:
    """`asker` gives [begin, end) away; `taker` takes it, and gives `back` for it.
    `offered_to` None: to everybody.
    """

    id: str
    asker: str
    begin: datetime
    end: datetime
    back: tuple[datetime, datetime] | None = None
    offered_to: str | None = None
    taker: str | None = None
    taken_at: datetime | None = None
    cancelled_at: datetime | None = None
    reason: str = ""
    priority: int = 0

    @property
    def ends(self) -> datetime:
        return self.end if self.back is None else max(self.end, self.back[1])

    @property
    def halves(self) -> tuple[Override, ...]:
        """None until it is taken; then one, or two with something given back."""
        if self.taker is None:
            return ()
        given = self._half(self.taker, self.asker, (self.begin, self.end))
        if self.back is None:
            return (given,)
        return given, self._half(self.asker, self.taker, self.back)

    def _half(
        self, person: str, replaces: str, window: tuple[datetime, datetime]
    ) -> Override:
        return Override(
            id=self.id,
            kind="replace",
            person=person,
            replaces=replaces,
            begin=window[0],
            end=window[1],
            by=self.taker or person,
            reason=self.reason,
            priority=self.priority,
            made_at=self.taken_at,
            cancelled_at=self.cancelled_at,
            of_swap=True,
        )


@dataclass(frozen=True, kw_only=True)
class Leave:
    """Vacation, illness: absent in [begin, end), as known since `made_at`. `gone`:
    inactive, or retired, as `reason` says, until they are active again.
    """

    person: str
    begin: datetime
    end: datetime
    made_at: datetime | None = None
    cancelled_at: datetime | None = None
    id: str = ""
    reason: str = ""
    gone: bool = False

    @property
    def window(self) -> Span:
        return _recorded(self.begin, self.end, self.made_at, self.cancelled_at)


def parts(change: Override | Swap) -> tuple[Override, ...]:
    """The overrides that take effect together."""
    return change.halves if isinstance(change, Swap) else (change,)


def absences(leaves: Iterable[Leave]) -> dict[str, list[Span]]:
    """Leaves of each person, merged; without people who have none."""
    found: dict[str, list[Span]] = {}
    for leave in leaves:
        found.setdefault(leave.person, []).append(leave.window)
    merged = {person: merge(windows) for person, windows in found.items()}
    return {person: windows for person, windows in merged.items() if windows}


def conflict(
    change: Override | Swap, others: Iterable[Override | Swap]
) -> Override | Swap | None:
    """The first other override that conflicts: of the same priority, at a common
    instant, and about a common person, or both about everybody. Decide it on the stream
    of the schedule, so that of two at the same time the second is refused.
    """
    for other in others:
        if other.id != change.id and other.priority == change.priority:
            pairs = ((a, b) for a in parts(change) for b in parts(other))
            if any(_clash(a, b) for a, b in pairs):
                return other
    return None


def _clash(one: Override, other: Override) -> bool:
    begin = max(one.window[0], other.window[0])
    if begin >= min(one.window[1], other.window[1]):
        return False
    return bool(one.people & other.people) or (_of_all(one) and _of_all(other))


def _of_all(override: Override) -> bool:
    return override.kind == "replace" and override.replaces is None


def _recorded(
    begin: datetime,
    end: datetime,
    made_at: datetime | None,
    cancelled_at: datetime | None,
) -> Span:
    known = -FOREVER if made_at is None else to_us(made_at)
    stopped = FOREVER if cancelled_at is None else to_us(cancelled_at)
    return max(to_us(begin), known), min(to_us(end), stopped)
