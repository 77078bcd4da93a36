"""The status to which a rule changes a ticket, as written in a document: `resolved`, or
`{to: on_hold, reason: "waits for the vendor", lasts: PT4H}`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from domain.duration import parse_positive
from domain.errors import FieldError, UnknownWordError

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


def parse_status(
    value: object, pointer: str, errors: list[FieldError]
) -> StatusChange | None:
    """None if there is none, or if it cannot be read."""
    if value is None:
        return None
    if not isinstance(value, dict):
        value, pointer_of_word = {"to": value}, pointer
    else:
        pointer_of_word = f"{pointer}/to"
    to, reason, lasts = value.get("to"), value.get("reason"), value.get("lasts")
    if to not in STATUSES:
        errors.append(UnknownWordError.of(pointer_of_word, to, STATUSES))
        return None
    return StatusChange(
        to=to,
        reason=reason if isinstance(reason, str) else None,
        lasts=_lasts(lasts, to, f"{pointer}/lasts", errors),
    )


def _lasts(
    value: object, to: Status, pointer: str, errors: list[FieldError]
) -> timedelta | None:
    if value is None:
        return None
    if to not in PAUSES:
        message = f"only {' and '.join(PAUSES)} come to an end by themselves"
        errors.append(FieldError(pointer, message))
        return None
    try:
        return parse_positive(str(value))
    except ValueError as error:
        errors.append(FieldError(pointer, str(error)))
        return None
