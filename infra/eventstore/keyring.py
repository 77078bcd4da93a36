"""The keys of persons, as this process knows them.

Keys are read when they are needed and kept in memory. That one was destroyed by another
process is learned at most 250 ms later; an append with it is refused at once.
"""

import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import LiteralString

import psycopg

from infra.eventstore.master_key import KEY_BYTES, MasterKey, MasterKeyError
from infra.eventstore.sealing import Keys, PersonKey
from infra.postgres.database import Database, Row

FRESH_FOR_S = 0.25
MOST_KEPT = 50_000
"""Keys in memory: about 20 MB."""
CHECK = "the master key's"
"""A key of nobody, by which each process sees whether its master key is the one."""
LOG = logging.getLogger(__name__)

_BY_ID = """
SELECT key_id, subject, wrapped FROM pledge_keys.data_keys WHERE key_id = ANY(%s)
"""
_BY_SUBJECT = """
SELECT DISTINCT ON (subject) key_id, subject, wrapped FROM pledge_keys.data_keys
WHERE subject = ANY(%s) AND wrapped IS NOT NULL ORDER BY subject, created_at DESC
"""
_PAGE = """
SELECT key_id, subject, wrapped FROM pledge_keys.data_keys
WHERE key_id > %s AND wrapped IS NOT NULL ORDER BY key_id LIMIT 1000
"""
_REWRAP = """
UPDATE pledge_keys.data_keys SET wrapped = %s
WHERE key_id = %s AND wrapped = %s -- not one that was destroyed meanwhile
"""
_EVER = "SELECT subject FROM pledge_keys.data_keys WHERE subject = ANY(%s)"
_DESTROYED = """
SELECT destruction, key_id, subject FROM pledge_keys.data_keys
WHERE destruction > %s ORDER BY destruction
"""
_INSERT = """
INSERT INTO pledge_keys.data_keys (key_id, subject, wrapped) VALUES (%s, %s, %s)"""


