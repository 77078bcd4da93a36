"""An empty database of its own: what these tests write is not for any follower."""

import itertools
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from infra.embedded.postgres import OWNER, SUPERUSER
from infra.postgres.migrations import migrate
from tests.support.installation import Installation

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def database_url(installation: Installation) -> Iterator[str]:
    """Of the application's role."""
    postgres, name = installation.postgres, f"contract_{next(_NUMBERS)}"
    superuser = postgres.url(SUPERUSER, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    migrate(postgres.url(OWNER, name))
    yield postgres.url(database=name)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def agent() -> str:
    return str(uuid.uuid4())
