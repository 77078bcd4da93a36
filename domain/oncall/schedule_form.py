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

from functools import partial
from typing import Final

from domain.calendar.calendar import WEEKDAYS
from domain.documents.fields import read_list, read_time, read_zone
from domain.documents.reader import Reader
from domain.errors import InvalidError
from domain.event import PolicyRef
from domain.oncall.dated_shifts import DatedShifts
from domain.oncall.dated_shifts_form import MOST_SHIFTS, read_shifts
from domain.oncall.rotation import Rotation
from domain.oncall.schedule import Layer, Restriction, Schedule
from domain.oncall.schedule_words import (
    read_day,
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
    reader = Reader(document)
    if not reader.fields(SCHEDULE_FIELDS):
        raise InvalidError(reader.errors)
    tz = reader["tz"].read(read_zone) or "UTC"
    written = _entries(reader["layers"], MOST_LAYERS)
    layers = [_read_layer(layer, tz, index) for index, layer in enumerate(written)]
    sound = tuple(layer for layer in layers if layer is not None)
    _check_distinct(written)
    sources = (layer.source for layer in sound)
    if sum(len(s.shifts) for s in sources if isinstance(s, DatedShifts)) > MOST_SHIFTS:
        reader["layers"].fault(f"have more than {MOST_SHIFTS:,} shifts")
    if reader.errors:
        raise InvalidError(reader.errors)
    return Schedule(ref=ref, tz=tz, layers=sound)


def name_people(reader: Reader) -> None:
    """Whom the written form names, who is in a text included; of dated shifts each
    person where that one is named first.
    """
    for layer in reader["layers"].items():
        layer["rotation"]["people"].names("agents")
        dated = [shift["person"] for shift in layer["shifts"].items()]
        for person in {p.text(): p for p in reversed(dated)}.values():
            person.name("agents")
        for person in layer["people"].members().values():
            person.name("agents")


def _entries(reader: Reader, most: int) -> list[Reader]:
    found = reader.read(read_list)
    if found is not None and not 0 < len(found) <= most:
        reader.fault(f"must have 1 to {most} entries")
    return [*reader.items()][:most] if found else []


def _check_distinct(layers: list[Reader]) -> None:
    """One name each; a priority each, or none."""
    names = [layer["name"].value for layer in layers]
    for index, layer in enumerate(layers):
        if isinstance(names[index], str) and names[index] in names[:index]:
            layer["name"].fault("another layer has this name")
        if "priority" not in layer and any("priority" in other for other in layers):
            layer["priority"].fault("give every layer a priority, or none")


def _read_layer(reader: Reader, tz: str, index: int) -> Layer | None:
    if not reader.fields(LAYER_FIELDS):
        return None
    name = reader["name"].read(read_name)
    tz = reader.get("tz", tz).read(read_zone) or tz
    source = _read_source(reader, tz)
    restrict = _read_restrictions(reader["restrict"]) if "restrict" in reader else ()
    starts = reader["from"].read(read_wall) if "from" in reader else None
    ends = reader["until"].read(read_wall) if "until" in reader else None
    if starts and ends and ends <= starts:
        reader["until"].fault("is not after `from`")
    masks = reader.get("masks", False).flag()
    if masks and not ("from" in reader and "until" in reader):
        reader["masks"].fault("a layer that masks the others needs `from` and `until`")
    priority = reader.get("priority", index).read(read_priority)
    if name is None or source is None:
        return None
    return Layer(
        name=name,
        source=source,
        priority=priority or 0,
        restrict=restrict,
        starts=starts,
        ends=ends,
        masks=masks,
    )


def _read_source(reader: Reader, tz: str) -> Rotation | DatedShifts | None:
    if not ("rotation" in reader or "shifts" in reader):
        reader.fault("needs turns (`rotation`), `shifts` or `ical`")
        return None
    if "shifts" not in reader:
        return _read_rotation(reader["rotation"], tz)
    if "rotation" in reader:
        reader["rotation"].fault("has either turns or `shifts`")
    return reader["shifts"].read(partial(read_shifts, tz=tz))


def _read_rotation(reader: Reader, tz: str) -> Rotation | None:
    if not reader.fields(ROTATION_FIELDS):
        return None
    start = reader["start"].read(read_wall)
    unit = reader["unit"].read(read_unit)
    length = reader.get("length", 1).read(read_length)
    people = [p.read(read_name) for p in _entries(reader["people"], MOST_PEOPLE)]
    names = tuple(person for person in people if person is not None)
    if start is None or unit is None or length is None or not names:
        return None
    return Rotation(start=start, unit=unit, length=length, people=names, tz=tz)


def _read_restrictions(reader: Reader) -> tuple[Restriction, ...]:
    found = [_read_restriction(one) for one in _entries(reader, MOST_RESTRICTIONS)]
    return tuple(restriction for restriction in found if restriction is not None)


def _read_restriction(reader: Reader) -> Restriction | None:
    if not reader.fields(RESTRICTION_FIELDS):
        return None
    names = _entries(reader.get("days", list(WEEKDAYS)), len(WEEKDAYS))
    days = {day for name in names if (day := name.read(read_day)) is not None}
    opens = reader.get("from", "00:00").read(read_time)
    closes = reader.get("to", "24:00").read(read_time)
    if opens is None or closes is None:
        return None
    window = reader.read(lambda _, pointer: read_window(opens, closes, pointer))
    return None if window is None else Restriction(tuple(sorted(days)), *window)
