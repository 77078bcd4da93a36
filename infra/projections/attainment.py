"""How many promises were met in a period, from the read model of clocks.

A clock belongs to the period in which it was breached, else to the one in which it
stopped: a period always gives the same figures, apart from excuses.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import LiteralString

from api.ports import Attained, Grouping
from infra.postgres.database import Database, Row

_COLUMNS: dict[Grouping, LiteralString] = {
    "policy": "policy_name",
    "metric": "metric",
    "team": "team",
    "tier": "tier",
    "priority": "priority",
    "type": "type",
}

_SHARES: LiteralString = """
WITH seen AS (
    SELECT {column} AS name, stopped_at, elapsed_s, excused,
        coalesce(breached_at, stopped_at) < %(until)s AS judged,
        state = 'cancelled' AND stopped_at < %(until)s AS cancelled,
        breached_at IS NOT NULL OR state = 'missed' AS broken,
        breached_at IS NOT NULL AND state = 'met' AS restated
    FROM clocks
    WHERE started_at < %(until)s
    AND (coalesce(breached_at, stopped_at) >= %(since)s
        OR coalesce(breached_at, stopped_at) IS NULL)
)
SELECT name,
    count(*) FILTER (WHERE judged AND NOT cancelled AND NOT broken),
    count(*) FILTER (WHERE judged AND NOT cancelled AND broken),
    count(*) FILTER (WHERE judged AND NOT cancelled AND broken AND excused),
    count(*) FILTER (WHERE judged AND NOT cancelled AND restated),
    count(*) FILTER (WHERE judged IS NOT TRUE),
    count(*) FILTER (WHERE judged AND cancelled),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY elapsed_s)
        FILTER (WHERE judged AND NOT cancelled AND stopped_at < %(until)s)
FROM seen GROUP BY GROUPING SETS ((name), ()) ORDER BY grouping(name), name NULLS LAST
"""


class AttainmentReadModel:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def shares(
        self, since: datetime, until: datetime, group_by: Grouping
    ) -> list[Attained]:
        query = _SHARES.replace("{column}", _COLUMNS[group_by])
        rows = await self._database.rows(query, {"since": since, "until": until})
        return [_attained(row) for row in rows]


def _attained(row: Row) -> Attained:
    name, met, missed, excused, restated, still_open, cancelled, percentiles = row
    p50, p90 = percentiles or (None, None)
    return Attained(
        name=name,
        met=met,
        missed=missed,
        excused=excused,
        restated=restated,
        open=still_open,
        cancelled=cancelled,
        elapsed_p50=_length(p50),
        elapsed_p90=_length(p90),
    )


def _length(seconds: float | Decimal | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=float(seconds))
