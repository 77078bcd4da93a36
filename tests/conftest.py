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

from tests.support.api_client import Api
from tests.support.installation import Installation
from tests.support.webhook_receiver import Receiver

_NUMBERS = itertools.count(1)
# A busy machine makes no example wrong.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "thorough", settings.get_profile("patient"), max_examples=2000
)
settings.load_profile("patient")
_SERVERLESS = ("domain", "laws", "adapters")
_SHARED = {"contract": "installation", "promises": "installation"}
"""The folders whose tests use one server together, and its name."""
_SAME_PORTS = ("faults/test_pledge_up_keeps_its_word.py", "faults/test_up.py")
"""They start `pledge up`, which asks for the same ports each time."""
_OWN_SERVERS = (
    "faults/test_a_mass_of_promises.py",
    "faults/test_embedded.py",
    "promises/test_a_fuzzer_finds_nothing.py",
)
"""They start their own and share nothing; the slowest first."""


def _server(nodeid: str) -> str:
    """What a test uses together with others; its file if it is nothing."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    folder = file.partition("/")[0]
    if file in _SAME_PORTS:
        return "pledge up"
    if folder in _SERVERLESS or file in _OWN_SERVERS:
        return file
    return _SHARED.get(folder, folder)


_LONGEST_FIRST = ("installation", "faults", "pledge up", *_OWN_SERVERS, "workflows")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """What needs no server first. Where several share the work, what takes longest
    is begun first, so that nobody is left alone with it at the end.
    """
    several = hasattr(config, "workerinput")
    order = _LONGEST_FIRST if several else _LONGEST_FIRST[::-1]

    def place(item: pytest.Item) -> int:
        server = _server(item.nodeid)
        if server in order:
            return order.index(server)
        return len(order) if several else -1

    items.sort(key=place)


class ByServers(LoadScopeScheduling):
    """What uses the same server is for one worker, so that it is started once."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return _server(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    config.option.loadscopereorder = False  # by the order of the items instead
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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made
