"""The written form of a schedule: reading and checking it.

    tz: America/Chicago
    layers:                                # a later layer covers an earlier one
      - name: base
        rotation: {start: "2026-01-05T09:00", unit: week, people: [ann, bo, chen]}
        restrict: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "21:00"}]
      - name: fair
        tz: Asia/Tokyo                     # of all times in this layer
        from: "2026-08-01"                 # also "2026-08-01T09:00"
        until: "2026-08-08"
        masks: true                        # nothing else counts in that week
        rotation: {start: "2026-08-01", unit: hour, length: 12, people: [dai, eva]}

A layer has `shifts` with dates in the place of turns as `dated_shifts_form` has them,
or an iCalendar text that is spelled out into such (`shift_sources`) when published.

With a `priority` on every layer those say who covers whom, and equals are on call
together. In `restrict`, `days` left out are all days, `from` and `to` left out the
whole day; a window may end at "24:00", or the day after by ending before it begins.
"""

from collections.abc import Mapping
from typing import Final

from domain.calendar.calendar import WEEKDAYS
from domain.documents.attempts import Fields, Reader
from domain.documents.fields import read_time, read_zone
from domain.errors import FieldError, InvalidError
from domain.event import PolicyRef
from domain.oncall.dated_shifts import DatedShifts
from domain.oncall.dated_shifts_form import MOST_SHIFTS, read_shifts
from domain.oncall.rotation import Rotation
from domain.oncall.schedule import Layer, Restriction, Schedule
from domain.oncall.schedule_words import (
    read_day,
    read_flag,
    read_length,
    read_name,
    read_priority,
    read_unit,
    read_wall,
    read_window,
)

SCHEDULE_FIELDS: Final = ("name", "tz", "layers")
TIMES_OF_A_LAYER: Final = ("tz", "from", "until", "masks")
LAYER_FIELDS: Final = (
    *("name", "priority", "rotation", "shifts", "restrict"),
    *TIMES_OF_A_LAYER,
)
ROTATION_FIELDS: Final = ("start", "unit", "length", "people")
RESTRICTION_FIELDS: Final = ("days", "from", "to")
MOST_LAYERS: Final = 100
MOST_PEOPLE: Final = 1000
MOST_RESTRICTIONS: Final = 100


def parse_schedule(ref: PolicyRef, document: object) -> Schedule:
    """Raises InvalidError that names every field of the document that is wrong."""
    reader = _Reader()
    schedule = reader.schedule(ref, document)
    if schedule is None or reader.errors:
        raise InvalidError(reader.errors)
    return schedule


