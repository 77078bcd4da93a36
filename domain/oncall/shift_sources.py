"""Shifts from an external calendar: an iCalendar text instead of a rotation.

    {name: imported, ical: "BEGIN:VCALENDAR…", people: {"Ann Li": ann}}

An event's summary names the person, several people separated by commas; if it does not,
the mail addresses of its attendees do. `people` maps such a text to an agent; an
agent's own name and e-mail address need no mapping. Case and surrounding blanks do not
matter.

The reader is an argument, and what was found is stored with the version as `shifts` in
UTC: they are exact, and a new release of a package or of the time zones does not change
who was published to be on call.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.documents.fields import read_text, read_zone, refuse
from domain.errors import FieldError, InvalidError
from domain.event import Json, PolicyRef
from domain.oncall.dated_shifts_form import MOST_SHIFTS
from domain.oncall.schedule import Schedule
from domain.oncall.schedule_form import parse_schedule
from domain.oncall.shift_people import FoundShift, People, Strangers, read_people

MOST_TEXTS: Final = 10  # of a schedule
MOST_CHARACTERS: Final = 500_000
SOURCES: Final = ("rotation", "shifts")


@dataclass(frozen=True, kw_only=True)
class ShiftSource:
    """`pointer`: of its layer; `tz`: of times without a zone."""

    pointer: str
    ical: str
    tz: str


@dataclass(frozen=True, kw_only=True)
class FoundShifts:
    shifts: Iterable[FoundShift]
    warnings: tuple[FieldError, ...] = ()


ReadShifts: TypeAlias = Callable[[ShiftSource], FoundShifts]
"""Raises InvalidError for an invalid iCalendar text."""


@dataclass(frozen=True, kw_only=True)
class ShiftExpansion:
    """What was read from a schedule's texts, by the index of their layers."""

    document: Json
    found: Mapping[int, FoundShifts]
    errors: tuple[FieldError, ...] = ()

    @property
    def warnings(self) -> tuple[FieldError, ...]:
        return tuple(w for found in self.found.values() for w in found.warnings)

    def resolved(self, agents: People) -> Json | None:
        """The document with shifts instead of texts; None if it has none. Raises
        InvalidError with the faults of the texts and the unknown people.
        """
        if not self.found and not self.errors:
            return None
        spelled, texts = dict[int, Json](), dict(_texts(self.document))
        errors = list(self.errors)
        for index, found in self.found.items():
            layer = texts[index]
            try:
                spelled[index] = _spelled_out(layer, index, found, agents)
            except InvalidError as error:
                errors += error.errors
        if errors:
            raise InvalidError(errors)
        return _having(self.document, spelled)

    def schedule(self, ref: PolicyRef, agents: People) -> tuple[Schedule, Json | None]:
        """The schedule, and the document with its texts resolved. Raises InvalidError
        with the faults of the texts and of the rest.
        """
        errors: list[FieldError] = []
        try:
            resolved = self.resolved(agents)
        except InvalidError as error:
            errors += error.errors
            nothing: Json = {"shifts": []}
            texts = (index for index, _ in _texts(self.document))
            resolved = _having(self.document, dict.fromkeys(texts, nothing))
        try:
            schedule = parse_schedule(ref, resolved or self.document)
        except InvalidError as error:
            raise InvalidError(
                [*errors, *placed(error.errors, self.document)]
            ) from error
        if errors:
            raise InvalidError(errors)
        return schedule, resolved


def spell_out(document: Json, read: ReadShifts) -> ShiftExpansion:
    """Calls `read` once for every layer that has a text."""
    found, errors = dict[int, FoundShifts](), list[FieldError]()
    for place, (index, layer) in enumerate(_texts(document)):
        pointer = f"/layers/{index}"
        try:
            if place >= MOST_TEXTS:
                refuse(f"{pointer}/ical", f"more than {MOST_TEXTS} layers have a text")
            found[index] = read(_source(document, layer, pointer))
        except InvalidError as error:
            errors += error.errors
    return ShiftExpansion(document=document, found=found, errors=tuple(errors))


def placed(warnings: Iterable[FieldError], document: Json) -> Iterator[FieldError]:
    """Faults of shifts that come from a text are reported at that text."""
    texts = {str(index) for index, _ in _texts(document)}
    for warning in warnings:
        match warning.pointer.split("/"):
            case ["", "layers", index, "shifts", *_] if index in texts:
                yield FieldError(f"/layers/{index}/ical", warning.message)
            case _:
                yield warning


def _texts(document: Json) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The layers that have one."""
    layers = document.get("layers")
    for index, layer in enumerate(layers if isinstance(layers, list) else []):
        if isinstance(layer, dict) and "ical" in layer:
            yield index, layer


def _source(document: Json, layer: Mapping[str, object], pointer: str) -> ShiftSource:
    for other in SOURCES:
        if other in layer:
            refuse(f"{pointer}/{other}", "has either this or `ical`")
    text = read_text(layer["ical"], f"{pointer}/ical")
    if len(text) > MOST_CHARACTERS:
        refuse(f"{pointer}/ical", f"has more than {MOST_CHARACTERS:,} characters")
    read_people(layer, pointer)
    try:
        tz = read_zone(layer.get("tz", document.get("tz")), f"{pointer}/tz")
    except InvalidError:
        tz = "UTC"  # which the schedule itself defines
    return ShiftSource(pointer=pointer, ical=text, tz=tz)


def _spelled_out(
    layer: Mapping[str, object], index: int, found: FoundShifts, agents: People
) -> Json:
    pointer = f"/layers/{index}"
    known = {**agents, **read_people(layer, pointer)}
    shifts, strangers = list[Json](), Strangers()
    for shift in sorted(found.shifts, key=lambda shift: (shift.begin, shift.end)):
        begin, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (shift.begin, shift.end))
        people = shift.people(known, strangers)
        shifts += ({"from": begin, "to": end, "person": person} for person in people)
        if len(shifts) > MOST_SHIFTS:
            refuse(f"{pointer}/ical", f"has more than {MOST_SHIFTS:,} shifts")
    if strangers.first:
        raise InvalidError(strangers.faults(f"{pointer}/ical"))
    return {"shifts": shifts}


def _having(document: Json, spelled: Mapping[int, Json]) -> Json:
    written = document["layers"]
    layers = list(written) if isinstance(written, list) else []
    for index, layer in _texts(document):
        kept = {k: v for k, v in layer.items() if k not in ("ical", "people")}
        layers[index] = {**kept, **spelled[index]}
    return {**document, "layers": layers}
