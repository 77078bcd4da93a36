"""How long a ticket of 2,000 events takes to answer: read, written to, enforced.

The events are made through the API: assigned, answered, asked again, paused, changed,
over and over, under four promises. With its snapshot, and each time without it; beside
a ticket of a few events and a bare echo of the same run. Enforcement is timed where it
runs, without Temporal on the way.
"""

import json
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from activities.contracts import EnforceInput
from bench.baseline import fastapi_echo
from bench.load import Figures, get, load, post
from bench.stack import Running
from infra.settings import Settings
from infra.wiring import core_now

EVENTS = 2000
TIMES = 200
METRICS = ("first_response", "next_response", "agent_work", "resolution")
POLICY = {
    "match": [
        {"when": {"priority": "high"}, "targets": dict.fromkeys(METRICS, "PT40H")},
        {"targets": dict.fromkeys(METRICS, "PT80H")},
    ],
    "warn_at": ["50%", "PT1H"],
}
OPENING = {
    "subject": "The heater is cold",
    "body": "Since this morning it shows error E4 and stays cold. " * 4,
    "channel": "email",
    "type": "bench",
    "customer": {"external_id": "c-1"},
}


def said(kind: str) -> dict[str, Any]:
    return {"author": {"kind": kind, "id": "ann"}, "body": "It is still cold. " * 8}


EXCHANGE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/assign", {"agent": "ann"}),
    ("POST", "/messages", said("agent")),
    ("POST", "/messages", said("customer")),
    ("POST", "/pause", {"reason": "asked"}),
    ("POST", "/resume", {}),
    ("PATCH", "", {"priority": "high"}),
    ("POST", "/messages", said("agent")),
    ("PATCH", "", {"priority": "normal"}),
)
NOTE = json.dumps(said("agent") | {"visibility": "internal"}).encode()


async def long_ticket(running: Running, console: Console) -> None:
    running.put("/v1/agents/ann", {"name": "Ann"})
    running.put("/v1/sla-policies/bench", POLICY)
    short, long = _open(running, 3), _open(running, EVENTS)
    echo = await fastapi_echo(1, TIMES, NOTE)
    table = Table("what", "ticket", "p50 ms", "p99 ms", "p50 of echo")
    for ticket, name, before in (
        (short, "3 events", lambda: None),
        (long, f"{EVENTS}, snapshot", lambda: None),
        (long, f"{EVENTS}, none", lambda: _forget(running, long)),
    ):
        for what, figures in (await _timed(running, ticket, before)).items():
            ratio = figures.quantile(0.5) / echo.quantile(0.5)
            shown = (f"{figures.quantile(q):.1f}" for q in (0.5, 0.99))
            table.add_row(what, name, *shown, f"{ratio:.1f}")
    shown = (f"{echo.quantile(q):.1f}" for q in (0.5, 0.99))
    table.add_row("bare FastAPI echo", "", *shown, "1.0")
    console.print(table)


def _open(running: Running, events: int) -> str:
    ticket = running.http.post("/v1/tickets", json=OPENING).raise_for_status().json()
    path, commands = f"/v1/tickets/{ticket['id']}", cycle(EXCHANGE)
    while ticket["version"] < events:
        method, action, body = next(commands)
        answer = running.http.request(method, path + action, json=body)
        ticket = answer.raise_for_status().json()
    return str(ticket["id"])


async def _timed(
    running: Running, ticket: str, before: Callable[[], None]
) -> dict[str, Figures]:
    read = get(f"/v1/tickets/{ticket}", running.key)
    write = post(f"/v1/tickets/{ticket}/messages", NOTE, running.key)
    return {
        "GET": await _requests(running, read, before),
        "message": await _requests(running, write, before),
        "enforce": await _enforcements(running, ticket, before),
    }


async def _requests(
    running: Running, request: bytes, before: Callable[[], None]
) -> Figures:
    latencies = []
    for _ in range(TIMES):
        before()
        one = await load(running.port, 1, 1, lambda _: request)
        assert one.failed == 0
        latencies += one.latencies_ms
    return Figures(latencies_ms=sorted(latencies), wall_s=sum(latencies), failed=0)


async def _enforcements(
    running: Running, ticket: str, before: Callable[[], None]
) -> Figures:
    latencies = []
    async with core_now(Settings(database_url=running.postgres)) as made:
        enforcement = made.enforcement()
        for _ in range(TIMES + 1):
            before()
            due = EnforceInput(ticket, time.time_ns() // 1_000_000)
            began = time.perf_counter()
            await enforcement.enforce(due)
            latencies.append((time.perf_counter() - began) * 1000)
            await made.store.settled()
    latencies.pop(0)  # the first one also reads the configuration
    return Figures(latencies_ms=sorted(latencies), wall_s=sum(latencies), failed=0)


def _forget(running: Running, ticket: str) -> None:
    """Once there is one: what the last answer left may still be on its way."""
    with psycopg.connect(running.postgres, autocommit=True) as link:
        while not link.execute(_FORGET, (ticket,)).rowcount:
            time.sleep(0.001)


_FORGET = "DELETE FROM ticket_snapshots WHERE ticket_id = %s"
