"""The sealer against a real database: what it signs, what it refuses to sign, and what
a crash at each point leaves behind.
"""

import asyncio
import stat

import psycopg
import pytest

from domain.audit.facts import LOG_STREAM, LogRestarted
from domain.audit.merkle import verify_consistency
from infra.audit.growing_tree import BATCH
from infra.audit.log_key import log_key_file
from infra.audit.outside_file import HeldFile
from infra.audit.restart import Restarting
from infra.audit.signing import FileSigner, read_key
from infra.audit.tree_table import TreeTable
from infra.embedded.postgres import SUPERUSER
from infra.eventstore.recorder import Log
from infra.eventstore.writer import GroupWriter
from infra.wiring import new_id, now
from tests.support.sealing import Site, sooner_or_later, store_of

pytestmark = pytest.mark.postgres


class CrashedError(Exception):
    """In the place of a power cut."""


@pytest.fixture
def site(databases, tmp_path):
    made = Site(databases(), tmp_path)
    made.write(5)
    return made


async def restart(site, reason="the disk burnt"):
    log = await asyncio.to_thread(Log, site.url)
    writer = GroupWriter(log)
    try:
        async with site.database() as database:
            store = store_of(database, writer)
            made = Restarting(site.folder, TreeTable(database), store, now, new_id)
            return await made.restart(reason)
    finally:
        writer.close()
        log.close()


# --- what it signs


async def test_every_event_is_sealed_in_order(site):
    published = await site.seal()
    assert published.size == 5
    assert published.checkpoint.root == await site.root_of_events()
    assert site.signed() == [published.checkpoint]


async def test_many_events_are_sealed_at_once_and_the_tree_is_theirs(site):
    site.write(3 * BATCH + 77)
    published = await site.seal()
    assert published.checkpoint.root == await site.root_of_events()


async def test_the_tree_of_a_stopped_sealer_is_continued_by_the_next(site):
    for count in (1, 300, 255, 1000):
        before = await site.seal()
        site.write(count)
        after = await site.seal()
        assert after.checkpoint.root == await site.root_of_events()
        async with site.database() as database:
            proof = await TreeTable(database).consistency(
                after.tree, before.size, after.size
            )
        verify_consistency(
            before.size,
            after.size,
            proof,
            before.checkpoint.root,
            after.checkpoint.root,
        )


async def test_what_is_published_is_in_the_file_to_the_byte(site):
    published = await site.seal()
    assert site.file.read_text() == f"{published.note}\n"


async def test_the_key_is_made_once_and_only_its_owner_can_read_it(site):
    await site.seal()
    path = log_key_file(str(site.folder))
    before = path.read_bytes()
    site.write(1)
    await site.seal()
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_gap_in_the_positions_is_no_gap_in_the_tree(site):
    with psycopg.connect(site.url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic,"
            " state) VALUES ('lost', 1, 't', '\\x00')"
        )
        connection.rollback()
    site.write(2)
    published = await site.seal()
    assert published.size == 7
    async with site.database() as database:
        table = TreeTable(database)
        positions = [await table.position_of(published.tree, i) for i in range(8)]
        assert positions == [1, 2, 3, 4, 5, 7, 8, None]
        indexes = [await table.index_of(published.tree, p) for p in range(9)]
    assert indexes == [None, 0, 1, 2, 3, 4, None, 5, 6]


# --- two sealers


async def test_of_two_sealers_one_seals_and_the_other_takes_over(site):
    async with site.sealing():
        await site.until_sealed()
        async with site.sealing():
            site.write(10)
            await site.until_sealed()
    async with site.sealing():
        site.write(10)
        await site.until_sealed()
    sizes = [checkpoint.size for checkpoint in site.signed()]
    assert sizes == sorted(set(sizes))


async def test_two_databases_are_not_signed_into_one_file(site, databases):
    other = site.at(databases())
    other.write(5, "other")
    async with site.sealing():
        await site.until_sealed()
        assert "another process holds" in await other.refusal()


# --- crashes


