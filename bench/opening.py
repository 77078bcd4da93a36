"""Tickets opened per second over HTTP, beside a bare echo and a bare insert."""

import json
from functools import partial

from rich.console import Console
from rich.table import Table

from bench.baseline import bare_insert, fastapi_echo
from bench.load import Figures, load, post
from bench.stack import Running

CLIENTS = (1, 8, 32)
REQUESTS = {1: 400, 8: 2000, 32: 3000}
BODY = json.dumps(
    {
        "subject": "The heater is cold",
        "body": "Since this morning it shows error E4 and stays cold. " * 4,
        "channel": "email",
        "type": "after_sales",
        "customer": {"external_id": "c-1", "tier": "key_account"},
    }
).encode()


async def opening(running: Running, console: Console) -> None:
    table = Table("what", "clients", "per second", "p50 ms", "p99 ms", "of echo")
    for clients in CLIENTS:
        requests = REQUESTS[clients]
        request = partial(_same, post("/v1/tickets", BODY, running.key))
        await load(running.port, clients, requests // 10, request)
        tickets = await load(running.port, clients, requests, request)
        assert tickets.failed == 0, f"{tickets.failed} requests failed"
        echo = await fastapi_echo(clients, requests, BODY)
        insert = await bare_insert(running.postgres, clients, requests, BODY)
        for name, figures in (
            ("ticket opened", tickets),
            ("bare FastAPI echo", echo),
            ("bare insert", insert),
        ):
            table.add_row(name, str(clients), *_row(figures, echo))
    console.print(table)


def _same(request: bytes, _: int) -> bytes:
    return request


def _row(figures: Figures, echo: Figures) -> list[str]:
    return [
        f"{figures.per_second:.0f}",
        f"{figures.quantile(0.5):.1f}",
        f"{figures.quantile(0.99):.1f}",
        f"{figures.per_second / echo.per_second:.2f}",
    ]
