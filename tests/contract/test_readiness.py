"""Which part does not work is said, and only what the API needs makes it unready."""

import psycopg
import pytest

from activities.ports import StoreFullError, StoreUnavailableError
from infra.postgres.database import Database, unavailable
from infra.readiness import Readiness
from infra.settings import Settings

pytestmark = pytest.mark.postgres


class Registry:
    async def config(self):
        return None


async def no_others():
    return {}


@pytest.fixture
async def database(installation):
    made = Database(installation.postgres.url())
    await made.open()
    yield made
    await made.close()


async def test_little_free_space_is_said_with_what_is_left(
    database, installation, monkeypatch
):
    monkeypatch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
    settings = Settings(data_dir=str(installation.data.path), disk_warning_mb=10**9)
    parts = await Readiness(database, Registry(), settings, no_others).parts()
    assert "MB free, less than 1000000000 MB" in parts["disk"].wrong
    assert not parts["disk"].serves


async def test_a_database_that_lacks_a_migration_cannot_be_served_from(
    database, installation, monkeypatch
):
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr("infra.readiness.migrations", lambda: [("9999_new.sql", "")])
    settings = Settings(data_dir=str(installation.data.path))
    parts = await Readiness(database, Registry(), settings, no_others).parts()
    assert parts["migrations"].wrong == (
        "not applied: 9999_new.sql; run `pledge migrate`"
    )
    assert parts["migrations"].serves
    assert (parts["temporal"].wrong, parts["temporal"].serves) == (
        "cannot be reached",
        False,
    )


def test_a_full_disk_is_told_from_a_database_that_is_away():
    full = psycopg.errors.DiskFull("could not extend file")
    assert type(unavailable(full)) is StoreFullError
    wrapped = psycopg.OperationalError("in the library's clothes")
    wrapped.__cause__ = full
    assert type(unavailable(wrapped)) is StoreFullError
    away = psycopg.OperationalError("connection refused")
    assert type(unavailable(away)) is StoreUnavailableError
