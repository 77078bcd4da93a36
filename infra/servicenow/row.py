"""One update of an incident, and the platform's words in ours. `?` is unknown."""

from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from domain.event import Json
from domain.lifecycle.facts import Channel, Priority
from domain.lifecycle.status import Status

UNKNOWN = "?"
STATUS: dict[str, Status] = {
    "New": "open",
    "Active": "open",
    "Awaiting User Info": "pending",
    "Awaiting Vendor": "on_hold",
    "Awaiting Problem": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "resolved",
    "Closed": "closed",
}
PRIORITY: dict[str, Priority] = {
    "1 - Critical": "urgent",
    "2 - High": "high",
    "3 - Moderate": "normal",
    "4 - Low": "low",
}
CHANNEL: dict[str, Channel] = {
    "Phone": "phone",
    "Self service": "web",
    "Email": "email",
    "IVR": "phone",
    "Direct opening": "api",
    UNKNOWN: "api",
}
NAMED = ("category", "subcategory", "u_symptom")
"""The columns of which the subject is made."""
KEPT = (
    "incident_state", "location", *NAMED, "cmdb_ci", "impact", "urgency", "made_sla",
    "knowledge", "u_priority_confirmation", "reassignment_count", "sys_updated_at",
)  # fmt: skip
"""Columns that are copied unchanged into the attributes."""
KEPT_AT_THE_END = ("closed_code", "resolved_by")
"""The log has these values from its first row on, too early: used only at the end."""
COLUMNS = (
    "number", "sys_mod_count", "reopen_count", "opened_at", "opened_by", "caller_id",
    "sys_updated_by", "contact_type", "priority", "assignment_group", "assigned_to",
    *KEPT, *KEPT_AT_THE_END,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`column=None`: the line as a whole."""

    line: int
    column: str | None
    message: str

    @override
    def __str__(self) -> str:
        where = f", {self.column}" if self.column else ""
        return f"line {self.line}{where}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """`None` = unknown. `kept`: the original columns, as attributes of the ticket."""

    line: int
    number: str
    mod_count: int
    reopen_count: int
    state: str
    priority: Priority
    channel: Channel
    subject: str
    caller: str
    opened_at: datetime
    opened_by: str | None
    updated_at: datetime
    updated_by: str | None
    team: str | None
    agent: str | None
    closed_code: str | None
    contact_type: str
    kept: Json

    @property
    def status(self) -> Status:
        return STATUS[self.state]

    @property
    def mark(self) -> tuple[object, object]:
        """What distinguishes this update from the others of its incident."""
        return mark(self.kept)


def mark(attributes: Json) -> tuple[object, object]:
    return attributes.get("sys_mod_count"), attributes.get("sys_updated_at")
