"""The file: its good rows by incident, in order, and its bad ones by line.

Each physical line is parsed alone, so that an unbalanced quote costs one row and not
the rest of the file; the export has no cell of several lines.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from infra.servicenow.line import RowParser, cells
from infra.servicenow.row import COLUMNS, Fault, Row


class NotALogError(Exception):
    """The first line does not name the columns of an incident audit log."""


@dataclass(frozen=True)
class IncidentLog:
    """Good rows by incident, in the order in which they happened, and the faults."""

    incidents: Mapping[str, Sequence[Row]]
    faults: Sequence[Fault]
    lines: int


def read(path: Path, zone: ZoneInfo, now: datetime) -> IncidentLog:
    """Raises NotALogError."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as f:
        return parse(f, zone, now)


def parse(lines: Iterator[str], zone: ZoneInfo, now: datetime) -> IncidentLog:
    header = _header(next(lines, ""))
    parser = RowParser(header, zone, now)
    incidents: dict[str, dict[tuple[object, object], Row]] = {}
    faults: list[Fault] = []
    count = 0
    for line, text in enumerate(lines, start=2):
        if not text.strip():
            continue
        count += 1
        row = parser.parse(line, text)
        if isinstance(row, Row):
            rows = incidents.setdefault(row.number, {})
            first = rows.setdefault(row.mark, row)
            if first is row:
                continue
            message = f"the same update as on line {first.line}"
            row = Fault(line=line, column="sys_mod_count", message=message)
        faults.append(row)
    ordered = {number: in_order([*rows.values()]) for number, rows in incidents.items()}
    return IncidentLog(ordered, faults, count)


def in_order(rows: Sequence[Row]) -> list[Row]:
    """By sys_mod_count. Where a count comes twice the counter cannot be trusted for
    this incident, and the order of the file holds (elsewhere both are the same).
    """
    if len({row.mod_count for row in rows}) < len(rows):
        return sorted(rows, key=lambda row: row.line)
    return sorted(rows, key=lambda row: row.mod_count)


def _header(text: str) -> list[str]:
    try:
        names = cells(text)
    except csv.Error:
        names = []
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise NotALogError(f"its first line has no column {', '.join(missing)}")
    return names
