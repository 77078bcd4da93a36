"""The status to which a rule changes a ticket, as written in a document: `resolved`, or
`{to: on_hold, reason: "waits for the vendor", lasts: PT4H}`.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal, get_args

from domain.documents.reader import Reader

Status = Literal["open", "pending", "on_hold", "resolved", "closed"]
FINISHED: tuple[Status, ...] = ("resolved", "closed")
STATUSES: tuple[Status, ...] = get_args(Status)
PAUSES = ("pending", "on_hold")


@dataclass(frozen=True, kw_only=True)
class StatusChange:
    """`lasts`: for `pending` and `on_hold`, after which it is resumed automatically;
    None = until somebody resumes it.
    """

    to: Status
    reason: str | None = None
    lasts: timedelta | None = None


def read_status(reader: Reader) -> StatusChange | None:
    """None if it cannot be read."""
    word = reader["to"] if isinstance(reader.value, dict) else reader
    to = word.one_of(STATUSES)
    if to != word.value:
        return None
    return StatusChange(
        to=to,
        reason=reader["reason"].text(),
        lasts=reader.optional("lasts", partial(_read_lasts, to)),
    )


def _read_lasts(to: Status, reader: Reader) -> timedelta:
    if to in PAUSES:
        return reader.duration()
    reader.fault(f"only {' and '.join(PAUSES)} come to an end by themselves")
    return timedelta(0)
