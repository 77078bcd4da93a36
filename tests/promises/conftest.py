"""Where the people and the programs of these tests are reached."""

import pytest

from tests.support.mailbox import Mailbox


@pytest.fixture(scope="module")
def mailbox(installation):
    with Mailbox(installation.smtp_port) as made:
        yield made


@pytest.fixture
def address(word):
    return f"{word}@shop.example"
