"""A long ticket is read from its snapshot, and without one, or with a wrong one, it is
the same ticket.

To see which was read, some of these plant a lie: a snapshot with another subject.
"""

import asyncio
import contextlib
import hashlib
import uuid
from dataclasses import replace
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from domain.errors import UnreadableError, VersionConflictError
from domain.lifecycle.facts import Customer, TicketOpened
from domain.ticket.evolve import fold
from infra.embedded.postgres import OWNER
from infra.eventstore import snapshot
from infra.eventstore.codec import encode
from infra.eventstore.tickets import EVERY
from tests.contract.stores import command, opened, reopened
from tests.support.facts import event

pytestmark = pytest.mark.postgres
LONG = EVERY + 20
OPENING = TicketOpened(
    number=1,
    subject="cold",
    body="",
    channel="email",
    type="question",
    priority="normal",
    customer=Customer(external_id="c-1"),
    product_area=None,
    tags=(),
    attributes={},
)


@pytest.fixture
async def store(database_url):
    async with opened(database_url) as made:
        yield made


@pytest.fixture
def owner_url(installation, database_url):
    return installation.postgres.url(OWNER, conninfo_to_dict(database_url)["dbname"])


async def open_long(store, length=LONG):
    ticket_id = str(uuid.uuid4())
    await store.append([event(ticket_id, 1, OPENING)], command(ticket_id, 1))
    await go_on(store, ticket_id, 2, length)
    return ticket_id


async def go_on(store, ticket_id, first, last):
    events = reopened(ticket_id, *range(first, last + 1))
    await store.append(events, command(ticket_id, last))


async def folded(store, ticket_id):
    return fold(await store.load(ticket_id))


async def read(store, ticket_id):
    """And wait for the snapshot that this may leave."""
    found = await store.ticket(ticket_id)
    await store.settled()
    return found


async def read_among_others(store, ticket_id):
    found = await store.tickets([ticket_id, "nobody"])
    await store.settled()
    return found[ticket_id]


async def kept(store, ticket_id):
    rows = await store._database.rows(
        "SELECT version, fold, state FROM ticket_snapshots WHERE ticket_id = %s",
        (ticket_id,),
    )
    return [(version, by, await thawed(store, ticket_id, s)) for version, by, s in rows]


async def thawed(store, ticket_id, state):
    key_id = snapshot.key_id_of(state)
    keys = await store._keyring.opening([key_id])
    return snapshot.thaw(ticket_id, state, keys[key_id])


async def plant(store, ticket_id, **wrong):
    """A lie that is believed, unless something is wrong with it."""
    history = await store.load(ticket_id, wrong.get("version"))
    ticket = replace(fold(history), subject="a lie")
    customer = ticket.customer.external_id
    keys = await store._keyring.keeping([customer])
    state = snapshot.freeze(ticket, keys[customer])
    row = {
        "ticket_id": ticket_id,
        "version": len(history),
        "fold": snapshot.fold_version(),
        "seal": hashlib.sha256(encode(history[-1]) + state).digest(),
        "state": state,
    }
    async with store._database.connection() as connection:
        await connection.execute(
            "INSERT INTO ticket_snapshots (ticket_id, version, fold, seal, state)"
            " VALUES (%(ticket_id)s, %(version)s, %(fold)s, %(seal)s, %(state)s)",
            row | wrong,
        )


async def test_who_reads_a_long_ticket_leaves_a_snapshot(store):
    ticket_id = await open_long(store)
    ticket = await read(store, ticket_id)
    assert ticket == await folded(store, ticket_id)
    assert await kept(store, ticket_id) == [(LONG, snapshot.fold_version(), ticket)]


async def test_a_short_ticket_has_none(store):
    ticket_id = await open_long(store, EVERY - 1)
    await read(store, ticket_id)
    assert await kept(store, ticket_id) == []


async def test_only_what_came_after_the_snapshot_is_folded(store):
    ticket_id = await open_long(store)
    await plant(store, ticket_id)
    await go_on(store, ticket_id, LONG + 1, LONG + 3)
    ticket = await read(store, ticket_id)
    assert (ticket.subject, ticket.version) == ("a lie", LONG + 3)
    assert await store.tickets([ticket_id]) == {ticket_id: ticket}


async def test_a_ticket_that_grew_much_leaves_a_newer_one(store):
    ticket_id = await open_long(store)
    await read(store, ticket_id)
    await go_on(store, ticket_id, LONG + 1, LONG + EVERY)
    ticket = await read(store, ticket_id)
    assert ticket == await folded(store, ticket_id)
    assert [row[0] for row in await kept(store, ticket_id)] == [LONG + EVERY]


async def test_a_version_before_the_snapshot_is_read_from_the_history(store):
    ticket_id = await open_long(store)
    await plant(store, ticket_id, version=LONG - 5)
    assert (await store.ticket(ticket_id, LONG - 6)).subject == "cold"
    assert (await store.ticket(ticket_id, LONG - 5)).subject == "a lie"
    ticket = await store.ticket(ticket_id, LONG - 4)
    assert (ticket.subject, ticket.version) == ("a lie", LONG - 4)


