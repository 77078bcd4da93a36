"""Everything that decides who is on call: versions of a schedule, overrides, swaps,
leaves.

The past is what was in force then: a version applies from its `since` to the next one's
and to no other time. So a layer that is deleted ends at that instant and keeps its
history, and one that had not begun was never in force. Only the first version also
applies to all times before it.

A new version does not change who is on call by accident. Where a layer keeps its name
and its rotation's `start`, the current person keeps the turn although people were
added, removed or moved, or lengths or hours changed; if that person was removed, the
person with the next turn takes over. To set the turns again, change `start`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.calendar.instants import to_us
from domain.oncall.override import Leave, Override, Swap, parts
from domain.oncall.rotation import Rotation
from domain.oncall.schedule import Layer, Schedule


@dataclass(frozen=True, kw_only=True)
class Version:
    """`since` None: since ever. `schedule` None: nobody is on call any more."""

    since: datetime | None
    schedule: Schedule | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Versions in the order of `since`; overrides and swaps in the order in which they
    were created. `published_at`: of the first version; nobody could read what it says
    of earlier times then.
    """

    versions: tuple[Version, ...]
    changes: tuple[Override | Swap, ...] = ()
    leaves: tuple[Leave, ...] = ()
    published_at: datetime | None = None

    @classmethod
    def of(
        cls,
        schedule: Schedule,
        *,
        since: datetime | None = None,
        changes: tuple[Override | Swap, ...] = (),
        leaves: tuple[Leave, ...] = (),
    ) -> "Plan":
        first = Version(since=since, schedule=schedule)
        return cls(versions=(first,), changes=changes, leaves=leaves)

    def revised(self, schedule: Schedule | None, since: datetime) -> "Plan":
        """With a new version, which keeps the turn of that instant. None retires the
        schedule. `since` is after that of every version before.
        """
        if not self.versions:
            first = Version(since=None, schedule=schedule)
            return replace(self, versions=(first,), published_at=since)
        before = self.versions[-1].schedule
        if before is not None and schedule is not None:
            schedule = carried_over(before, schedule, since)
        new = Version(since=since, schedule=schedule)
        return replace(self, versions=(*self.versions, new))

    @property
    def people(self) -> frozenset[str]:
        """All who can ever be on call by it."""
        schedules = [v.schedule for v in self.versions if v.schedule is not None]
        layers = [layer for schedule in schedules for layer in schedule.layers]
        changes = [part for change in self.changes for part in parts(change)]
        turns = (person for layer in layers for person in layer.source.people)
        return frozenset(turns).union(*(change.people for change in changes))

    def schedule_at(self, at: datetime) -> Schedule | None:
        for version in reversed(self.versions):
            if version.since is None or version.since <= at:
                return version.schedule
        return None


def carried_over(old: Schedule, new: Schedule, at: datetime) -> Schedule:
    """`new` with the turns of `old` continued at that instant."""
    before = {layer.name: layer for layer in old.layers}
    layers = (_continued(before.get(layer.name), layer, at) for layer in new.layers)
    return replace(new, layers=tuple(layers))


def _continued(old: Layer | None, new: Layer, at: datetime) -> Layer:
    start = _start(new)
    if old is None or start is None or _start(old) != start:
        return new
    people = new.rotation.people
    order = old.rotation.order(_turn(old, at))
    staying = [person for person in order if person in people]
    if not staying:
        return new
    index = _index(new.rotation, *(staying * 2)[:2])
    first = (index - _turn(new, at)) % len(people)
    return replace(new, source=replace(new.rotation, first=first))


def _start(layer: Layer) -> datetime | None:
    """The turns; dated shifts have none, so nothing of them is carried over."""
    return layer.source.start if isinstance(layer.source, Rotation) else None


def _turn(layer: Layer, at: datetime) -> int:
    """The turn at that instant, or the next one while the layer is between turns."""
    period = layer.rotation.period_at(to_us(at))
    return layer.turn(period) + (not layer.counts(period))


def _index(rotation: Rotation, holder: str, following: str) -> int:
    """If somebody has several turns in one cycle, the one with the same person after
    it.
    """
    people = rotation.people
    places = [i for i, person in enumerate(people) if person == holder]
    same = (i for i in places if people[(i + 1) % len(people)] == following)
    return next(same, places[0])