class Keyring:
    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database, self._master = database, master
        self._by_id: OrderedDict[str, PersonKey | None] = OrderedDict()
        self._current: OrderedDict[str, PersonKey] = OrderedDict()
        self._unwritten: dict[str, PersonKey] = {}
        self._destruction, self._looked_at = 0, -FRESH_FOR_S

    async def check(self) -> None:
        """Raises MasterKeyError if this is not the master key of the database: what
        this process wrote could be read by no other.
        """
        secret = secrets.token_bytes(KEY_BYTES)
        row = (CHECK, "", self._master.wrap(secret, _label(CHECK, "")))
        try:
            async with self._database.connection() as connection:
                await connection.execute(f"{_INSERT} ON CONFLICT DO NOTHING", row)
        except psycopg.errors.UndefinedTable:
            return  # the database is not migrated yet, which readiness tells
        [(_, subject, wrapped)] = await self._database.rows(_BY_ID, ([CHECK],))
        try:
            self._master.unwrap(wrapped, _label(CHECK, subject))
        except MasterKeyError as error:
            message = (
                "this is not the master key of the database: set PLEDGE_MASTER_KEY, or"
                " PLEDGE_DATA_DIR to the folder whose secrets/master.key it is"
            )
            raise MasterKeyError(message) from error

    async def opening(self, ids: Iterable[str]) -> Keys:
        """The keys with these ids; None for each that was destroyed. One that is not
        there at all counts as destroyed and is logged: its backup is missing.
        """
        wanted = set(ids)
        if not wanted:
            return {}
        await self._learn_of_destruction()
        # Not from the cache afterwards: what is read may push out what was known.
        found = {i: self._by_id[i] for i in wanted if i in self._by_id}
        if unknown := [i for i in wanted if i not in found]:
            found |= await self._read(unknown)
        return {i: key.secret if key else None for i, key in found.items()}

    async def sealing(self, subjects: Iterable[str]) -> dict[str, PersonKey]:
        """The key of each person to encrypt new events with, new where there is none. A
        new one is not in the database yet: see `unwritten` and `written`.
        """
        wanted = dict.fromkeys(subjects)
        found = await self._know(wanted)
        # Another request may have made one while this one looked.
        return {s: found.get(s) or self._current.get(s) or self._new(s) for s in wanted}

    async def keeping(self, subjects: Iterable[str]) -> dict[str, PersonKey]:
        """The key of each person to encrypt with what was read from the log, each in
        the database. Of whom all keys were destroyed there is none: what is still known
        of them must not be kept. Who never had one, because their events are from
        before keys, gets one.
        """
        wanted = dict.fromkeys(subjects)
        found = await self._know(wanted)
        if missing := [s for s in wanted if s not in found]:
            found |= await self._begin(missing)
        return {s: key for s, key in found.items() if key.id not in self._unwritten}

    async def _know(self, subjects: Iterable[str]) -> dict[str, PersonKey]:
        """The newest key of each who has one."""
        wanted = list(subjects)
        if not wanted:
            return {}
        await self._learn_of_destruction()
        found = {s: self._current[s] for s in wanted if s in self._current}
        if unknown := [s for s in wanted if s not in found]:
            for key_id, subject, wrapped in await self._rows(_BY_SUBJECT, unknown):
                found[subject] = key = self._unwrapped(key_id, subject, wrapped)
                self._keep(key)
        return found

    async def _begin(self, subjects: Sequence[str]) -> dict[str, PersonKey]:
        """A key for each who never had one."""
        rows = await self._database.rows(_EVER, (list(subjects),))
        had = {row[0] for row in rows}
        new = {s: new_key(s, self._master) for s in subjects if s not in had}
        if new:
            rows = [(key.id, key.subject, key.wrapped) for key in new.values()]
            async with self._database.connection() as connection:
                await connection.cursor().executemany(_INSERT, rows)
        for key in new.values():
            self._keep(key)
        return new

    async def _rows(self, query: LiteralString, wanted: Sequence[str]) -> list[Row]:
        """Read again if a destruction became known meanwhile: a key of before it must
        not be kept after it.
        """
        while True:
            before = self._destruction
            rows = await self._database.rows(query, (list(wanted),))
            if before == self._destruction:
                return rows

    async def destroy_again(self) -> int:
        """What a restored backup of keys brought back of people who were erased; the
        number of keys. They are told by the log.
        """
        query = "SELECT pledge_keys.destroy_keys_again()"
        return int((await self._database.rows(query))[0][0])

    async def rewrap(self) -> int:
        """Every key is encrypted with the first master key from now on; the number of
        those that were not. No event is touched.
        """
        done, after = 0, ""
        while rows := await self._database.rows(_PAGE, (after,)):
            after = rows[-1][0]
            old = [row for row in rows if not self._master.is_current(row[2])]
            new = [(self._wrapped_again(*row), row[0], row[2]) for row in old]
            async with self._database.connection() as connection:
                await connection.cursor().executemany(_REWRAP, new)
            done += len(new)
        return done

    def _wrapped_again(self, key_id: str, subject: str, wrapped: bytes) -> bytes:
        secret = self._unwrapped(key_id, subject, wrapped).secret
        return self._master.wrap(secret, _label(key_id, subject))

    def unwritten(self, keys: Iterable[PersonKey]) -> list[PersonKey]:
        return [key for key in keys if key.id in self._unwritten]

    def written(self, keys: Iterable[PersonKey]) -> None:
        """They are in the database now."""
        for key in keys:
            self._unwritten.pop(key.id, None)

    def forget(self, subjects: Iterable[str]) -> None:
        """What was known of their keys is read again when it is needed."""
        gone = set(subjects)
        for subject in gone:
            self._current.pop(subject, None)
        for key_id, key in list(self._by_id.items()):
            if key is not None and key.subject in gone:
                del self._by_id[key_id]

    async def _learn_of_destruction(self) -> None:
        began = time.monotonic()
        if began - self._looked_at < FRESH_FOR_S:
            return
        rows = await self._database.rows(_DESTROYED, (self._destruction,))
        for destruction, key_id, subject in rows:
            self._by_id[key_id] = None
            known = self._current.get(subject)
            if known is not None and known.id == key_id:
                del self._current[subject]
            self._destruction = destruction
        self._looked_at = began

    async def _read(self, ids: Sequence[str]) -> dict[str, PersonKey | None]:
        found: dict[str, PersonKey | None] = {}
        for key_id, subject, wrapped in await self._rows(_BY_ID, ids):
            live = wrapped is not None
            found[key_id] = self._readable(key_id, subject, wrapped) if live else None
        for key_id in set(ids) - found.keys():
            found[key_id] = None
            LOG.error("the key %s of a person is missing: restore its backup", key_id)
        for key_id, key in found.items():
            self._put(key_id, key)
        return found

    def _readable(self, key_id: str, subject: str, wrapped: bytes) -> PersonKey:
        """One that cannot be unwrapped opens nothing: its events cannot be read, and
        those of others can.
        """
        try:
            return self._unwrapped(key_id, subject, wrapped)
        except MasterKeyError as error:
            LOG.error("%s", error)  # noqa: TRY400 - the message says it all
            return PersonKey(key_id, subject, bytes(KEY_BYTES), wrapped)

    def _new(self, subject: str) -> PersonKey:
        key = new_key(subject, self._master)
        self._unwritten[key.id] = key
        self._keep(key)
        return key

    def _keep(self, key: PersonKey) -> None:
        self._put(key.id, key)
        self._current[key.subject] = key
        if len(self._current) > MOST_KEPT:
            self._current.popitem(last=False)

    def _put(self, key_id: str, key: PersonKey | None) -> None:
        self._by_id[key_id] = key
        while len(self._by_id) > MOST_KEPT:
            self._by_id.popitem(last=False)

    def _unwrapped(self, key_id: str, subject: str, wrapped: bytes) -> PersonKey:
        label = _label(key_id, subject)
        secret = self._master.unwrap(wrapped, label)
        return PersonKey(key_id, subject, secret, wrapped)


def new_key(subject: str, master: MasterKey) -> PersonKey:
    key_id, secret = secrets.token_urlsafe(12), secrets.token_bytes(KEY_BYTES)
    wrapped = master.wrap(secret, _label(key_id, subject))
    return PersonKey(key_id, subject, secret, wrapped)


def _label(key_id: str, subject: str) -> str:
    return f"{key_id} of {subject}"
