"""Which part does not work, in words: for this process, and for the installation."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import psycopg
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.ports import Registry, StoreUnavailableError
from api.ports import Part
from infra import metrics
from infra.postgres.database import Database
from infra.postgres.migrations import migrations
from infra.settings import Settings
from infra.temporal.client import (
    TemporalUnavailableError,
    connect,
    look_for_namespace,
    namespace_command,
)

LAGGING_S = 10.0
SILENT_S = 7.0
"""A part sends a heartbeat each second; on a busy machine some are late."""
PATIENCE_S = 1.0
"""The client is a load balancer, or a person: neither waits for long."""
WITH_HEART = ("api", "worker", "followers", "sweeper")
UNKNOWN = "unknown while the database is away"
MB = 1024 * 1024


class Readiness:
    """`database`, `migrations` and `registry` are what the API itself needs to serve;
    promises are enforced and requests served without `temporal` and `worker`, and
    served without `followers` and `sweeper`. `identity_provider`: of the process that
    asks, and only if one is set up; whoever has a key is served without it.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        settings: Settings,
        others: Callable[[], Awaitable[dict[str, Part]]],
    ) -> None:
        """`others`: parts that are told of elsewhere; may raise psycopg's errors and
        StoreUnavailableError.
        """
        self._database, self._registry, self._others = database, registry, others
        self._folder = Path(settings.data_dir)
        self._least_free = settings.disk_warning_mb * MB
        self._client: Client | None = None
        self._migrated = False

    async def parts(self) -> dict[str, Part]:
        database, migrated, registry, temporal, living, others = await asyncio.gather(
            self._check_database(),
            self._check_migrations(),
            self._check_registry(),
            self._check_temporal(),
            self._check_living(),
            self._check_others(),
        )
        return {
            "database": Part(database, serves=True),
            "migrations": Part(migrated, serves=True),
            "registry": Part(registry, serves=True),
            "temporal": Part(temporal),
            **living,
            **others,
            "disk": self._check_disk(),
        }

    async def watch(self) -> None:
        """Runs for ever: the same information as metrics."""
        while True:
            self._check_disk()
            for name, part in (await self._check_living()).items():
                if part.heartbeat_s is not None:
                    metrics.HEARTBEAT.labels(name).set(part.heartbeat_s)
            await asyncio.sleep(PATIENCE_S)

    async def _check_database(self) -> str | None:
        try:
            await self._database.rows("SELECT 1")
        except StoreUnavailableError:
            return "cannot be reached"
        return None

    async def _check_migrations(self) -> str | None:
        if self._migrated:
            return None
        try:
            rows = await self._database.rows("SELECT name FROM migrations")
        except StoreUnavailableError:
            return UNKNOWN
        except psycopg.Error:  # no such table, or no right to it: no change
            rows = []
        applied = {name for (name,) in rows}
        missing = [name for name, _ in migrations() if name not in applied]
        self._migrated = not missing
        if missing:
            return f"not applied: {', '.join(missing)}; run `pledge migrate`"
        return None

    async def _check_registry(self) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._registry.config()
        except StoreUnavailableError:
            return UNKNOWN
        except TimeoutError:
            return "the configuration has not been read yet"
        return None

    async def _check_temporal(self) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                if self._client is None:
                    self._client = await connect(lazy=True)
                await look_for_namespace(self._client)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and self._client:
                return namespace_command(self._client.namespace)
            return "cannot be reached"
        except (RuntimeError, TemporalUnavailableError, TimeoutError):
            return "cannot be reached"
        return None

    async def _check_living(self) -> dict[str, Part]:
        """By their heartbeats; the followers also by how far they are behind."""
        try:
            rows = await self._database.rows(_BEATS, {"silent": SILENT_S})
            behind = await self._database.rows(_BEHIND, {"stale": LAGGING_S})
        except StoreUnavailableError:
            return {name: Part(UNKNOWN) for name in WITH_HEART}
        seen = {part: (float(age), int(living)) for part, age, living in rows}
        living = {name: _living(*seen.get(name, (None, 0))) for name in WITH_HEART}
        if behind and living["followers"].wrong is None:
            names = ", ".join(name for (name,) in behind)
            late = replace(living["followers"], wrong=f"behind: {names}")
            living["followers"] = late
        return living

    async def _check_others(self) -> dict[str, Part]:
        try:
            return await self._others()
        except (StoreUnavailableError, psycopg.Error):
            return {}  # the database or the migrations say why

    def _check_disk(self) -> Part:
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            return Part((error.strerror or "cannot be looked at").lower())
        metrics.DISK_FREE.set(free)
        if free >= self._least_free:
            return Part(None, free_bytes=free)
        least = self._least_free // MB
        wrong = f"{free // MB} MB free, less than {least} MB (PLEDGE_DISK_WARNING_MB)"
        return Part(wrong, free_bytes=free)


def _living(age_s: float | None, instances: int) -> Part:
    if age_s is None:
        return Part("no heartbeat", instances=0)
    age_s = round(max(age_s, 0.0), 1)
    wrong = None if instances else f"no heartbeat for {age_s:.0f} s"
    return Part(wrong, heartbeat_s=age_s, instances=instances)


_BEATS = """
SELECT part, min(extract(epoch FROM clock_timestamp() - beat_at)),
    count(*) FILTER (
        WHERE beat_at > clock_timestamp() - make_interval(secs => %(silent)s)
    )
FROM heartbeats GROUP BY part
"""
_BEHIND = """
SELECT f.name FROM (VALUES ('projector'), ('timers'), ('subscriptions'),
      ('notifications')) AS f (name)
LEFT JOIN follower_positions p ON p.follower = f.name
WHERE EXISTS (
    SELECT 1 FROM stored_events e
    WHERE e.notification_id > coalesce(p.position, 0)
      AND e.recorded_at < clock_timestamp() - make_interval(secs => %(stale)s)
)
"""
