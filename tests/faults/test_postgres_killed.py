"""kill -9 of PostgreSQL while clients write."""

import asyncio
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Self

import httpx
import pytest

from tests.faults.evidence import assert_kept, open_tickets, promise, query
from tests.support.api_client import eventually
from tests.support.installation import PYTHON, Installation

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]

CLIENTS = 8
PATIENCE_S = 8.0


@dataclass
class Load:
    """Clients that open tickets, each with its own key, again until it is accepted."""

    installation: Installation
    accepted: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[httpx.Response, float]] = field(default_factory=list)
    others: list[httpx.Response] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self.installation.admin_key}"}
        async with httpx.AsyncClient(
            base_url=self.installation.http, headers=headers, timeout=30
        ) as client:
            await asyncio.gather(*(self._client(client) for _ in range(CLIENTS)))

    async def _client(self, client: httpx.AsyncClient) -> None:
        while not self._stop.is_set():
            await self._open(client, uuid.uuid4().hex)

    async def _open(self, client: httpx.AsyncClient, key: str) -> None:
        body = {
            "subject": key,
            "body": "Since this morning.",
            "channel": "email",
            "type": "question",
            "customer": {"external_id": "c-1"},
        }
        while True:
            began = time.monotonic()
            answer = await client.post(
                "/v1/tickets", json=body, headers={"Idempotency-Key": key}
            )
            if answer.is_success:
                self.accepted[key] = answer.json()["id"]
                await asyncio.sleep(0.05)
                return
            took_s = time.monotonic() - began
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self.refused.append((answer, took_s))
            else:
                self.others.append(answer)
            await asyncio.sleep(0.1)


@pytest.fixture
def load(shaken):
    """What the clients saw, from before the kill until all of them are served again."""
    made = Load(shaken)
    with made:
        eventually(lambda: len(made.accepted) > 50)
        shaken.kill("postgres")
        eventually(lambda: len(made.refused) >= 5 * CLIENTS)
        shaken.start_process("postgres")
        served = len(made.accepted)
        eventually(lambda: len(made.accepted) > served + 50)
    return made


def test_what_was_accepted_is_in_the_log_once_and_nobody_hangs(shaken, load):
    rows = query(
        shaken,
        "SELECT c.stream_id, split_part(c.command_id, ':', 2) FROM command_log c"
        " JOIN stored_events e ON e.originator_id = c.stream_id"
        " WHERE e.topic = 'ticket.opened' AND split_part(c.command_id, ':', 2) <> ''"
        " AND c.version = (SELECT max(originator_version) FROM stored_events"
        "                  WHERE originator_id = c.stream_id)",
    )
    stored = [(key, ticket) for ticket, key in rows if key in load.accepted]
    assert sorted(stored) == sorted(load.accepted.items())
    assert load.others == []
    for answer, took_s in load.refused:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["code"] == "unavailable"
        assert took_s < PATIENCE_S


def test_everything_recovers_without_a_restart(shaken, admin):
    before = {name: shaken.process(name).pid for name in PYTHON}
    type_ = promise(admin, "PT2S")
    shaken.kill("postgres")
    answer = admin.get("/v1/tickets/none")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    shaken.start_process("postgres")
    tickets = eventually(lambda: _opened(admin, type_))
    assert_kept(shaken, tickets)
    assert {name: shaken.process(name).pid for name in PYTHON} == before
    assert all(shaken.process(name).runs for name in PYTHON)


def _opened(admin, type_):
    try:
        return open_tickets(admin, type_, 1)
    except AssertionError:
        return []
