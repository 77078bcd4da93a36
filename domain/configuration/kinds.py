"""The kinds of configuration, and how their documents name each other."""

from collections.abc import Iterator

from domain.calendar.calendar import ALWAYS
from domain.documents.fields import below
from domain.documents.kinds import Kind, Reference
from domain.documents.reader import Reader
from domain.escalation.policy import read_escalation_policy
from domain.event import Json, PolicyRef
from domain.lifecycle.macro import read_macro
from domain.sla.policy import read_sla_policy

SINGULAR: dict[Kind, str] = {
    "calendars": "calendar",
    "sla-policies": "SLA policy",
    "escalation-policies": "escalation policy",
    "schedules": "schedule",
    "authorities": "authority",
    "teams": "team",
    "agents": "agent",
    "macros": "macro",
}


ORDER: tuple[Kind, ...] = (
    "calendars",
    "authorities",
    "agents",
    "schedules",
    "teams",
    "macros",
    "escalation-policies",
    "sla-policies",
)
"""In which each names only what came before."""


UNPUBLISHED = PolicyRef(name="", version=0, sha256="")


def references(kind: Kind, document: Json) -> Iterator[Reference]:
    """Every name that the document uses."""
    match kind:
        case "sla-policies":
            reader = Reader(document)
            read_sla_policy(UNPUBLISHED, reader)
            yield from reader.references
        case "escalation-policies":
            reader = Reader(document)
            read_escalation_policy(UNPUBLISHED, reader)
            yield from reader.references
        case "schedules":
            yield from _schedule(document)
        case "teams":
            yield from _team(document)
        case "agents":
            yield from _named("/manager", "agents", document.get("manager"))
            yield from _named("/role", "authorities", document.get("role"))
        case "macros":
            reader = Reader(document)
            read_macro(UNPUBLISHED, reader)
            yield from reader.references
        case "calendars" | "authorities":
            pass


def _schedule(document: Json) -> Iterator[Reference]:
    for pointer, layer in _items("/layers", document.get("layers")):
        yield from _layer(pointer, layer)


def _team(document: Json) -> Iterator[Reference]:
    for pointer, member in _items("/members", document.get("members")):
        yield from _named(pointer, "agents", member)
    yield from _named("/lead", "agents", document.get("lead"))
    yield from _calendar("", document)
    routing = document.get("assignment")
    for part, word, kind in _IN_TERMS:
        found = routing.get(part) if isinstance(routing, dict) else None
        if isinstance(found, dict):
            yield from _named(f"/assignment/{part}/{word}", kind, found.get(word))


_IN_TERMS: tuple[tuple[str, str, Kind], ...] = (
    ("overflow", "team", "teams"),
    ("on_shift", "schedule", "schedules"),
)


def _items(pointer: str, value: object) -> Iterator[tuple[str, object]]:
    for index, item in enumerate(value if isinstance(value, list) else []):
        yield f"{pointer}/{index}", item


def _calendar(pointer: str, document: object) -> Iterator[Reference]:
    name = document.get("calendar") if isinstance(document, dict) else None
    if name != ALWAYS:
        yield from _named(f"{pointer}/calendar", "calendars", name)


def _layer(pointer: str, layer: object) -> Iterator[Reference]:
    document = layer if isinstance(layer, dict) else {}
    rotation, meant = document.get("rotation"), document.get("people")
    people = rotation.get("people") if isinstance(rotation, dict) else None
    for where, person in _items(f"{pointer}/rotation/people", people):
        yield from _named(where, "agents", person)
    yield from _dated(f"{pointer}/shifts", document.get("shifts"))
    for text, person in meant.items() if isinstance(meant, dict) else ():
        yield from _named(below(f"{pointer}/people", text), "agents", person)


def _dated(pointer: str, shifts: object) -> Iterator[Reference]:
    """Each person where that one is named first."""
    seen = set[str]()
    for where, shift in _items(pointer, shifts):
        person = shift.get("person") if isinstance(shift, dict) else None
        if isinstance(person, str) and person not in seen:
            seen.add(person)
            yield f"{where}/person", "agents", person


def _named(pointer: str, kind: Kind, name: object) -> Iterator[Reference]:
    if isinstance(name, str):
        yield pointer, kind, name
