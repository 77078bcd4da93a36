"""An empty database of its own: what these tests write is not for any follower."""

import itertools
import os
import uuid
from collections.abc import Callable, Iterator

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


@pytest.fixture
def databases(installation: Installation) -> Iterator[Callable[..., str]]:
    """Makes databases: empty ones, or copies of another as a backup would be."""
    postgres = installation.postgres
    made: list[str] = []
    superuser = postgres.url(SUPERUSER, "postgres")

    def make(of: str | None = None) -> str:
        name = f"sealing_{os.getpid()}_{next(_NUMBERS)}"
        like = f" TEMPLATE {of.rpartition('/')[2]}" if of else ""
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}{like}")
        made.append(name)
        if not of:
            migrate(postgres.url(OWNER, name))
        return postgres.url(database=name)

    yield make
    with psycopg.connect(superuser, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
