"""Where bundles are kept: how far each is, and that old ones are deleted."""

import os
from datetime import timedelta

import pytest

from infra.audit.bundle_shelf import BundleShelf
from infra.postgres.database import Database

WEEK = timedelta(days=7)


@pytest.fixture
async def shelf(database_url, tmp_path):
    database = Database(database_url)
    await database.open()
    made = BundleShelf(database, tmp_path / "exports", WEEK)
    made.make()
    yield made
    await database.close()


async def test_what_was_not_begun_has_no_progress(shelf):
    assert await shelf.progress("e1") is None
    await shelf.begin("e1")
    assert await shelf.progress("e1") == 0
    await shelf.advance("e1", 0.5)
    assert await shelf.progress("e1") == 0.5


async def test_a_bundle_is_deleted_when_its_time_is_over(shelf):
    for name, age in (("old", WEEK), ("young", WEEK - timedelta(hours=1))):
        shelf.place(name).write_bytes(b"zip")
        os.utime(shelf.place(name), (0, WEEK.total_seconds() * 2 - age.total_seconds()))
    await shelf.expire(WEEK.total_seconds() * 2 + 60)
    assert shelf.path("old") is None
    assert shelf.path("young") == shelf.place("young")


def test_a_name_does_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "secret.zip").write_bytes(b"zip")
    made = BundleShelf(None, tmp_path / "exports", WEEK)
    made.make()
    assert made.path("../secret") is None
