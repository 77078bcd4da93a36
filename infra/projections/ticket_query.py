"""A query for a page of tickets, as SQL.

No single plan is fast for every query among a million tickets: in the order of the list
a rare ticket is found late, and all tickets with a common word cannot be sorted in
time. So the page is searched for near the beginning of the list first, and only what is
not found there, because it is rare, is found by its filters and sorted (ADR 0018).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from api.ports import TicketFilter
from infra.projections.facets import facet
from infra.projections.search.words import Token, asked
from infra.projections.ticket_order import After, Order, order_of

NARROWEST, WIDEST = 8_000, 40_000
"""Rows that are read near the beginning, by how many it may take."""
WINDOW_OF_TEXT = 2_000
"""The same where each row's words must be read."""
HORIZONS = (20_000, 120_000)
"""Tickets among which a word is searched for before all are searched."""
MORE_AMONG_NEWEST = 3
SPARE = 2
"""This many times the expected number of rows is read."""
FEW = 5_000
"""At most this many can be sorted at once."""

COLUMNS = (
    "id", "number", "version", "status", "subject", "channel", "type", "priority",
    "tier", "customer", "team", "assignee", "tags", "product_area", "clock_states",
    "clocks", "promised", "breached", "at_risk_from", "due_at", "created_at",
    "updated_at",
)  # fmt: skip
_SELECT: LiteralString = (
    "t.id, t.number, t.version, t.status, t.subject, t.channel, t.type, t.priority,"
    " t.tier, t.customer, t.team, t.assignee, t.tags, t.product_area, t.clock_states,"
    " t.clocks, t.promised, t.breached, t.at_risk_from, t.due_at, t.opened_at,"
    " t.updated_at"
)
_FACETS = (
    "status", "team", "assignee", "tier", "type", "channel", "customer", "tag",
    "priority", "product_area",
)  # fmt: skip
_OVERLAPS: LiteralString = "t.facets && %s::text[]"
_AT_RISK: LiteralString = "t.at_risk_from <= now()"
_RANGES: dict[str, tuple[str, LiteralString]] = {
    "opened_after": ("opened_at", "t.opened_at >= %s"),
    "opened_before": ("opened_at", "t.opened_at < %s"),
    "updated_after": ("updated_at", "t.updated_at >= %s"),
    # As its index has it.
    "due_before": ("due_at", "coalesce(t.due_at, 'infinity'::timestamptz) < %s"),
}


@dataclass
class Condition:
    sql: LiteralString = "true"
    parameters: list[Any] = field(default_factory=list)

    def also(self, sql: LiteralString, *parameters: Any) -> None:
        self.sql = f"{self.sql} AND {sql}"
        self.parameters.extend(parameters)


Question = tuple[LiteralString, list[Any]]


@dataclass(frozen=True)
class Estimate:
    """The number of tickets, and how many each condition alone leaves, by the server's
    statistics.
    """

    tickets: float
    alone: tuple[float, ...]

    @classmethod
    def of(cls, plan: dict[str, Any]) -> "Estimate":
        """Of the plan of `TicketQuery.estimates`."""
        tickets, *alone = (float(part["Plan Rows"]) for part in plan["Plans"])
        return cls(max(tickets, 1.0), tuple(alone))

    @property
    def few(self) -> bool:
        return min(self.alone) <= FEW

    def fills(self, wanted: int, looked_at: int) -> bool:
        """Whether so many may be among that many tickets. Words of one text occur
        together, so that only the rarest of them counts; and searched words are often
        more frequent among the newest tickets than among all.
        """
        return self._share * looked_at * MORE_AMONG_NEWEST >= wanted

    def window(self, wanted: int) -> int:
        """Among how many tickets so many are, with a margin."""
        expected = wanted / max(self._share, 1e-9) * SPARE
        return round(min(max(expected, NARROWEST), WIDEST))

    @property
    def _share(self) -> float:
        filters, *words = self.alone
        return filters / self.tickets * min(words, default=self.tickets) / self.tickets


