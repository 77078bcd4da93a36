"""Lists of tickets from the read model, and waiting for it to catch up."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, LiteralString

from activities.ports import BusyError
from api.ports import BehindError, TicketFilter
from domain.errors import InvalidError
from domain.event import Json
from infra.eventstore.streams import PROJECTOR, SEARCH
from infra.postgres.database import Database, Row
from infra.projections.texts import Texts
from infra.projections.ticket_order import order_of
from infra.projections.ticket_query import COLUMNS, Estimate, TicketQuery

LONGEST_WAIT_S = 5.0

FOLLOWERS = {False: (PROJECTOR,), True: (PROJECTOR, SEARCH)}
"""The projections that must have reached a position, without and with the texts."""
ANSWERED_WITHIN_S = 2.0
TOO_BROAD = (
    "so many tickets match that they cannot be sorted within 2 s: add a filter, such as"
    " opened_after, or sort by -opened_at"
)


class TicketReadModel:
    def __init__(self, database: Database, texts: Texts) -> None:
        self._database, self._texts = database, texts

    async def page(
        self, wanted: TicketFilter, limit: int, cursor: str | None
    ) -> tuple[list[Json], str | None]:
        order = order_of(wanted.sort)
        after = order.after(cursor) if cursor is not None else None
        query = TicketQuery(wanted, limit + 1, after, self._texts.token)
        rows = await self._found(query, limit + 1)
        items = [dict(zip(COLUMNS, row, strict=True)) for row in rows[:limit]]
        await self._texts.open_subjects(items, "id")
        return items, order.cursor(items[-1]) if len(rows) > limit else None

    async def _found(self, query: TicketQuery, wanted: int) -> list[Row]:
        """By one query after the other, until the page is full."""
        if query.plain:
            return await self._rows(*query.near(wanted))
        [(plan,)] = await self._rows(*query.estimates())
        async for rows in self._tried(query, Estimate.of(plan[0]["Plan"])):
            if len(rows) == wanted:
                return rows
        return await self._rows(*query.everywhere())

    async def _tried(
        self, query: TicketQuery, estimate: Estimate
    ) -> AsyncIterator[list[Row]]:
        """The page, by queries that cost less than a search of everything."""
        if not estimate.few:
            window = query.window(estimate)
            if estimate.fills(query.wanted, window):
                yield await self._rows(*query.near(window))
            for tickets in query.horizons:
                if not estimate.fills(query.wanted, tickets):
                    continue
                if not (horizon := await self._rows(*query.horizon(tickets))):
                    break
                yield await self._rows(*query.recent(horizon[0][0]))
        if query.of_words_only:
            yield await self._rows(*query.by_words())

    async def _rows(self, query: LiteralString, parameters: list[Any]) -> list[Row]:
        try:
            return await self._database.rows_within(
                ANSWERED_WITHIN_S, query, parameters
            )
        except TimeoutError as error:
            raise BusyError(TOO_BROAD) from error

    async def unpromised(self) -> dict[str, int]:
        rows = await self._database.rows(
            "SELECT type, count(*) FROM tickets"
            " WHERE NOT promised AND status NOT IN ('resolved', 'closed') GROUP BY type"
        )
        return {str(type_): int(count) for type_, count in rows}

    async def id_of(self, number: int) -> str | None:
        rows = await self._database.rows(
            "SELECT id FROM tickets WHERE number = %s", (number,)
        )
        return str(rows[0][0]) if rows else None

    async def opened(
        self, since: datetime, until: datetime, after: str, limit: int
    ) -> list[str]:
        rows = await self._database.rows(
            "SELECT id FROM tickets WHERE opened_at >= %s AND opened_at < %s"
            " AND id > %s ORDER BY id LIMIT %s",
            (since, until, after, limit),
        )
        return [str(row[0]) for row in rows]

    async def unknown(self, ids: Sequence[str]) -> list[str]:
        rows = await self._database.rows(
            "SELECT asked.id FROM unnest(%s::text[]) AS asked (id)"
            " WHERE NOT EXISTS (SELECT FROM tickets WHERE tickets.id = asked.id)",
            (list(ids),),
        )
        return [str(row[0]) for row in rows]

    async def wait_for(self, position: int, *, texts: bool = False) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LONGEST_WAIT_S
        while await self._position(FOLLOWERS[texts]) < position:
            if loop.time() > deadline:
                raise BehindError(position)
            await asyncio.sleep(0.02)

    async def _position(self, followers: Sequence[str]) -> int:
        """The position that all of them have reached."""
        rows = await self._database.rows(
            "SELECT position FROM follower_positions WHERE follower = ANY(%s)",
            (list(followers),),
        )
        return min(int(row[0]) for row in rows) if len(rows) == len(followers) else 0


def encode_cursor(opened_at: datetime, ticket_id: str) -> str:
    text = f"{opened_at.isoformat()}|{ticket_id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
        opened_at, _, ticket_id = text.partition("|")
        when = datetime.fromisoformat(opened_at)
    except ValueError as error:
        raise InvalidError.at("?cursor", "is not a valid cursor") from error
    if when.tzinfo is None or not ticket_id or "\0" in ticket_id:
        raise InvalidError.at("?cursor", "is not a valid cursor")
    return when, ticket_id
