"""Where the people and the programs of these tests are reached."""

import pytest

from tests.support.mailbox import Mailbox
from tests.support.on_call_line import Line


@pytest.fixture(scope="module")
def mailbox(installation):
    with Mailbox(installation.smtp_port) as made:
        yield made


@pytest.fixture
def address(word):
    return f"{word}@shop.example"


@pytest.fixture
def line(api, word):
    made = Line(api, word)
    for person in ("ann", "bo", "chen"):
        api.put("agents", made.name(person), {"name": person.title()})
    return made


@pytest.fixture
def front(line):
    """Ann and Bo take turns of a day, Ann the first."""
    line.publish("ann", "bo")
    return line
