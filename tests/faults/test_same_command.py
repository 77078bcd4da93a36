"""One command, sent ten times at once, also to two API processes."""

import asyncio
import dataclasses
import uuid

import httpx
import pytest

from infra.embedded.ports import free_port
from infra.embedded.process import Process
from tests.faults.conftest import made_whole
from tests.faults.evidence import query
from tests.support.api_client import eventually, plain

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]

BODY = {
    "subject": "The heater is cold",
    "body": "Since this morning.",
    "channel": "email",
    "type": "question",
    "customer": {"external_id": "c-1"},
}


@pytest.fixture(scope="module")
def second_api(breakable):
    """Another API process on the same database."""
    port = str(free_port())
    settings = made_whole(breakable).environment | {"PLEDGE_HTTP_PORT": port}
    process = Process(dataclasses.replace(breakable.cli("api"), env=settings))
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: _answers(url))
    yield url
    asyncio.run(process.stop())


def _answers(url):
    try:
        return plain("GET", f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


async def _at_once(installation, urls, path, body):
    """The same request to all of these; again for who is told that it still runs."""
    key = uuid.uuid4().hex
    headers = {
        "Authorization": f"Bearer {installation.admin_key}",
        "Idempotency-Key": key,
    }
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:

        async def send(url):
            while True:
                answer = await client.post(url + path, json=body)
                if answer.is_success:
                    return answer
                assert answer.json()["code"] == "command_running", answer.text
                await asyncio.sleep(0.05)

        return key, await asyncio.gather(*(send(url) for url in urls))


def test_ten_at_once_open_one_ticket_and_all_get_the_same_answer(shaken, second_api):
    urls = [shaken.http, second_api] * 5
    for _ in range(5):
        key, answers = asyncio.run(_at_once(shaken, urls, "/v1/tickets", BODY))
        bodies = [answer.json() for answer in answers]
        assert all(body == bodies[0] for body in bodies)
        opened = query(
            shaken,
            "SELECT count(*) FROM stored_events WHERE topic = 'ticket.opened'"
            " AND convert_from(state, 'UTF8') LIKE %s",
            f"%{key}%",
        )
        assert opened == [(1,)]
        replayed = [a.headers.get("Idempotency-Replayed") for a in answers]
        assert sorted(r or "" for r in replayed) == ["", *["true"] * 9]


def test_ten_messages_at_once_are_one_message(shaken, second_api, admin):
    ticket = admin.open_ticket()
    body = {"author": {"kind": "customer", "id": "c-1"}, "body": "Still cold."}
    path = f"/v1/tickets/{ticket['id']}/messages"
    asyncio.run(_at_once(shaken, [shaken.http, second_api] * 5, path, body))
    assert admin.types(ticket).count("ticket.message_added") == 1


def test_different_commands_at_once_are_all_applied(shaken, second_api, admin):
    ticket = admin.open_ticket()
    body = {"author": {"kind": "customer", "id": "c-1"}, "body": "Still cold."}
    path = f"/v1/tickets/{ticket['id']}/messages"

    async def ten() -> None:
        sent = (
            _at_once(shaken, [url], path, body) for url in [shaken.http, second_api] * 3
        )
        await asyncio.gather(*sent)

    asyncio.run(ten())
    assert admin.types(ticket).count("ticket.message_added") == 6
