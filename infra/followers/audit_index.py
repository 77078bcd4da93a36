"""What each event can be found by in the audit log."""

from collections.abc import Sequence

from typing_extensions import override

from infra.eventstore.store import Header
from infra.eventstore.streams import AUDIT
from infra.followers.follower import Follower
from infra.projections.audit_facets import facets_of, meta_of

_INSERT = """
INSERT INTO audit_postings (facet, position)
SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS new (facet, position)
ORDER BY facet, position
ON CONFLICT DO NOTHING
"""


class AuditIndex(Follower):
    """Every event is of one's own: no stream can keep others from being found."""

    name = AUDIT

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        first, last = batch[0].position, batch[-1].position
        rows = await self.database.rows(
            "SELECT originator_id, topic, state, notification_id FROM stored_events"
            " WHERE notification_id BETWEEN %s AND %s",
            (first, last),
        )
        found = [
            (facet, position)
            for stream_id, topic, state, position in rows
            for facet in facets_of(stream_id, topic, meta_of(state))
        ]
        facets, positions = [f for f, _ in found], [p for _, p in found]
        async with self.database.transaction() as connection:
            await connection.execute(_INSERT, (facets, positions), prepare=True)
            await self.save(last, connection)