class TicketQuery:
    """`near`, `recent`, `by_words` and `everywhere` find more and cost more, in this
    order; `everywhere` finds all.
    """

    def __init__(
        self, wanted: TicketFilter, limit: int, after: After | None, token: Token
    ) -> None:
        self.order: Order = order_of(wanted.sort)
        self.wanted = limit
        self._text = _text(wanted.q, token)
        self._ranged, self._filtered = Condition(), Condition()
        for name, (column, sql) in _RANGES.items():
            if (value := getattr(wanted, name)) is not None:
                # What bounds the order itself bounds the window too.
                here = self._ranged if column == self.order.column else self._filtered
                here.also(sql, value)
        for sql, values in _named(wanted):
            self._filtered.also(sql, *values)
        if after is not None:
            self._ranged.also(self.order.beyond, *after)

    @property
    def plain(self) -> bool:
        """Without filters: the page is the beginning of the list."""
        return self._filtered.sql == "true" and self._text is None

    def estimates(self) -> Question:
        """The number of tickets; how many the filters leave, and each word."""
        sql = _sql(
            "EXPLAIN (FORMAT JSON) SELECT FROM tickets t UNION ALL",
            "SELECT FROM tickets t WHERE", self._ranged.sql, "AND", self._filtered.sql,
        )  # fmt: skip
        parameters = [*self._ranged.parameters, *self._filtered.parameters]
        for word in self._text.split(" & ") if self._text is not None else ():
            sql = _sql(
                sql, "UNION ALL SELECT FROM ticket_search x",
                "WHERE x.terms @@ %s::tsquery",
            )  # fmt: skip
            parameters.append(word)
        return sql, parameters

    def window(self, estimate: Estimate) -> int:
        """How many rows `near` reads."""
        if self._text is not None:
            return WINDOW_OF_TEXT
        return estimate.window(self.wanted)

    def near(self, window: int) -> Question:
        """The part of the page found among so many first rows of the list."""
        conditions = Condition(self._filtered.sql, [*self._filtered.parameters])
        if self._text is not None:
            conditions.also(
                "EXISTS (SELECT FROM ticket_search x"
                " WHERE x.ticket_id = t.id AND x.terms @@ %s::tsquery)",
                self._text,
            )
        sql = _sql(
            "SELECT", _SELECT, "FROM (",
            "SELECT * FROM tickets t WHERE", self._ranged.sql,
            "ORDER BY", self.order.by, "LIMIT %s",
            ") t WHERE", conditions.sql, "ORDER BY", self.order.by, "LIMIT %s",
        )  # fmt: skip
        return sql, [
            *self._ranged.parameters,
            window,
            *conditions.parameters,
            self.wanted,
        ]

    @property
    def horizons(self) -> tuple[int, ...]:
        """Among how many of the first tickets `recent` may search; none if that does
        not help, because the list has another order or there is no search word.
        """
        by_opening = self.order.column == "opened_at"
        return HORIZONS if by_opening and self._text is not None else ()

    def horizon(self, tickets: int) -> Question:
        """When the last one of so many tickets was opened."""
        sql = _sql(
            "SELECT t.opened_at FROM tickets t WHERE", self._ranged.sql,
            "ORDER BY", self.order.by, "OFFSET %s LIMIT 1",
        )  # fmt: skip
        return sql, [*self._ranged.parameters, tickets]

    def recent(self, horizon: Any) -> Question:
        """The part of the page found up to the horizon."""
        later = self.order.descending
        text: LiteralString = "x.opened_at >= %s" if later else "x.opened_at <= %s"
        if self.of_words_only:
            return self.by_words(Condition(text, [horizon]))
        # In both conditions, so that it can begin with whichever leaves less.
        ticket: LiteralString = "t.opened_at >= %s" if later else "t.opened_at <= %s"
        return self._sorted(Condition(f"{text} AND {ticket}", [horizon, horizon]))

    def everywhere(self) -> Question:
        """All that match, sorted."""
        return self._sorted(Condition())

    @property
    def of_words_only(self) -> bool:
        """Only words and the time of opening decide."""
        so_sorted = self.order.column == "opened_at"
        return self._text is not None and so_sorted and self._filtered.sql == "true"

    def by_words(self, bound: Condition | None = None) -> Question:
        """All that match, sorted, without reading each ticket. One that the lists do
        not have yet is left out: a page that is not full may not be the last.
        """
        bound = bound or Condition()
        sql = _sql(
            "WITH found AS MATERIALIZED (SELECT t.id,", self.order.named, "FROM (",
            "SELECT ticket_id AS id, opened_at, terms FROM ticket_search x",
            "WHERE", bound.sql, ") t WHERE", self._ranged.sql,
            "AND t.terms @@ %s::tsquery),", self._page,
        )  # fmt: skip
        ranged = self._ranged.parameters
        return sql, [*bound.parameters, *ranged, self._text, self.wanted]

    @property
    def _page(self) -> LiteralString:
        """Of what was `found`."""
        return _sql(
            "page AS (SELECT * FROM found ORDER BY", self.order.by_name, "LIMIT %s)",
            "SELECT", _SELECT, "FROM page JOIN tickets t USING (id)",
            "ORDER BY", self.order.by,
        )  # fmt: skip

    def _sorted(self, bound: Condition) -> Question:
        conditions = Condition(
            f"{bound.sql} AND {self._ranged.sql} AND {self._filtered.sql}",
            [
                *bound.parameters,
                *self._ranged.parameters,
                *self._filtered.parameters,
            ],
        )
        joined: LiteralString = ""
        if self._text is not None:
            joined = "JOIN ticket_search x ON x.ticket_id = t.id"
            conditions.also("x.terms @@ %s::tsquery", self._text)
        # Materialized: or PostgreSQL might scan the whole list in its order after all.
        sql = _sql(
            "WITH found AS MATERIALIZED (SELECT t.id,", self.order.named,
            "FROM tickets t", joined, "WHERE", conditions.sql, "),", self._page,
        )  # fmt: skip
        return sql, [*conditions.parameters, self.wanted]


def _sql(*parts: LiteralString) -> LiteralString:
    return " ".join(parts)


def _named(wanted: TicketFilter) -> Iterator[tuple[LiteralString, list[Any]]]:
    for name in _FACETS:
        if values := getattr(wanted, name):
            yield _OVERLAPS, [[facet(name, value) for value in values]]
    if wanted.promised is not None:
        yield _OVERLAPS, [[facet("promised", str(wanted.promised).lower())]]
    if wanted.clock_state:
        yield _clock_state(wanted.clock_state)
    if wanted.number:
        yield "t.number = ANY(%s)", [[*wanted.number]]
    if (number := _number(wanted.q)) is not None:
        yield "t.number = %s", [number]


def _clock_state(states: Sequence[str]) -> tuple[LiteralString, list[Any]]:
    named = [facet("clock_state", state) for state in states if state != "at_risk"]
    if "at_risk" not in states:
        return _OVERLAPS, [named]
    return (f"({_OVERLAPS} OR {_AT_RISK})", [named]) if named else (_AT_RISK, [])


def _number(q: str | None) -> int | None:
    """`#921` means the ticket with this number and no text."""
    digits = q.strip().removeprefix("#") if q and q.strip().startswith("#") else ""
    is_number = digits.isascii() and digits.isdigit() and len(digits) < len("9" * 19)
    return int(digits) if is_number else None


def _text(q: str | None, token: Token) -> str | None:
    return None if q is None or _number(q) is not None else asked(q, token)
