"""What can be checked in a bundle without the published configuration: everything but
references to documents that are not in it.
"""

from dataclasses import dataclass

from domain.configuration.bundle import Bundle
from domain.configuration.configuration import Configuration
from domain.configuration.lint.people import circle_faults
from domain.configuration.publishing import Submission, next_version
from domain.configuration.reading import references
from domain.documents.kinds import SINGULAR
from domain.errors import FieldError, InvalidError
from domain.event import Json


@dataclass(frozen=True, kw_only=True)
class Findings:
    """`unchecked`: names that the bundle does not contain, and where they are."""

    faults: tuple[FieldError, ...]
    unchecked: tuple[FieldError, ...]


class _Anything:
    """A name that is not in the bundle may be published."""

    def __contains__(self, _: object) -> bool:
        return True


def validated(bundle: Bundle) -> Findings:
    config, faults = Configuration(), list[FieldError]()
    unchecked = [e for w in bundle.in_order() for e in _elsewhere(bundle, w)]
    for written in bundle.in_order():
        try:
            config, _ = next_version(config, written, None, _Anything())
        except InvalidError as error:
            for found in error.under(f"/{written.kind}/{written.name}").errors:
                (unchecked if _of_people(found) else faults).append(found)
    for name in config.agents:
        for found in circle_faults(config.directory.agents, name):
            faults += InvalidError([found]).under(f"/agents/{name}").errors
    return Findings(faults=tuple(faults), unchecked=tuple(unchecked))


def _of_people(found: FieldError) -> bool:
    """If a calendar text can be read: its summaries name agents, who need not be in the
    bundle.
    """
    return found.pointer.startswith("/schedules/") and found.pointer.endswith("/ical")


def _elsewhere(bundle: Bundle, written: Submission) -> list[FieldError]:
    document: Json = written.document
    return [
        FieldError(
            f"/{written.kind}/{written.name}{pointer}",
            f"the {SINGULAR[kind]} {name!r} is not in this file",
        )
        for pointer, kind, name in references(written.kind, document)
        if (kind, name) not in bundle.documents
    ]
