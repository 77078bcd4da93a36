"""The sealer: follows the log, adds each event to the Merkle tree and signs the root.

Appending pays nothing for it. In each round, in this order:

1. the leaves of new events are stored, in one transaction for each batch;
2. the tree is compared with the last checkpoint *outside* the database;
3. the new checkpoint is signed, and appended to the outside file, on disk;
4. witnesses are asked; they are outside too;
5. the checkpoint is published: inserted into the database, from where the API reads.

A crash after 1 leaves a tree without a checkpoint: the next round signs it. A crash
after 3 leaves a checkpoint that nobody has seen but the file (and perhaps a witness):
the next leader publishes that very one. If 5 came before 3, a crash between them could
leave people with a checkpoint that the file does not know, and after a restored backup
the sealer would sign another tree of that size: a log must never sign two that
contradict each other.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

from domain.audit.note import Note, VerifierKey, signed
from domain.audit.tiles import MissingTileError
from infra import metrics
from infra.audit.growing_tree import (
    BATCH,
    Connection,
    GrowingTree,
    begin_tree,
    growing,
)
from infra.audit.health import SEALER, WITNESS, AuditHealth
from infra.audit.outside_file import HeldFile, OutsideFile, OutsideFileError
from infra.audit.sealing_rules import (
    RefusedError,
    check_continues,
    check_may_begin,
    check_whose,
)
from infra.audit.signing import KeyFileError, Signer, verify
from infra.audit.tree_table import TreeTable
from infra.audit.witnesses import Witnesses
from infra.eventstore.store import PostgresEventStore
from infra.followers.loops import for_ever
from infra.postgres.database import Database
from infra.postgres.leadership import leadership
from infra.postgres.wake_up import EVERY_S, WakeUpListener

NOT_LEADING_S = 1.0
PACE_S = 0.4
"""From one checkpoint to the next at least: under load each covers many events."""
ROUND = 20 * BATCH
"""Leaves before a checkpoint, when there is much to catch up with."""
REFUSALS = (
    RefusedError,
    OutsideFileError,
    KeyFileError,
    MissingTileError,
    OSError,
)
"""OSError: the file cannot be written, or the service that signs is away."""
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outside:
    """What is kept outside the database. `signer`: made anew whenever the sealer begins
    to lead; `key_file`: watched meanwhile, because a restarted log has another.
    """

    signer: Callable[[], Signer]
    key_file: Path
    checkpoints: OutsideFile


class Sealer:
    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        outside: Outside,
        witnesses: Witnesses,
    ) -> None:
        self._database, self._store, self._listener = database, store, listener
        self._outside, self._witnesses = outside, witnesses
        self._table = TreeTable(database)
        self._health = AuditHealth(database)
        self._leads = self._refuses = False
        self._oldest: datetime | None = None
        """When the oldest known event was recorded that no published checkpoint
        covers."""

    async def run(self) -> NoReturn:
        try:
            await for_ever("sealer", self._lead)
        finally:
            await self._witnesses.close()

    async def measure(self) -> NoReturn:
        """Keeps the metrics. Only the leader has any, so that several processes do not
        overwrite each other's.
        """
        while True:
            if self._leads:
                metrics.SEALING_LAG.set(self._lag_s())
                metrics.SEALER_REFUSES.set(self._refuses)
            await asyncio.sleep(EVERY_S)

    def _lag_s(self) -> float:
        if self._oldest is None:
            return 0.0
        return max((datetime.now(UTC) - self._oldest).total_seconds(), 0.0)

    async def _lead(self) -> float:
        async with leadership(self._database, "sealer") as lead:
            if not await lead.taken():
                self._follow()
                return NOT_LEADING_S
            self._leads = True
            try:
                await self._seal(lead.connection)
            except REFUSALS as error:
                await self._refuse(str(error))
            finally:
                self._witnesses.stop()
        return EVERY_S

    def _follow(self) -> None:
        """Another process leads; what this one said of itself ends."""
        if self._leads:
            metrics.SEALING_LAG.set(0)
            metrics.SEALER_REFUSES.set(0)
        self._leads = self._refuses = False
        self._oldest = None

    async def _refuse(self, why: str) -> None:
        self._refuses = True
        if self._health.said(SEALER) != why:
            LOG.error("no checkpoint is signed: %s", why)
        await self._health.say(SEALER, why)
        self._oldest = await self._table.oldest_unpublished()

    async def _seal(self, connection: Connection) -> None:
        """Until it must stop, or the key file is another one."""
        key_file = self._version_of_key_file()
        signer = await asyncio.to_thread(self._outside.signer)
        with self._outside.checkpoints.held(signer.key, verify) as held:
            tree = await self._tree(connection, signer.key, held)
            while await self._catch_up(connection, tree):
                pass
            await check_continues(self._table, tree, held.last)
            LOG.info("the sealer leads: %s, %s leaves", tree.origin, tree.size)
            while key_file == self._version_of_key_file():
                began, woken = time.monotonic(), self._listener.next_wake_up()
                while await self._catch_up(connection, tree):
                    await self._sign(connection, tree, signer, held)
                await self._sign(connection, tree, signer, held)
                await self._listener.wait(woken=woken)
                await asyncio.sleep(max(began + PACE_S - time.monotonic(), 0))

    async def _tree(
        self, connection: Connection, key: VerifierKey, held: HeldFile
    ) -> GrowingTree:
        trees = await self._table.trees()
        if key.name not in {tree.origin for tree in trees}:
            await check_may_begin(self._store, key.name, trees, held.last)
            await begin_tree(connection, key)
            trees = await self._table.trees()
        check_whose(trees, key)
        return await growing(connection, self._table, trees[-1])

    async def _catch_up(self, connection: Connection, tree: GrowingTree) -> bool:
        """True if there may be more."""
        for _ in range(ROUND // BATCH):
            recorded = await tree.grow(connection)
            if recorded and self._oldest is None:
                self._oldest = recorded[0]
            if len(recorded) < BATCH:
                return False
        return True

    async def _sign(
        self, connection: Connection, tree: GrowingTree, signer: Signer, held: HeldFile
    ) -> None:
        """Sign what is new, then publish the newest checkpoint of the file."""
        last = held.last
        is_ours = last is not None and last.origin == tree.origin
        if tree.size > (last.size if last and is_ours else 0):
            checkpoint = tree.checkpoint()
            signature = await asyncio.to_thread(
                signed, checkpoint.text, signer.key, signer.sign
            )
            note = Note(checkpoint.text, (signature,))
            await asyncio.to_thread(held.append, checkpoint, note)
        # Nobody sees it before it is in the file: see above.
        if held.last and held.note and held.last.origin == tree.origin:
            prove = partial(self._table.consistency, tree.id)
            await self._witnesses.ask(held.last, held.note, prove)
            await tree.publish(connection, held.last, held.note)
            for one in self._witnesses.answers():
                await tree.cosign(connection, one.size, one.witness, one.signature)
        self._oldest, self._refuses = None, False
        await self._health.say(SEALER, None)
        for witness in self._witnesses.all:
            await self._health.say(f"{WITNESS}{witness.name}", witness.wrong)

    def _version_of_key_file(self) -> tuple[int, int] | None:
        """Another one whenever the file is replaced; None if there is none."""
        try:
            found = self._outside.key_file.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns
