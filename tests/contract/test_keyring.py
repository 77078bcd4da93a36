"""Keys of persons, as several processes know them at once."""

import asyncio
import uuid
from dataclasses import replace

import psycopg
import pytest

from domain.errors import UnreadableError, VersionConflictError
from domain.event import Event
from domain.lifecycle.facts import Author, TicketMessageAdded
from domain.personal import ERASED
from domain.privacy.facts import SubjectErased, subject_stream
from infra.embedded.postgres import APP, SUPERUSER
from infra.eventstore import keyring
from infra.eventstore.codec import NobodysError, encode
from infra.eventstore.keyring import Keyring, new_key
from infra.eventstore.master_key import MasterKey, MasterKeyError, new_master_key
from tests.contract.stores import MASTER, command, opened
from tests.support.facts import event

pytestmark = pytest.mark.postgres


@pytest.fixture
def stream():
    """The id of a stream that nobody wrote to, and of a person nobody heard of."""
    return f"s-{uuid.uuid4()}"


@pytest.fixture
async def store(database_url):
    async with opened(database_url) as made:
        yield made


@pytest.fixture
async def other(database_url):
    """Another process."""
    async with opened(database_url) as made:
        yield made


def said(stream, version, text, person) -> Event:
    author = Author(kind="customer", id=person)
    fact = TicketMessageAdded(author=author, body=text, visibility="public")
    one = event(stream, version, fact)
    return replace(one, meta=replace(one.meta, data_subject=person))


async def say(store, stream, version, text, person):
    one = said(stream, version, text, person)
    await store.append([one], command(stream, version))


async def erase(store, person, version=1):
    stream = subject_stream(person)
    fact = SubjectErased(reason="asked", requested_by="them")
    await store.append(
        [event(stream, version, fact)], command(stream, version), erased=[person]
    )


async def bodies(store, stream):
    return [e.fact.body for e in await store.load(stream)]


async def test_another_process_reads_what_this_one_encrypted(store, other, stream):
    await say(store, stream, 1, "hello", stream)
    assert await bodies(other, stream) == ["hello"]


async def test_the_stored_bytes_do_not_hold_the_text(store, stream):
    await say(store, stream, 1, "hello there", stream)
    rows = await store._database.rows(
        "SELECT state FROM stored_events WHERE originator_id = %s", (stream,)
    )
    assert b"hello there" not in rows[0][0]


async def test_an_erasure_in_one_process_is_known_in_the_other(store, other, stream):
    await say(store, stream, 1, "hello", stream)
    assert await bodies(other, stream) == ["hello"]
    await erase(store, stream)
    other._keyring._looked_at = float("-inf")  # as 250 ms later
    assert await bodies(other, stream) == [ERASED]


async def test_a_key_destroyed_meanwhile_is_never_written_with(store, other, stream):
    await say(other, stream, 1, "before", stream)
    await erase(store, stream)
    # The other process still believes in the old key.
    await say(other, stream, 2, "after", stream)
    assert await bodies(store, stream) == [ERASED, "after"]


async def test_two_persons_in_one_append_have_a_key_each(store, stream):
    a, b = f"{stream}-a", f"{stream}-b"
    both = [said(stream, 1, "one", a), said(stream, 2, "two", b)]
    await store.append(both, command(stream, 2))
    await erase(store, a)
    assert await bodies(store, stream) == [ERASED, "two"]


async def test_a_refused_append_leaves_a_key_that_still_works(store, stream):
    await say(store, stream, 1, "one", f"{stream}-first")
    with pytest.raises(VersionConflictError):
        await say(store, stream, 1, "late", stream)
    await say(store, stream, 2, "again", stream)
    assert await bodies(store, stream) == ["one", "again"]


async def test_personal_data_of_nobody_is_refused(store, stream):
    one = said(stream, 1, "hello", "x")
    nobody = replace(one, meta=replace(one.meta, data_subject=None))
    with pytest.raises(NobodysError, match=stream):
        await store.append([nobody], command(stream, 1))


async def test_many_at_once_of_a_new_person_can_all_be_read(store, other, stream):
    async def say_in(made, n):
        await say(made, f"{stream}-{n}", 1, f"text {n}", stream)

    await asyncio.gather(*(say_in((store, other)[n % 2], n) for n in range(20)))
    for n in range(20):
        assert await bodies(store, f"{stream}-{n}") == [f"text {n}"]


async def test_a_lost_key_reads_erased_and_is_reported(
    store, other, stream, database_url, installation, caplog
):
    await say(store, stream, 1, "hello", stream)
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(installation.postgres.url(SUPERUSER, str(name))) as superuser:
        superuser.execute(
            "DELETE FROM pledge_keys.data_keys WHERE subject = %s", (stream,)
        )
    assert await bodies(other, stream) == [ERASED]
    assert "is missing: restore its backup" in caplog.text


async def test_another_master_key_takes_over_without_touching_events(
    store, stream, caplog
):
    await say(store, stream, 1, "hello", stream)
    before = await store._database.rows("SELECT state FROM stored_events ORDER BY 1")
    new = new_master_key()
    secrets = [MasterKey.parse(new).secrets[0], *MASTER.secrets]
    assert await Keyring(store._database, MasterKey(secrets)).rewrap() > 0
    after = await store._database.rows("SELECT state FROM stored_events ORDER BY 1")
    assert before == after
    key_ids = [
        row[0]
        for row in await store._database.rows(
            "SELECT key_id FROM pledge_keys.data_keys WHERE subject = %s", (stream,)
        )
    ]
    new_alone = Keyring(store._database, MasterKey.parse(new))
    assert None not in (await new_alone.opening(key_ids)).values()
    await Keyring(store._database, MASTER).opening(key_ids)
    assert "was wrapped with another master key" in caplog.text
    # As it was, for the tests that follow.
    back = MasterKey([*MASTER.secrets, MasterKey.parse(new).secrets[0]])
    await Keyring(store._database, back).rewrap()


def test_the_application_cannot_delete_a_key(installation):
    with (
        psycopg.connect(installation.postgres.url(APP)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM pledge_keys.data_keys")


async def test_another_master_key_than_the_databases_is_refused(store):
    await store._keyring.check()
    await store._keyring.check()
    stranger = Keyring(store._database, MasterKey.parse(new_master_key()))
    with pytest.raises(MasterKeyError, match="not the master key of the database"):
        await stranger.check()


async def test_one_key_of_another_master_stops_nobody_else(store, stream):
    await say(store, stream, 1, "hello", stream)
    key = new_key(f"{stream}-x", MasterKey.parse(new_master_key()))
    await store._database.rows(
        "INSERT INTO pledge_keys.data_keys (key_id, subject, wrapped)"
        " VALUES (%s, %s, %s) RETURNING 1",
        (key.id, key.subject, key.wrapped),
    )
    other = f"{stream}-other"
    one = said(other, 1, "lost", key.subject)
    await store._database.rows(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        " VALUES (%s, 1, %s, %s) RETURNING 1",
        (other, one.fact.topic, encode(one, key)),
    )
    with pytest.raises(UnreadableError):
        await store.load(other)
    assert await bodies(store, stream) == ["hello"]


async def test_more_persons_than_are_kept_in_memory_are_all_read(
    store, other, stream, monkeypatch
):
    people = [f"{stream}-{n}" for n in range(5)]
    for version, person in enumerate(people, 1):
        await say(store, stream, version, f"by {person}", person)
    monkeypatch.setattr(keyring, "MOST_KEPT", 2)
    for _ in range(2):
        assert await bodies(other, stream) == [f"by {person}" for person in people]
    assert (await other._keyring.keeping(people)).keys() == set(people)
