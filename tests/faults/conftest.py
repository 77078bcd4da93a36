"""One installation for all tests that break something and can mend it again."""

from collections.abc import Iterator

import pytest

from tests.support.api_client import Api
from tests.support.installation import Installation

PROCESSES = ("postgres", "temporal", "api", "worker", "followers")


def made_whole(installation: Installation) -> Installation:
    for name in PROCESSES:
        if not installation.process(name).runs:
            installation.start_process(name)
    installation.await_ready()
    return installation


@pytest.fixture(scope="session")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Started once; perhaps broken, so take `shaken`."""
    made = Installation(tmp_path_factory.mktemp("broken"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def shaken(breakable: Installation) -> Installation:
    """Whole when the test gets it, however the last one left it."""
    return made_whole(breakable)


@pytest.fixture
def admin(shaken: Installation) -> Iterator[Api]:
    with shaken.client() as client:
        yield client
