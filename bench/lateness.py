"""How late promises are enforced when many fall due within a minute.

Tickets are opened with the customer's time an hour before their due instant, so that
the instants lie evenly in a window that starts once all are open. Lateness is read
from the log: recorded minus due.
"""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import psycopg
from rich.console import Console
from rich.table import Table

from bench.load import load, post, quantile
from bench.stack import Running

WINDOW_S = 60
TARGET = timedelta(hours=1)
OPENED_PER_S = 150
"""A cautious guess, to place the window after the last opening."""

_LATENESS = """
SELECT extract(epoch FROM recorded_at
       - (convert_from(state, 'UTF8')::jsonb ->> 'at')::timestamptz)::float8
FROM stored_events e WHERE topic = 'sla.breached' AND notification_id > %s
"""
# 'at' of a breach is its exact due instant.


async def lateness(running: Running, console: Console, promises: int) -> None:
    kind = f"bench-{promises}"
    _policy(running, kind)
    async with await psycopg.AsyncConnection.connect(running.postgres) as link:
        head = await _head(link)
        start = time.time() + promises / OPENED_PER_S + 5
        opened = await load(
            running.port,
            16,
            promises,
            lambda n: post(
                "/v1/tickets",
                _ticket(kind, start + n * WINDOW_S / promises),
                running.key,
            ),
        )
        assert opened.failed == 0, f"{opened.failed} requests failed"
        early = start - time.time()
        late = await _all(link, head, promises, start + WINDOW_S + 60)
    table = Table("promises", "window", "p50 s", "p99 s", "max s", "early", "opened /s")
    table.add_row(
        f"{len(late)} of {promises}",
        f"{WINDOW_S} s",
        f"{quantile(late, 0.5):.3f}",
        f"{quantile(late, 0.99):.3f}",
        f"{late[-1]:.3f}",
        str(sum(1 for seconds in late if seconds < 0)),
        f"{opened.per_second:.0f}",
    )
    console.print(table)
    if early < 0:
        console.print(f"the window began {-early:.1f} s before the last was open")


def _policy(running: Running, kind: str) -> None:
    rule = {"when": {"type": kind}, "targets": {"first_response": "PT1H"}}
    document = {"match": [rule], "escalation_policy": "default"}
    running.put(f"/v1/sla-policies/{kind}", document)


def _ticket(kind: str, due: float) -> bytes:
    occurred_at = datetime.fromtimestamp(due, UTC) - TARGET
    body = {
        "subject": "due",
        "body": "due",
        "channel": "email",
        "type": kind,
        "customer": {"external_id": "c-1"},
        "occurred_at": occurred_at.isoformat(),
    }
    return json.dumps(body).encode()


async def _head(link: psycopg.AsyncConnection[tuple[int, ...]]) -> int:
    cursor = await link.execute("SELECT max(notification_id) FROM stored_events")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _all(
    link: psycopg.AsyncConnection[tuple[int, ...]],
    head: int,
    promises: int,
    deadline: float,
) -> list[float]:
    """Sorted lateness of every breach, once all are in or the deadline is past."""
    await asyncio.sleep(max(deadline - 60 - time.time(), 0))
    while True:
        cursor = await link.execute(_LATENESS, (head,))
        found = sorted(float(row[0]) for row in await cursor.fetchall())
        await link.rollback()
        if len(found) >= promises or time.time() > deadline:
            return found
        await asyncio.sleep(1)
