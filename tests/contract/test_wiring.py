"""A process that cannot be put together ends; it does not hang."""

import threading

import pytest

from infra.settings import Settings
from infra.wiring import core


def writers():
    return [t for t in threading.enumerate() if t.name == "writer"]


async def test_what_cannot_be_put_together_leaves_no_writer_behind(database_url):
    wrong = Settings(database_url=database_url, webhook_allow="everywhere")
    with pytest.raises(ValueError, match="everywhere"):
        async with core(wrong):
            pass
    assert writers() == []


async def test_what_is_put_together_has_a_writer_until_its_end(database_url):
    async with core(Settings(database_url=database_url)):
        assert len(writers()) == 1
    assert writers() == []