class _Reader(Reader):
    def schedule(self, ref: PolicyRef, document: object) -> Schedule | None:
        fields = self.fields(document, "", SCHEDULE_FIELDS)
        if fields is None:
            return None
        tz = self.attempt(read_zone, fields.get("tz"), "/tz")
        written = self.entries(fields.get("layers"), "/layers", MOST_LAYERS)
        layers = [
            self.layer(entry, f"/layers/{index}", tz or "UTC", index)
            for index, entry in enumerate(written)
        ]
        sound = tuple(layer for layer in layers if layer is not None)
        self.distinct(written)
        self.bounded(sound)
        if tz is None or self.errors:
            return None
        return Schedule(ref=ref, tz=tz, layers=sound)

    def bounded(self, layers: tuple[Layer, ...]) -> None:
        sources = (layer.source for layer in layers)
        dated = (len(s.shifts) for s in sources if isinstance(s, DatedShifts))
        if sum(dated) > MOST_SHIFTS:
            message = f"have more than {MOST_SHIFTS:,} shifts"
            self.errors.append(FieldError("/layers", message))

    def distinct(self, layers: list[object]) -> None:
        """One name each; a priority each, or none."""
        entries = [entry if isinstance(entry, Mapping) else {} for entry in layers]
        given = ["priority" in entry for entry in entries]
        names = [entry.get("name") for entry in entries]
        for index, name in enumerate(names):
            if isinstance(name, str) and name in names[:index]:
                message = "another layer has this name"
                self.errors.append(FieldError(f"/layers/{index}/name", message))
            if any(given) and not given[index]:
                message = "give every layer a priority, or none"
                self.errors.append(FieldError(f"/layers/{index}/priority", message))

    def layer(self, value: object, pointer: str, tz: str, index: int) -> Layer | None:
        fields = self.fields(value, pointer, LAYER_FIELDS)
        if fields is None:
            return None
        name = self.attempt(read_name, fields.get("name"), f"{pointer}/name")
        if "tz" in fields:
            tz = self.attempt(read_zone, fields["tz"], f"{pointer}/tz") or tz
        source = self.source(fields, pointer, tz)
        restrict = self.restrict(fields, f"{pointer}/restrict")
        starts = self.optional(read_wall, fields, "from", pointer)
        ends = self.optional(read_wall, fields, "until", pointer)
        if starts and ends and ends <= starts:
            self.errors.append(FieldError(f"{pointer}/until", "is not after `from`"))
        masks = self.attempt(read_flag, fields.get("masks", False), f"{pointer}/masks")
        if masks and not ("from" in fields and "until" in fields):
            message = "a layer that masks the others needs `from` and `until`"
            self.errors.append(FieldError(f"{pointer}/masks", message))
        priority = self.optional(read_priority, fields, "priority", pointer)
        if name is None or source is None:
            return None
        return Layer(
            name=name,
            source=source,
            priority=index if priority is None else priority,
            restrict=restrict,
            starts=starts,
            ends=ends,
            masks=bool(masks),
        )

    def source(
        self, layer: Fields, pointer: str, tz: str
    ) -> Rotation | DatedShifts | None:
        if not layer.keys() & {"rotation", "shifts"}:
            message = "needs turns (`rotation`), `shifts` or `ical`"
            self.errors.append(FieldError(pointer, message))
            return None
        if "shifts" not in layer:
            return self.rotation(layer.get("rotation"), f"{pointer}/rotation", tz)
        if "rotation" in layer:
            message = "has either turns or `shifts`"
            self.errors.append(FieldError(f"{pointer}/rotation", message))
        return self.attempt(
            lambda value, at: read_shifts(value, at, tz),
            layer["shifts"],
            f"{pointer}/shifts",
        )

    def rotation(self, value: object, pointer: str, tz: str) -> Rotation | None:
        fields = self.fields(value, pointer, ROTATION_FIELDS)
        if fields is None:
            return None
        start = self.attempt(read_wall, fields.get("start"), f"{pointer}/start")
        unit = self.attempt(read_unit, fields.get("unit"), f"{pointer}/unit")
        length = self.attempt(read_length, fields.get("length", 1), f"{pointer}/length")
        written = self.entries(fields.get("people"), f"{pointer}/people", MOST_PEOPLE)
        people = [
            self.attempt(read_name, person, f"{pointer}/people/{index}")
            for index, person in enumerate(written)
        ]
        names = tuple(person for person in people if person is not None)
        if start is None or unit is None or length is None or not names:
            return None
        return Rotation(start=start, unit=unit, length=length, people=names, tz=tz)

    def restrict(self, layer: Fields, pointer: str) -> tuple[Restriction, ...]:
        if "restrict" not in layer:
            return ()
        entries = self.entries(layer["restrict"], pointer, MOST_RESTRICTIONS)
        found = (
            self.restriction(entry, f"{pointer}/{index}")
            for index, entry in enumerate(entries)
        )
        return tuple(restriction for restriction in found if restriction is not None)

    def restriction(self, value: object, pointer: str) -> Restriction | None:
        fields = self.fields(value, pointer, RESTRICTION_FIELDS)
        if fields is None:
            return None
        days = self.days(fields.get("days", list(WEEKDAYS)), f"{pointer}/days")
        opens = self.attempt(read_time, fields.get("from", "00:00"), f"{pointer}/from")
        closes = self.attempt(read_time, fields.get("to", "24:00"), f"{pointer}/to")
        if opens is None or closes is None:
            return None
        window = self.attempt(
            lambda _, at: read_window(opens, closes, at), None, pointer
        )
        return None if window is None else Restriction(days, *window)

    def days(self, value: object, pointer: str) -> tuple[int, ...]:
        names = self.entries(value, pointer, len(WEEKDAYS))
        days = [
            self.attempt(read_day, name, f"{pointer}/{index}")
            for index, name in enumerate(names)
        ]
        return tuple(sorted({day for day in days if day is not None}))
