"""Whether the reader of an answer may see personal fields.

Said by the gate for each request, so that no route can forget it: what nobody said is
masked.
"""

from collections.abc import Iterable
from contextvars import ContextVar

from domain.access import Holder
from domain.event import Json
from domain.personal import ERASED, MASKED, masked
from domain.ticket.masked import masked_ticket
from domain.ticket.ticket import Ticket

_SEES: ContextVar[bool] = ContextVar("sees_personal", default=False)
"""Each request runs in a task of its own, so nothing has to take it back."""


def begin_reading(key: Holder) -> None:
    _SEES.set(key.may("personal:read"))


def reveal() -> None:
    """From now on in this request: a reveal was recorded."""
    _SEES.set(True)


def sees_personal() -> bool:
    return _SEES.get()


def as_seen(ticket: Ticket) -> Ticket:
    return ticket if sees_personal() else masked_ticket(ticket)


def seen_text(text: str) -> str:
    """Of something that is personal as a whole."""
    return text if sees_personal() or text == ERASED else MASKED


def mask_subjects(rows: Iterable[Json]) -> None:
    """Of rows of a list of tickets."""
    for row in rows:
        row["subject"] = seen_text(str(row["subject"]))


def mask(kind: type, form: Json) -> Json:
    """The JSON form of a fact, or of something with the same marked fields, as the
    reader may see it.
    """
    if not sees_personal():
        masked(kind, form)
    return form
