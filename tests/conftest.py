"""What all tests share: one installation for the run, and people to work in it."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override
from xdist.scheduler import LoadScopeScheduling

from tests.api_client import Api
from tests.installation import Installation

_NUMBERS = itertools.count(1)
_WITH_SERVERS = ("workflows", "contract", "promises", "faults")


def _folder(nodeid: str) -> str:
    return nodeid.split("/")[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Faults last: by then nobody else uses the machine."""

    def place(item: pytest.Item) -> int:
        folder = _folder(item.nodeid)
        return _WITH_SERVERS.index(folder) if folder in _WITH_SERVERS else -1

    items.sort(key=place)


class OneHasTheServers(LoadScopeScheduling):
    """What needs a server is for one worker, so that each is started once."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        if _folder(nodeid) in _WITH_SERVERS:
            return "servers"
        return nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneHasTheServers:
    # By marks (--dist loadgroup) pytest-xdist 3.8 groups nothing: its issue 1386.
    return OneHasTheServers(config, log)


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