WRONG = {
    "of another fold": {"fold": "another"},
    "corrupted": {"state": b"{}"},
    "of another history": {"seal": hashlib.sha256(b"another").digest()},
}


@pytest.mark.parametrize("reads", [read, read_among_others])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_wrong_snapshot_is_not_believed_and_is_replaced(store, wrong, reads):
    ticket_id = await open_long(store)
    await plant(store, ticket_id, **wrong)
    ticket = await reads(store, ticket_id)
    assert ticket == await folded(store, ticket_id)
    assert await kept(store, ticket_id) == [(LONG, snapshot.fold_version(), ticket)]


@pytest.mark.parametrize("reads", [read, read_among_others])
async def test_nor_is_one_ahead_of_the_log_as_after_a_restore(store, reads):
    ticket_id, lost = await open_long(store), await open_long(store, LONG + 50)
    await plant(store, lost)
    async with store._database.connection() as connection:
        await connection.execute(
            "UPDATE ticket_snapshots SET ticket_id = %s WHERE ticket_id = %s",
            (ticket_id, lost),
        )
    ticket = await reads(store, ticket_id)
    assert ticket == await folded(store, ticket_id)
    assert await kept(store, ticket_id) == [(LONG, snapshot.fold_version(), ticket)]
    await go_on(store, ticket_id, LONG + 1, LONG + 60)
    assert await read(store, ticket_id) == await folded(store, ticket_id)


async def test_emptying_the_table_changes_nothing(store, owner_url):
    ticket_id = await open_long(store)
    before = await read(store, ticket_id)
    with psycopg.connect(owner_url) as owner:
        owner.execute("TRUNCATE ticket_snapshots")
    assert await read(store, ticket_id) == before
    assert [row[2] for row in await kept(store, ticket_id)] == [before]


async def test_a_late_one_does_not_replace_a_newer_one(store):
    ticket_id = await open_long(store)
    late = await folded(store, ticket_id)
    last = encode((await store.load(ticket_id))[-1])
    await go_on(store, ticket_id, LONG + 1, LONG + EVERY)
    await read(store, ticket_id)
    await store._folded._write(late, last)
    assert [row[0] for row in await kept(store, ticket_id)] == [LONG + EVERY]


async def test_where_it_cannot_be_written_the_ticket_is_answered_all_the_same(
    store, owner_url, caplog
):
    ticket_id = await open_long(store)
    never = "ALTER TABLE ticket_snapshots ADD CONSTRAINT never CHECK (false) NOT VALID"
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(never)
        ticket = await read(store, ticket_id)
        owner.execute("ALTER TABLE ticket_snapshots DROP CONSTRAINT never")
    assert ticket == await folded(store, ticket_id)
    assert await kept(store, ticket_id) == []
    assert f"no snapshot of ticket {ticket_id}" in caplog.text


async def test_what_would_not_come_back_exactly_is_not_kept(store, monkeypatch, caplog):
    ticket_id = await open_long(store)
    thaw = snapshot._TICKET.decode
    decoder = SimpleNamespace(decode=lambda s: replace(thaw(s), tags=("x",)))
    monkeypatch.setattr(snapshot, "_TICKET", decoder)
    ticket = await read(store, ticket_id)
    assert ticket == await folded(store, ticket_id)
    assert await kept(store, ticket_id) == []
    assert "would not come back as it is" in caplog.text


async def test_two_processes_at_one_ticket_see_one_ticket(database_url):
    async with opened(database_url) as one, opened(database_url) as other:
        ticket_id = await open_long(one, EVERY - 20)

        async def write(store):
            while (ticket := await store.ticket(ticket_id)).version < 4 * EVERY:
                assert ticket == fold(await store.load(ticket_id, ticket.version))
                following = ticket.version + 1
                with contextlib.suppress(VersionConflictError):
                    await go_on(store, ticket_id, following, following + 4)

        await asyncio.gather(write(one), write(other))
        whole = await folded(one, ticket_id)
        assert await read(one, ticket_id) == await read(other, ticket_id) == whole
        ((version, _, ticket),) = await kept(one, ticket_id)
        assert ticket == fold(await one.load(ticket_id, version))
        assert version > whole.version - EVERY


async def test_a_ticket_that_cannot_be_read_does_not_hide_the_others(store):
    good, bad = await open_long(store, 3), str(uuid.uuid4())
    async with store._database.connection() as connection:
        await connection.execute(
            "INSERT INTO stored_events VALUES (%s, 1, 'ticket.opened', '{}')", (bad,)
        )
    found, failed = await store.tickets_from(dict.fromkeys([good, bad, "nobody"]))
    assert found == {good: await folded(store, good)}
    assert [type(error) for error in failed.values()] == [UnreadableError]
    with pytest.raises(UnreadableError):
        await store.tickets([good, bad])
