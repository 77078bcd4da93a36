"""What a document means, what is wrong in it, and which others it names: read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.authority.limits import read_authority
from domain.documents.kinds import Kind, Reference
from domain.documents.reader import Reader
from domain.errors import FieldError, InvalidError
from domain.escalation.policy import read_escalation_policy
from domain.event import Json, PolicyRef
from domain.lifecycle.macro import read_macro
from domain.oncall.schedule_form import name_people
from domain.people.contact import Preferences, read_preferences
from domain.people.directory import read_agent, read_team
from domain.sla.policy import read_sla_policy

UNPUBLISHED = PolicyRef(name="", version=0, sha256="")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """`meaning`: None of a calendar and a schedule, which mean what they have of others
    too (`Published.resolved`).
    """

    meaning: object
    errors: tuple[FieldError, ...]
    references: tuple[Reference, ...]

    def finished(self) -> object:
        """Raises InvalidError that names everything that is wrong."""
        if self.errors:
            raise InvalidError(self.errors)
        return self.meaning


def read(kind: Kind, ref: PolicyRef, document: Json) -> Reading:
    reader = Reader(document)
    meaning = _READ[kind](ref, reader)
    return Reading(
        meaning=meaning,
        errors=tuple(reader.errors),
        references=tuple(reader.references),
    )


def references(kind: Kind, document: Json) -> tuple[Reference, ...]:
    """Every name that the document uses."""
    return read(kind, UNPUBLISHED, document).references


def _read_agent(ref: PolicyRef, reader: Reader) -> Preferences:
    read_agent(ref.name, reader)  # never wrong, and names others
    return read_preferences(ref.name, reader)


def _read_schedule(_: PolicyRef, reader: Reader) -> None:
    name_people(reader)


_READ: Mapping[Kind, Callable[[PolicyRef, Reader], object]] = {
    "sla-policies": read_sla_policy,
    "escalation-policies": read_escalation_policy,
    "macros": read_macro,
    "teams": lambda ref, reader: read_team(ref.name, reader),
    "authorities": lambda ref, reader: read_authority(ref.name, reader),
    "agents": _read_agent,
    "schedules": _read_schedule,
    "calendars": lambda *_: None,
}
