"""Makes the exports that the log asks for, one after the other.

The bundle may be written again after a crash; that it is done is recorded once. It
waits until the request itself is sealed, so that everything before it can be in it.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NoReturn

from typing_extensions import override

from activities.exports import Exporting
from activities.ports import Caller, StoreUnavailableError
from domain.audit.export import Export, export_stream, fold_export
from domain.audit.facts import ExportCompleted, ExportFailed
from domain.audit.tiles import MissingTileError
from domain.event import SYSTEM, Event
from domain.privacy.facts import SubjectErased
from infra.audit.bundle import Sources, write_bundle
from infra.audit.bundle_shelf import BundleShelf
from infra.audit.sealed_leaves import SealedLeaves, SealedTree
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.follower import Follower
from infra.followers.loops import for_ever
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener

SEALED_WITHIN = timedelta(seconds=60)
WITNESSED_WITHIN = timedelta(seconds=5)
LOOK_S = 0.2
TIDY_S = 60.0
LOG = logging.getLogger(__name__)


class NotSealedError(Exception):
    """The log was not sealed in time; whoever asked is told."""


class Exporter(Follower):
    name = "exports"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        exporting: Exporting,
        shelf: BundleShelf,
        sources: Sources,
    ) -> None:
        super().__init__(database, store, listener)
        self._exporting, self._shelf, self._sources = exporting, shelf, sources

    @property
    @override
    def behind(self) -> float:
        """An export takes its time; how far it is can be asked of the API."""
        return 0.0

    @override
    async def run(self) -> NoReturn:
        await asyncio.gather(super().run(), for_ever("old bundles", self._tidy))
        raise AssertionError("both run for ever")

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        for header in batch:
            if header.topic == "export.requested":
                await self._make(header)
            elif header.topic == SubjectErased.topic:
                await self._withdraw()
        async with self.database.connection() as connection:
            await self.save(batch[-1].position, connection)

    async def _tidy(self) -> float:
        await self._shelf.expire(self._sources.now().timestamp())
        return TIDY_S

    async def _withdraw(self) -> None:
        """A bundle in the clear may hold who was erased; it can be asked for again."""
        for export_id in self._shelf.kept():
            export = fold_export(await self.store.load(export_stream(export_id)))
            if export is None or export.wanted.personal == "clear":
                self._shelf.withdraw(export_id)

    async def _make(self, header: Header) -> None:
        events = await self.store.load(header.stream_id)
        export = fold_export(events)
        if export is None or export.finished_at is not None:
            return
        try:
            await self._shelf.begin(export.id)
            fact: ExportCompleted | ExportFailed
            fact = await self._made(export, header.position)
        except StoreUnavailableError:
            raise
        except NotSealedError as error:
            fact = ExportFailed(error=str(error))
        except MissingTileError as error:
            message = f"the stored tree is damaged: {error}; see `pledge verify --live`"
            fact = ExportFailed(error=message)
        except Exception:
            LOG.exception("export %s failed", export.id)
            message = f"a fault of Pledge: the followers' log has it under {export.id}"
            fact = ExportFailed(error=message)
        await self._exporting.finish(export.id, fact, _caller(events[0]))

    async def _made(self, export: Export, position: int) -> ExportCompleted:
        tree = await self._sealed(position)
        self._shelf.make()
        return await write_bundle(
            self._sources,
            tree,
            export.wanted,
            self._shelf.place(export.id),
            partial(self._shelf.advance, export.id),
        )

    async def _sealed(self, position: int) -> SealedTree:
        """With the witness's signature, if it comes soon."""
        sealed = self._sources.sealed
        try:
            async with asyncio.timeout(SEALED_WITHIN.total_seconds()):
                while not _covers(found := await sealed.newest(), position):
                    await self.listener.wait(LOOK_S)
        except TimeoutError:
            message = f"the log is not sealed up to position {position}: see /readyz"
            raise NotSealedError(message) from None
        assert found is not None
        return await self._witnessed(sealed, position) or found

    async def _witnessed(
        self, sealed: SealedLeaves, position: int
    ) -> SealedTree | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(WITNESSED_WITHIN.total_seconds()):
                while not _covers(found := await sealed.newest_witnessed(), position):
                    await self.listener.wait(LOOK_S)
            return found
        return None


def _covers(tree: SealedTree | None, position: int) -> bool:
    return tree is not None and tree.position >= position


def _caller(requested: Event) -> Caller:
    """Pledge makes it; the request is the cause."""
    return Caller(
        command_id=f"{requested.id}/made",
        request_sha256=requested.id,
        attempt=f"{requested.id}/made/",
        actor=SYSTEM,
        correlation_id=requested.meta.correlation_id,
        channel="export",
    )
