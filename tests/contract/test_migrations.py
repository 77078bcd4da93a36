"""The schema in any database, for whatever roles its operator made."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.embedded.postgres import SUPERUSER
from infra.postgres.migrations import app_role, migrate, migrations

pytestmark = pytest.mark.postgres


@pytest.fixture
def own_roles(installation):
    """A second installation's database and roles on the same server."""
    admin = installation.postgres.url(SUPERUSER, "postgres")
    names = ("shop owner", "shop-app", "shop-other", "shop")
    owner, app, other, database = names

    def url(role, name=database):
        place = conninfo_to_dict(admin)
        return make_conninfo(**place | {"user": role, "password": "x", "dbname": name})

    with psycopg.connect(admin, autocommit=True) as link:
        for role in (owner, app, other):
            link.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'x'")
        link.execute(f'CREATE DATABASE "{database}" OWNER "{owner}"')
        yield {"owner": url(owner), "app": url(app), "other": url(other)}
        link.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        for role in (owner, app, other):
            link.execute(f'DROP ROLE "{role}"')


APPEND = """
INSERT INTO stored_events (originator_id, originator_version, topic, state)
VALUES ('t', %s, 'x', '')
"""


def may_append(url, version):
    with psycopg.connect(url, autocommit=True) as link:
        try:
            link.execute(APPEND, (version,))
        except psycopg.errors.InsufficientPrivilege:
            return False
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute("DELETE FROM stored_events")
    return True


def test_the_role_of_the_database_url_may_append_and_nobody_else(
    own_roles, installation
):
    applied = migrate(own_roles["owner"], app_role(own_roles["app"]))
    assert applied == [name for name, _ in migrations()]
    assert may_append(own_roles["app"], 1)
    assert not may_append(own_roles["other"], 2)
    neighbour = conninfo_to_dict(installation.postgres.url())["password"]
    theirs = make_conninfo(own_roles["app"], user="pledge_app", password=neighbour)
    assert not may_append(theirs, 2), "the neighbour on the same server"


def test_a_role_that_is_new_is_granted_what_the_old_one_had(own_roles):
    migrate(own_roles["owner"], app_role(own_roles["app"]))
    assert migrate(own_roles["owner"], app_role(own_roles["other"])) == []
    assert may_append(own_roles["other"], 1)