async def test_after_a_crash_before_the_signature_the_same_tree_is_signed(
    site, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(FileSigner, "sign", crash)
        async with site.sealing():
            await sooner_or_later(lambda: size_of_tree(site, 5))
    assert site.signed() == []
    published = await site.seal()
    assert published.checkpoint.root == await site.root_of_events()


async def test_after_a_crash_behind_the_file_that_very_checkpoint_is_published(
    site, monkeypatch
):
    append = HeldFile.append

    def append_and_crash(self, checkpoint, note):
        append(self, checkpoint, note)
        raise CrashedError

    with monkeypatch.context() as patched:
        patched.setattr(HeldFile, "append", append_and_crash)
        async with site.sealing():
            await sooner_or_later(lambda: is_true(site.signed()))
    assert await site.published() is None
    written = site.file.read_text()
    published = await site.seal()
    assert f"{published.note}\n" == site.file.read_text() == written


@pytest.mark.parametrize("kept", [1, 30, 80, -2, -1])
async def test_a_torn_end_of_the_file_was_never_published_and_is_removed(site, kept):
    await site.seal()
    whole = site.file.read_bytes()
    site.write(2)
    torn = whole.replace(b"\n5\n", b"\n7\n")[:kept]
    site.file.write_bytes(whole + torn)
    published = await site.seal()
    assert published.size == 7
    assert site.file.read_bytes().startswith(whole)
    assert [checkpoint.size for checkpoint in site.signed()] == [5, 7]


async def test_what_cannot_be_written_outside_is_not_published(site, monkeypatch):
    before = await site.seal()
    site.write(3)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("infra.audit.outside_file.os.fsync", full)
        assert "No space left" in await site.refusal()
    assert await site.published() == before
    assert site.signed() == [before.checkpoint]
    assert (await site.seal()).size == 8


# --- what it refuses


async def test_a_restored_backup_is_not_signed(site, databases):
    await site.seal()
    backup = site.at(databases(of=site.url))
    site.write(3)
    await site.seal()
    signed = site.file.read_bytes()
    said = await backup.refusal()
    assert "the database is behind: it has 5 events" in said
    backup.write(20, "after the restore")
    said = await backup.refusal()
    assert "the log has changed: the root of its first 8 events" in said
    assert site.file.read_bytes() == signed


async def test_a_replica_that_lags_is_signed_when_it_has_caught_up(site, databases):
    await site.seal()
    replica = site.at(databases(of=site.url))
    with psycopg.connect(site.url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic,"
            " state, recorded_at) VALUES ('s', 6, 't', '\\x00', '2026-11-30Z')"
        )
    await site.seal()
    assert "behind" in await replica.refusal()
    async with replica.sealing():
        with psycopg.connect(replica.url) as connection:
            connection.execute(
                "INSERT INTO stored_events (originator_id, originator_version, topic,"
                " state, recorded_at) VALUES ('s', 6, 't', '\\x00', '2026-11-30Z')"
            )
        assert (await replica.until_sealed()).size == 6


async def test_a_tree_that_was_changed_in_the_database_is_not_signed(
    site, installation
):
    await site.seal()
    url = installation.postgres.url(SUPERUSER, site.url.rpartition("/")[2])
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE audit_tiles DISABLE TRIGGER ALL")
        connection.execute("UPDATE audit_tiles SET hashes = sha256('') || hashes")
    site.write(3)
    assert "the log has changed" in await site.refusal()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE audit_tiles SET hashes = ''")
    assert "is not complete" in await site.refusal()


async def test_a_file_that_was_cut_is_noticed(site):
    await site.seal()
    first = site.file.read_bytes()
    site.write(3)
    await site.seal()
    site.file.write_bytes(first)
    assert "was published, but the file" in await site.refusal()
    site.file.unlink()
    assert "ends with 0" in await site.refusal()


async def test_a_file_whose_end_we_have_not_signed_is_refused(site):
    await site.seal()
    site.file.write_bytes(site.file.read_bytes().replace(b"\n5\n", b"\n4\n"))
    assert "is wrong" in await site.refusal()


async def test_another_key_in_the_file_s_place_signs_nothing(site):
    await site.seal()
    signed = site.file.read_bytes()
    log_key_file(str(site.folder)).unlink()
    assert "the key is of pledge.local/" in await site.refusal()
    assert site.file.read_bytes() == signed


# --- the way out


async def test_a_log_that_cannot_be_continued_begins_anew_with_a_trace(site, databases):
    await site.seal()
    backup = site.at(databases(of=site.url))
    site.write(3)
    abandoned = (await site.seal()).checkpoint
    old = site.key
    done = await restart(backup, "the disk burnt")
    published = await backup.seal()
    assert published.checkpoint.origin == done.new_origin != abandoned.origin
    assert published.checkpoint.root == await backup.root_of_events()
    async with backup.database() as database:
        (event,) = await store_of(database).load(LOG_STREAM)
    assert isinstance(event.fact, LogRestarted)
    assert (event.fact.origin, event.fact.size) == (abandoned.origin, 8)
    assert (event.fact.reason, event.fact.new_log_key) == (
        "the disk burnt",
        published.log_key,
    )
    retired = backup.folder / "secrets" / f"log.{old.id.hex()}.retired.key"
    assert read_key(retired).key == old


async def test_a_running_sealer_follows_the_restart(site):
    async with site.sealing():
        before = await site.until_sealed()
        done = await restart(site)

        async def begun():
            found = await site.published()
            return found and found.checkpoint.origin == done.new_origin

        await sooner_or_later(begun)
    after = await site.published()
    assert (before.size, after.size) == (5, 6)


async def test_a_restart_that_crashed_is_completed_and_recorded_once(site, monkeypatch):
    await site.seal()
    with monkeypatch.context() as patched:
        patched.setattr("infra.audit.restart._replace", crash)
        with pytest.raises(CrashedError):
            await restart(site)
    done = await restart(site)
    published = await site.seal()
    assert published.checkpoint.origin == done.new_origin
    async with site.database() as database:
        assert len(await store_of(database).load(LOG_STREAM)) == 1


async def test_the_abandoned_key_signs_nothing_any_more(site):
    await site.seal()
    old = log_key_file(str(site.folder)).read_bytes()
    await restart(site)
    await site.seal()
    log_key_file(str(site.folder)).write_bytes(old)
    assert "was abandoned for" in await site.refusal()


# --- what the application's role may do


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_tiles SET hashes = '\\x00'",
        "UPDATE audit_tiles SET hashes = substring(hashes FROM 1 FOR 32)",
        "UPDATE audit_tiles SET positions = '{1}'",
        "UPDATE audit_tiles SET index = 9",
        "DELETE FROM audit_tiles",
        "UPDATE audit_trees SET size = 1",
        "UPDATE audit_trees SET origin = 'x'",
        "DELETE FROM audit_trees",
        "UPDATE audit_checkpoints SET note = ''",
        "DELETE FROM audit_checkpoints",
        "TRUNCATE audit_cosignatures",
    ],
)
async def test_the_application_cannot_change_what_was_sealed(site, statement):
    await site.seal()
    with psycopg.connect(site.url) as connection, pytest.raises(psycopg.Error):
        connection.execute(statement)


def crash(*_):
    raise CrashedError


async def size_of_tree(site, size):
    async with site.database() as database:
        trees = await TreeTable(database).trees()
    return trees and trees[0].size == size


async def is_true(value):
    return value
