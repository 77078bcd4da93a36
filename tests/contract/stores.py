"""The real event store, opened in a test's own loop, and something to put into it."""

import uuid
from contextlib import asynccontextmanager

from activities.ports import CommandRow
from domain.lifecycle.facts import TicketReopened
from infra.eventstore.keyring import Keyring
from infra.eventstore.master_key import MasterKey, new_master_key
from infra.eventstore.recorder import Log
from infra.eventstore.store import PostgresEventStore
from infra.eventstore.writer import GroupWriter
from infra.postgres.database import Database
from infra.projections.texts import Texts
from tests.support.facts import event

MASTER = MasterKey.parse(new_master_key())
"""Of all stores of one test run: what one has written the others can read."""


def texts_of(store):
    """How the read models of this store keep texts."""
    return Texts(store._keyring, b"search")


@asynccontextmanager
async def opened(database_url, observe=lambda *_: None, log=Log, writer=GroupWriter):
    made, database = log(database_url), Database(database_url)
    writing = writer(made, observe)
    await database.open()
    store = PostgresEventStore(database, writing, Keyring(database, MASTER))
    try:
        yield store
    finally:
        writing.close()
        await store.settled()
        await database.close()
        made.close()


def reopened(stream_id, *versions, reason="still cold"):
    return [event(stream_id, v, TicketReopened(reason=reason)) for v in versions]


def command(stream_id, version, command_id=None, **changes):
    row = {
        "command_id": command_id or uuid.uuid4().hex,
        "request_sha256": "a",
        "attempt": uuid.uuid4().hex,
        "stream_id": stream_id,
        "version": version,
    }
    return CommandRow(**row | changes)
