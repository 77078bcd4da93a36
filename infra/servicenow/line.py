"""A line to a `Row`, or to its first fault.

Times are local, day first, to the minute. An hour that occurs twice is read as the
first of the two, one that does not exist as if the clocks had not been changed yet. A
time in the future is a fault, because every later event of its ticket would have to be
in the future too.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from domain.event import Json
from infra.servicenow.row import (
    CHANNEL,
    KEPT,
    KEPT_AT_THE_END,
    NAMED,
    PRIORITY,
    STATUS,
    UNKNOWN,
    Fault,
    Row,
)

LONGEST_CELL = 200
_BAD = re.compile("[\x00\ud800-\udfff]")
Known = TypeVar("Known")


def cells(text: str) -> list[str]:
    return next(csv.reader([text.rstrip("\r\n")], strict=True), [])


class _FaultError(Exception):
    def __init__(self, column: str | None, message: str) -> None:
        self.column, self.message = column, message
        super().__init__(message)


class RowParser:
    def __init__(self, header: Sequence[str], zone: ZoneInfo, now: datetime) -> None:
        self._header, self._zone, self._now = header, zone, now

    def parse(self, line: int, text: str) -> Row | Fault:
        try:
            return self._row(line, self._named(text))
        except _FaultError as fault:
            return Fault(line=line, column=fault.column, message=fault.message)

    def _named(self, text: str) -> dict[str, str]:
        try:
            found = cells(text)
        except csv.Error as error:
            raise _FaultError(
                None, f"is not a valid line of a CSV file: {error}"
            ) from error
        if len(found) != len(self._header):
            message = f"has {len(found)} columns in place of {len(self._header)}"
            raise _FaultError(None, message)
        row = dict(zip(self._header, (cell.strip() for cell in found), strict=True))
        for column, cell in row.items():
            _check_text(column, cell)
        return row

    def _row(self, line: int, row: dict[str, str]) -> Row:
        status = _word(row, "incident_state", STATUS)
        finished = status in ("resolved", "closed")
        columns = KEPT + KEPT_AT_THE_END if finished else KEPT
        kept: Json = {c: row[c] for c in columns if _known(row[c])}
        kept |= {c: _count(row, c) for c in ("sys_mod_count", "reopen_count")}
        return Row(
            line=line,
            number=_number(row),
            mod_count=_count(row, "sys_mod_count"),
            reopen_count=_count(row, "reopen_count"),
            state=row["incident_state"],
            priority=_word(row, "priority", PRIORITY),
            channel=_word(row, "contact_type", CHANNEL),
            subject=_subject(row),
            caller=_known(row["caller_id"]) or "unknown",
            opened_at=self._instant(row, "opened_at"),
            opened_by=_known(row["opened_by"]),
            updated_at=self._instant(row, "sys_updated_at"),
            updated_by=_known(row["sys_updated_by"]),
            team=_known(row["assignment_group"]),
            agent=_known(row["assigned_to"]),
            closed_code=_known(row["closed_code"]),
            contact_type=row["contact_type"],
            kept=kept,
        )

    def _instant(self, row: Mapping[str, str], column: str) -> datetime:
        text = row[column]
        try:
            day_first = text.replace("/", "-")
            at = (
                datetime.strptime(day_first, "%d-%m-%Y %H:%M")
                .replace(tzinfo=self._zone)
                .astimezone(UTC)
            )
        except (ValueError, OverflowError) as error:
            message = f"{text!r} is not a time like 29-02-2016 01:16"
            raise _FaultError(column, message) from error
        if at > self._now:
            raise _FaultError(column, f"{text!r} lies in the future")
        return at


def _check_text(column: str, cell: str) -> None:
    if found := _BAD.search(cell):
        what = "a NUL character" if found[0] == "\0" else "bytes that are not UTF-8"
        raise _FaultError(column, f"holds {what}")
    if len(cell) > LONGEST_CELL:
        raise _FaultError(column, f"is longer than {LONGEST_CELL} characters")


def _word(row: Mapping[str, str], column: str, words: Mapping[str, Known]) -> Known:
    text = row[column]
    if text not in words:
        message = f"{text!r} is not one of {', '.join(words)}"
        raise _FaultError(column, message)
    return words[text]


def _number(row: Mapping[str, str]) -> str:
    number = row["number"]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", number):
        raise _FaultError("number", f"{number!r} names no incident")
    return number


def _count(row: Mapping[str, str], column: str) -> int:
    text = row[column]
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _FaultError(column, f"{text!r} is not a count")
    return int(text)


def _known(cell: str) -> str | None:
    return None if cell in ("", UNKNOWN) else cell


def _subject(row: Mapping[str, str]) -> str:
    """The number first, so that a search for it finds the ticket."""
    words = [word for column in NAMED if (word := _known(row[column]))]
    return f"{row['number']}: {' / '.join(words) or 'no category'}"[:300]
