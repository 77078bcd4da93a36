"""One writer per process: waiting appends are committed together (group commit).

Appends are serialised by the lock anyway, so a batch needs lock, flush and round trip
only once. If a batch is refused, its members are written one by one, and each gets its
own answer; nobody is refused because of another's conflict. A batch whose connection is
lost is tried once more: if it had been committed after all, the commands' rows refuse
it, and the callers look their commands up.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from psycopg.errors import PipelineAborted
from psycopg_pool import PoolTimeout

from activities.ports import (
    NO_EVENT,
    CapacityClaim,
    CommandRow,
    Receipt,
    StoreUnavailableError,
)
from infra.eventstore.receipts import receipt_of
from infra.eventstore.recorder import Log
from infra.eventstore.sealing import PersonKey
from infra.postgres.database import unavailable

LARGEST_BATCH = 500
"""Events in one transaction, unless one append alone is larger."""


class NotAppendedError(Exception):
    """A rule of the database refused it: the stream has changed, the command is known,
    or the rule `constraint`: an agent's capacity was used up meanwhile (`hands`), or a
    person's key was destroyed (`data_keys`).
    """

    def __init__(self, message: str = "", *, constraint: str | None = None) -> None:
        super().__init__(message)
        self.constraint = constraint


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is appended together. `keys`: with which personal fields are encrypted;
    `new_keys`: those of them that may not be in the database yet. `erased`: the
    persons whose keys are destroyed with it.
    """

    events: Sequence[StoredEvent]
    command: CommandRow
    capacity_claim: CapacityClaim | None = None
    keys: Sequence[PersonKey] = ()
    new_keys: Sequence[PersonKey] = ()
    erased: Sequence[str] = ()


@dataclass
class _Append:
    batch: Batch
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Receipt]

    def keys(self) -> set[tuple[str, int]]:
        events, command = self.batch.events, self.batch.command
        found = {(str(e.originator_id), e.originator_version) for e in events}
        return found | {(command.command_id, -1)}

    def resolve(self, outcome: Receipt | Exception) -> None:
        def set_answer() -> None:
            if self.answer.done():
                return
            if isinstance(outcome, Exception):
                self.answer.set_exception(outcome)
            else:
                self.answer.set_result(outcome)

        # The loop is gone while its process is shutting down.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(set_answer)


class GroupWriter:
    """`observe(seconds, events)` is called after each commit."""

    def __init__(
        self, log: Log, observe: Callable[[float, int], None] = lambda *_: None
    ) -> None:
        self._log, self._observe = log, observe
        self._queue: queue.SimpleQueue[_Append | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def append(self, batch: Batch) -> Receipt:
        """Of the last event. Raises NotAppendedError or
        StoreUnavailableError; after either it is unknown only to the network, never
        to the database: look the command up.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = loop.create_future()
        self._queue.put(_Append(batch, loop, answer))
        return await answer

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        held: _Append | None = None
        while True:
            first = held or self._queue.get()
            if first is None:
                return
            batch, held = self._gather(first)
            self._commit(batch)

    def _gather(self, first: _Append) -> tuple[list[_Append], _Append | None]:
        """The waiting appends that fit together; one that does not waits for the next
        batch.
        """
        batch, keys, size = [first], first.keys(), len(first.batch.events)
        while size < LARGEST_BATCH:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._queue.put(None)
                break
            if keys & following.keys():
                return batch, following
            batch.append(following)
            keys |= following.keys()
            size += len(following.batch.events)
        return batch, None

    def _commit(self, batch: list[_Append]) -> None:
        try:
            receipts = self._save(batch)
        except StoreUnavailableError as error:
            for append in batch:
                append.resolve(error)
        except Exception as error:  # noqa: BLE001 - the thread must outlive any fault
            if len(batch) == 1:
                batch[0].resolve(error)
                return
            for append in batch:
                self._commit([append])
        else:
            for append, receipt in zip(batch, receipts, strict=True):
                append.resolve(receipt)

    def _save(self, batch: list[_Append]) -> list[Receipt]:
        try:
            return self._save_once(batch)
        except (OperationalError, InterfaceError) as error:
            if not _connection_was_lost(error):
                raise unavailable(error) from error
        self._log.reconnect()
        try:
            return self._save_once(batch)
        except (OperationalError, InterfaceError) as error:
            raise unavailable(error) from error

    def _save_once(self, batch: list[_Append]) -> list[Receipt]:
        began, members = time.perf_counter(), [append.batch for append in batch]
        try:
            found = self._log.insert(
                [event for one in members for event in one.events],
                commands=[one.command for one in members],
                takings=[one.capacity_claim for one in members if one.capacity_claim],
                new_keys=[key for one in members for key in one.new_keys],
                used_keys=[key.id for one in members for key in one.keys],
                erased=[person for one in members for person in one.erased],
            )
        except IntegrityError as error:
            raise NotAppendedError(str(error), constraint=_rule(error)) from error
        except OperationalError as error:
            if not isinstance(error.__cause__, PipelineAborted):
                raise
            # The server refused a row while a large batch was still being sent, and
            # the library's way out of the transaction hides which, and why.
            raise NotAppendedError(str(error)) from error
        self._observe(time.perf_counter() - began, len(found))
        receipts, at = [], 0
        for one in members:
            at += len(one.events)
            last = one.events[-1].state if one.events else None
            receipts.append(receipt_of(int(found[at - 1]), last) if last else NO_EVENT)
        return receipts


def _rule(error: PersistenceError) -> str | None:
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None


def _connection_was_lost(error: PersistenceError) -> bool:
    """Not for a lost connection (then the server is unavailable), nor for a lock."""
    cause = error.__cause__
    if isinstance(cause, PoolTimeout):
        return False
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return state is None or state.startswith(("08", "57P"))
