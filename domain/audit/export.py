"""An export of the log for an auditor: a bundle that proves itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.audit.facts import ExportCompleted, ExportFailed, ExportRequested
from domain.event import Event

ExportState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, kw_only=True)
class Export:
    """As the log has it. Whether one that is neither done nor failed is running is not
    in the log. `key_id`: whose request it was. `finished_at`: done or failed.
    """

    id: str
    wanted: ExportRequested
    requested_at: datetime
    requested_by: str
    key_id: str | None
    made: ExportCompleted | None = None
    error: str | None = None
    finished_at: datetime | None = None


def export_stream(export_id: str) -> str:
    return f"exports/{export_id}"


def fold_export(events: Sequence[Event]) -> Export | None:
    found = None
    for event in events:
        match event.fact:
            case ExportRequested() as wanted:
                found = Export(
                    id=event.originator_id.partition("/")[2],
                    wanted=wanted,
                    requested_at=event.timestamp,
                    requested_by=event.meta.actor.person,
                    key_id=event.meta.key_id,
                )
            case ExportCompleted() as made if found:
                found = replace(found, made=made, finished_at=event.timestamp)
            case ExportFailed(error=error) if found:
                found = replace(found, error=error, finished_at=event.timestamp)
            case _:
                pass
    return found
