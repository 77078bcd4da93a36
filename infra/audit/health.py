"""What the sealer says of itself and of each witness: written where every process of
the installation can read it, because the API answers for all.
"""

import time
from collections.abc import Iterable

from api.ports import Part
from domain.audit.note import VerifierKey
from infra.postgres.database import Database

EVERY_S = 1.0
SILENT_S = 7.0
"""It is said each second; on a busy machine some are late."""
SEALER = "sealer"
WITNESS = "witness "
"""Before the name of one."""


class AuditHealth:
    """Written by the leader only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._said: dict[str, tuple[str | None, float]] = {}

    def said(self, part: str) -> str | None:
        return self._said.get(part, (None, 0.0))[0]

    async def say(self, part: str, wrong: str | None) -> None:
        """A change at once, the same again once a second."""
        before, at = self._said.get(part, (None, -EVERY_S))
        if wrong == before and time.monotonic() - at < EVERY_S:
            return
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO audit_health (part, wrong) VALUES (%s, %s)"
                " ON CONFLICT (part) DO UPDATE"
                " SET wrong = EXCLUDED.wrong, said_at = clock_timestamp()",
                (part, wrong),
            )
        self._said[part] = (wrong, time.monotonic())


async def audit_parts(
    database: Database, witnesses: Iterable[VerifierKey]
) -> dict[str, Part]:
    """The sealer, and if there are any, the witnesses with these keys together."""
    rows = await database.rows(
        "SELECT part, CASE WHEN said_at > clock_timestamp() - make_interval(secs => %s)"
        " THEN wrong ELSE 'has not reported for ' ||"
        " round(extract(epoch FROM clock_timestamp() - said_at)) || ' s' END"
        " FROM audit_health",
        (SILENT_S,),
    )
    said: dict[str, str | None] = dict(rows)
    parts = {SEALER: Part(said.get(SEALER, "has not reported yet"))}
    if names := [key.name for key in witnesses]:
        faults = [
            f"{name}: {wrong}"
            for name in names
            if (wrong := said.get(f"{WITNESS}{name}", "was not asked yet"))
        ]
        parts["witness"] = Part("; ".join(faults) or None)
    return parts
