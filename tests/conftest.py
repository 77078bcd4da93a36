"""What all tests share: one installation for the run, and people to work in it."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_client import Api
from tests.installation import Installation

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Started once; tests that break things take `own_installation`."""
    made = Installation(tmp_path_factory.mktemp("pledge"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def own_installation(tmp_path: Path) -> Iterator[Installation]:
    """One to break: started by the test, stopped whatever is left of it."""
    made = Installation(tmp_path / "data")
    yield made
    made.stop()


@pytest.fixture
def api(installation: Installation) -> Iterator[Api]:
    """The admin."""
    with installation.client() as client:
        yield client


@pytest.fixture
def word() -> str:
    """A word that no other test uses: names and types do not get mixed up."""
    return f"t{next(_NUMBERS)}-{os.getpid()}"


@pytest.fixture
def team(api: Api, word: str) -> str:
    """Two active agents, `<word>-bo` and `<word>-chen`, in a team named `word`."""
    for name in ("bo", "chen"):
        api.put("agents", f"{word}-{name}", {"name": name.title()})
    api.put("teams", word, {"members": [f"{word}-bo", f"{word}-chen"]})
    return word
