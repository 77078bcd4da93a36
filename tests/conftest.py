"""What all tests share: one installation for the run, and people to work in it."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from typing_extensions import override
from xdist.scheduler import LoadScopeScheduling

from tests.api_client import Api
from tests.installation import Installation

_NUMBERS = itertools.count(1)
# A busy machine makes no example wrong.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")
_INSTALLATION = ("contract", "promises", "faults")
"""The folders that need one, in the order in which they run."""


def _folder(nodeid: str) -> str:
    return nodeid.split("/")[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs no server first; where all is run by one, the faults last."""

    def place(item: pytest.Item) -> int:
        folder = _folder(item.nodeid)
        return _INSTALLATION.index(folder) if folder in _INSTALLATION else -1

    items.sort(key=place)


class ByServers(LoadScopeScheduling):
    """What uses the same server is for one worker, so that it is started once."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        folder = _folder(nodeid)
        if folder in ("contract", "promises"):
            return "installation"
        return (
            folder if folder in ("workflows", "faults") else nodeid.partition("::")[0]
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    # By marks (--dist loadgroup) pytest-xdist 3.8 groups nothing: its issue 1386.
    return ByServers(config, log)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Started once, with an agent `ann`; tests that break things take
    `own_installation`.
    """
    made = Installation(tmp_path_factory.mktemp("pledge"))
    made.start()
    with made.client() as admin:
        admin.put("agents", "ann", {"name": "Ann"})
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
