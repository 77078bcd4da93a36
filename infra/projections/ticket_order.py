"""The sort orders of a list of tickets, and the cursor that says where a page ended:
after which ticket, by its sort values. Tickets that come or go between two pages do not
move the others.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from api.ports import TicketSort
from domain.errors import InvalidError
from domain.lifecycle.facts import PRIORITIES

After = Sequence[Any]
"""The sort values of the last ticket of a page, and its id."""


@dataclass(frozen=True)
class Order:
    """`column`: which time filter bounds it. `keys`: what it is sorted by, each with
    its type; ties are broken by the id.
    """

    sort: TicketSort
    column: str
    keys: tuple[tuple[LiteralString, LiteralString], ...]
    descending: bool

    @property
    def by(self) -> LiteralString:
        return self._each(*(key for key, _ in self.keys), "t.id")

    @property
    def by_name(self) -> LiteralString:
        names: list[LiteralString] = ["key_1", "key_2"]
        return self._each(*names[: len(self.keys)], "id")

    @property
    def named(self) -> LiteralString:
        names: list[LiteralString] = ["key_1", "key_2"]
        pairs = zip(self.keys, names, strict=False)
        return ", ".join(f"{key} AS {name}" for (key, _), name in pairs)

    @property
    def beyond(self) -> LiteralString:
        """The tickets after the one in the parameters."""
        keys = ", ".join(key for key, _ in self.keys)
        kinds = ", ".join(f"%s::{kind}" for _, kind in self.keys)
        compare: LiteralString = "<" if self.descending else ">"
        return f"({keys}, t.id) {compare} ({kinds}, %s::text)"

    def _each(self, *names: LiteralString) -> LiteralString:
        way: LiteralString = " DESC" if self.descending else ""
        return ", ".join(name + way for name in names)

    def cursor(self, row: dict[str, Any]) -> str:
        """After this ticket."""
        values = [self.sort, *(_plain(v) for v in self._values(row)), row["id"]]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()

    def _values(self, row: dict[str, Any]) -> list[Any]:
        match self.column:
            case "due_at" if row["due_at"] is None:
                return ["-infinity" if self.descending else "infinity"]
            case "priority":
                return [PRIORITIES.index(row["priority"]), row["created_at"]]
            case "opened_at":
                return [row["created_at"]]
            case column:
                return [row[column]]

    def after(self, cursor: str) -> After:
        """Raises InvalidError for a cursor of another order."""
        sort, *values = _decoded(cursor)
        if sort != self.sort:
            message = f"belongs to a list with sort={sort}, and this is {self.sort}"
            raise InvalidError.at("?cursor", message)
        kinds = [kind for _, kind in self.keys]
        if len(values) != len(kinds) + 1 or "\0" in str(values[-1]):
            raise _foreign()
        for value, kind in zip(values, kinds, strict=False):
            _check(value, kind)
        return [*values[:-1], str(values[-1])]


def order_of(sort: TicketSort) -> Order:
    descending = sort.startswith("-")
    column = sort.removeprefix("-")
    return Order(sort, column, _KEYS[sort if sort in _KEYS else column], descending)


_KEYS: dict[str, tuple[tuple[LiteralString, LiteralString], ...]] = {
    "opened_at": (("t.opened_at", "timestamptz"),),
    "updated_at": (("t.updated_at", "timestamptz"),),
    "due_at": (("coalesce(t.due_at, 'infinity'::timestamptz)", "timestamptz"),),
    "-due_at": (("coalesce(t.due_at, '-infinity'::timestamptz)", "timestamptz"),),
    "number": (("t.number", "bigint"),),
    "priority": (("t.urgency", "smallint"), ("t.opened_at", "timestamptz")),
}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _decoded(cursor: str) -> list[Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, RecursionError) as error:
        raise _foreign() from error
    if not isinstance(found, list) or not found:
        raise _foreign()
    return found


def _check(value: Any, kind: str) -> None:
    if kind != "timestamptz":
        if not isinstance(value, int) or not 0 <= value < 2**15 * 2**48:
            raise _foreign()
        return
    if value in ("infinity", "-infinity"):
        return
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        aware = False
    if not aware:
        raise _foreign()


def _foreign() -> InvalidError:
    return InvalidError.at("?cursor", "is not a `next_cursor` of this list")
