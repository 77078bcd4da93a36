"""Events over all streams, by any filters, page by page.

The follower `audit` keeps `audit_postings`; what it has not seen yet is looked at in
the log itself, so that a page is complete. A page costs a bounded amount of work: where
no filter is rare, it may hold fewer events than asked for, and the next one goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.ports import Recorded
from api.ports import AuditEntry, AuditFilter, BehindError
from domain.event import Meta
from infra.eventstore.store import PostgresEventStore
from infra.eventstore.streams import AUDIT
from infra.postgres.database import Database, Row
from infra.projections.audit_facets import agrees, clauses_of, meta_of

NEWEST = 2**62
MOST_UNSEEN = 2_000
"""So many events are looked at without the index."""
LOOKED_AT = 10_000
"""So many events of the rarest filter are compared with the other filters."""


@dataclass(frozen=True)
class _Window:
    """Positions from `low`, inclusive, to `high`, exclusive."""

    low: int
    high: int
    newest_first: bool

    def after(self, position: int) -> "_Window":
        if self.newest_first:
            return self.within(0, position)
        return self.within(position + 1, NEWEST)

    def within(self, low: int, high: int) -> "_Window":
        return _Window(max(self.low, low), min(self.high, high), self.newest_first)


class AuditEvents:
    def __init__(self, database: Database, store: PostgresEventStore) -> None:
        self._database, self._store = database, store

    async def page(
        self, wanted: AuditFilter, limit: int, cursor: int | None
    ) -> tuple[list[AuditEntry], int | None]:
        window = await self._window(wanted)
        if cursor is not None:
            window = window.after(cursor)
        clauses = clauses_of(wanted)
        if not clauses:
            positions = await self._all(window, limit + 1)
            return await self._shown(wanted, positions, limit, None)
        seen = await self._seen(window)
        known, unseen = window.within(0, seen), window.within(seen, NEWEST)
        fresh = await self._unseen(wanted, unseen)
        if window.newest_first:
            found, more = await self._indexed(clauses, known, limit + 1 - len(fresh))
            return await self._shown(wanted, fresh + found, limit, more)
        found, more = await self._indexed(clauses, known, limit + 1)
        found += [] if more else fresh
        return await self._shown(wanted, found, limit, more)

    async def _window(self, wanted: AuditFilter) -> _Window:
        if wanted.since is None and wanted.until is None:
            return _Window(0, NEWEST, wanted.newest_first)
        rows = await self._database.rows(
            "SELECT CASE WHEN %(since)s::timestamptz IS NULL THEN 0"
            " ELSE position_recorded_from(%(since)s) END,"
            " CASE WHEN %(until)s::timestamptz IS NULL THEN %(newest)s"
            " ELSE position_recorded_from(%(until)s) END",
            {"since": wanted.since, "until": wanted.until, "newest": NEWEST},
        )
        return _Window(rows[0][0], rows[0][1], wanted.newest_first)

    async def _all(self, window: _Window, limit: int) -> list[int]:
        rows = await self._database.rows(
            _ALL_NEWEST if window.newest_first else _ALL_OLDEST,
            (window.low, window.high, limit),
        )
        return [row[0] for row in rows]

    async def _seen(self, window: _Window) -> int:
        """The position before which the index has all events. Raises BehindError."""
        rows = await self._database.rows(
            "SELECT coalesce((SELECT position FROM follower_positions"
            " WHERE follower = %s), 0), count(*) FROM (SELECT FROM stored_events"
            " WHERE notification_id > coalesce((SELECT position FROM follower_positions"
            " WHERE follower = %s), 0) AND notification_id < %s LIMIT %s) AS unseen",
            (AUDIT, AUDIT, window.high, MOST_UNSEEN + 1),
        )
        position, unseen = rows[0]
        if unseen > MOST_UNSEEN:
            raise BehindError(
                window.high if window.high < NEWEST else position + unseen
            )
        return int(position) + 1

    async def _unseen(self, wanted: AuditFilter, window: _Window) -> list[int]:
        if window.low >= window.high:
            return []
        rows = await self._database.rows(
            "SELECT originator_id, topic, state, notification_id FROM stored_events"
            " WHERE notification_id >= %s AND notification_id < %s"
            " ORDER BY notification_id",
            (window.low, window.high),
        )
        found = [r[3] for r in rows if agrees(wanted, r[0], r[1], meta_of(r[2]))]
        return found[::-1] if window.newest_first else found

    async def _indexed(
        self, clauses: Sequence[Sequence[int]], window: _Window, limit: int
    ) -> tuple[list[int], int | None]:
        """The first positions that have a facet of each clause; and if more was not
        looked at, how far it was.
        """
        if limit <= 0 or window.low >= window.high:
            return [], None
        if len(clauses) == 1:
            return await self._first(clauses[0], window, limit), None
        rarest, *others = await self._by_rarity(clauses, window)
        found = await self._first(rarest, window, LOOKED_AT)
        more = found[-1] if len(found) == LOOKED_AT else None
        for clause in others:
            found = await self._having(clause, found)
        if window.newest_first:
            found.reverse()
        return found[:limit], more if len(found) < limit else None

    async def _by_rarity(
        self, clauses: Sequence[Sequence[int]], window: _Window
    ) -> list[Sequence[int]]:
        counts = [await self._count(clause, window) for clause in clauses]
        order = sorted(range(len(clauses)), key=lambda i: (counts[i], len(clauses[i])))
        return [clauses[i] for i in order]

    async def _count(self, clause: Sequence[int], window: _Window) -> int:
        rows = await self._database.rows(
            "SELECT count(*) FROM (SELECT FROM audit_postings WHERE facet = ANY (%s)"
            " AND position >= %s AND position < %s LIMIT %s) AS few",
            (list(clause), window.low, window.high, LOOKED_AT),
        )
        return int(rows[0][0])

    async def _first(
        self, clause: Sequence[int], window: _Window, limit: int
    ) -> list[int]:
        rows = await self._database.rows(
            _FIRST_NEWEST if window.newest_first else _FIRST_OLDEST,
            {
                "facets": list(clause),
                "low": window.low,
                "high": window.high,
                "limit": limit,
            },
        )
        return [row[0] for row in rows]

    async def _having(
        self, clause: Sequence[int], positions: Sequence[int]
    ) -> list[int]:
        """In the order of the log."""
        rows = await self._database.rows(
            "SELECT DISTINCT position FROM audit_postings WHERE facet = ANY (%s)"
            " AND position = ANY (%s) ORDER BY position",
            (list(clause), list(positions)),
        )
        return [row[0] for row in rows]

    async def _shown(
        self,
        wanted: AuditFilter,
        positions: Sequence[int],
        limit: int,
        more: int | None,
    ) -> tuple[list[AuditEntry], int | None]:
        """`more`: where to go on if these are not enough for a page."""
        page = positions[:limit]
        following = page[-1] if len(positions) > limit else more
        return await self._entries(wanted, page), following

    async def _entries(
        self, wanted: AuditFilter, positions: Sequence[int]
    ) -> list[AuditEntry]:
        readable = await self._store.at(positions)
        found = {
            position: _entry(recorded)
            for position, recorded in readable.items()
            if agrees(wanted, *_known_of(recorded))
        }
        if missing := [p for p in positions if p not in readable]:
            rows = await self._database.rows(_UNREADABLE, (missing,))
            found |= {
                row[0]: _unreadable(row)
                for row in rows
                if agrees(wanted, row[1], row[3], meta_of(row[4]))
            }
        return [found[p] for p in positions if p in found]


def _known_of(recorded: Recorded) -> tuple[str, str, Meta]:
    event = recorded.event
    return event.originator_id, event.fact.topic, event.meta


def _entry(recorded: Recorded) -> AuditEntry:
    event = recorded.event
    return AuditEntry(
        position=recorded.position,
        stream_id=event.originator_id,
        version=event.originator_version,
        topic=event.fact.topic,
        recorded_at=recorded.recorded_at,
        recorded=recorded,
        unreadable=None,
    )


def _unreadable(row: Row) -> AuditEntry:
    position, stream_id, version, topic, _, recorded_at = row
    return AuditEntry(
        position=position,
        stream_id=stream_id,
        version=version,
        topic=topic,
        recorded_at=recorded_at,
        recorded=None,
        unreadable="this release cannot read the event",
    )


_ALL = (
    "SELECT notification_id FROM stored_events"
    " WHERE notification_id >= %s AND notification_id < %s ORDER BY notification_id "
)
_ALL_NEWEST = _ALL + "DESC LIMIT %s"
_ALL_OLDEST = _ALL + "LIMIT %s"
_UNREADABLE = (
    "SELECT notification_id, originator_id, originator_version, topic, state,"
    " recorded_at FROM stored_events WHERE notification_id = ANY (%s)"
)
# Each facet by its own part of the index, in order: no more is read than may be shown.
_FIRST = """
SELECT DISTINCT position FROM unnest(%(facets)s::bigint[]) AS wanted (facet),
LATERAL (
    SELECT position FROM audit_postings p WHERE p.facet = wanted.facet
    AND position >= %(low)s AND position < %(high)s ORDER BY position {order}
    LIMIT %(limit)s
) found ORDER BY position {order} LIMIT %(limit)s
"""
_FIRST_NEWEST = _FIRST.replace("{order}", "DESC")
_FIRST_OLDEST = _FIRST.replace("{order}", "ASC")
