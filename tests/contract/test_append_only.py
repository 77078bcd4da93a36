"""Nobody changes what was recorded: not the application, not the owner by accident."""

import psycopg
import pytest
from psycopg import errors

from infra.embedded.postgres import APP, OWNER

pytestmark = pytest.mark.postgres

CHANGES = [
    "UPDATE stored_events SET state = ''",
    "DELETE FROM stored_events",
    "TRUNCATE stored_events",
    "UPDATE command_log SET attempt = ''",
    "DELETE FROM command_log",
    "TRUNCATE command_log",
]
DEFINITIONS = [
    "CREATE TABLE mine (id int)",
    "ALTER TABLE stored_events DISABLE TRIGGER ALL",
    "DROP TABLE stored_events",
    "DROP TRIGGER stored_events_append_only ON stored_events",
    "DROP FUNCTION refuse_change() CASCADE",
    "SET ROLE pledge_owner",
]


def _try(installation, role, statement):
    with psycopg.connect(installation.postgres.url(role)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("statement", CHANGES + DEFINITIONS)
def test_the_application_has_no_right_to_it(installation, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        _try(installation, APP, statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_a_trigger_stops_the_owner(installation, statement):
    with pytest.raises(errors.RaiseException, match="is append-only"):
        _try(installation, OWNER, statement)
