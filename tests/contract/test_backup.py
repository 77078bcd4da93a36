"""A backup is made while everything runs, and becomes a new installation."""

import asyncio
import json

import psycopg
import pytest

from infra.embedded.backup import backup, restore
from infra.embedded.data_dir import DataDir
from infra.embedded.ports import free_port
from infra.embedded.postgres import APP, OWNER, Postgres
from infra.process.failures import Failure

pytestmark = pytest.mark.postgres


def test_a_backup_of_what_runs_holds_every_event_and_its_rights(
    installation, api, tmp_path
):
    ticket = api.open_ticket(subject="售后")
    folder, data = tmp_path / "backup", DataDir(tmp_path / "new")
    with psycopg.connect(installation.postgres.url(APP)) as link:
        link.execute("INSERT INTO ticket_snapshots VALUES ('x', 1, 'x', '', '')")
    about = backup(installation.postgres.url(OWNER), installation.data, folder)
    later = api.open_ticket()
    assert (folder / "secrets").stat().st_mode & 0o077 == 0
    assert json.loads((folder / "backup.json").read_text()) == about
    restored = restore(folder, data, lambda _: None)
    assert restored["position"] == about["position"] > 0

    async def look():
        async with Postgres(data, free_port()) as server:
            url = server.url(APP)
            async with await psycopg.AsyncConnection.connect(url) as link:
                found = await link.execute("SELECT originator_id FROM stored_events")
                ids = {row[0] for row in await found.fetchall()}
                left = await link.execute("SELECT count(*) FROM ticket_snapshots")
                assert await left.fetchone() == (0,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await link.execute("DELETE FROM stored_events")
            return ids

    ids = asyncio.run(look())
    assert (ticket["id"] in ids, later["id"] in ids) == (True, False)


def test_nothing_that_is_there_is_written_over(installation, tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "x").touch()
    with pytest.raises(Failure, match="is there already"):
        backup(installation.postgres.url(OWNER), installation.data, folder)
    with pytest.raises(Failure, match="is not a backup"):
        restore(folder, DataDir(tmp_path / "new"), lambda _: None)
