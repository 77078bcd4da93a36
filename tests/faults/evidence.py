"""What the log, the database and Temporal say happened, asked without going through
the processes that are being broken.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from urllib.parse import quote

import httpx
import psycopg

from infra.embedded.postgres import OWNER
from tests.support.api_client import PATIENCE_S, Api, eventually, plain
from tests.support.installation import Installation

LATE = timedelta(seconds=9)
"""How late a promise may be kept, whatever is broken. Less than Temporal waits by
default for a worker that has died, or for a call that is not answered.
"""


@dataclass(frozen=True)
class Breach:
    ticket_id: str
    breach_at: datetime
    recorded_at: datetime

    @property
    def lateness(self) -> timedelta:
        return self.recorded_at - self.breach_at


def query(
    installation: Installation, text: LiteralString, *parameters: Any, role: str = OWNER
) -> list[tuple[Any, ...]]:
    url = installation.postgres.url(role)
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text, parameters)
        return cursor.fetchall() if cursor.description else []


def breaches(installation: Installation, tickets: Sequence[str]) -> list[Breach]:
    """In the order in which they were recorded."""
    rows = query(
        installation,
        "SELECT originator_id, state, recorded_at FROM stored_events"
        " WHERE topic = 'sla.breached' AND originator_id = ANY(%s)"
        " ORDER BY notification_id",
        list(tickets),
    )
    return [
        Breach(
            row[0],
            datetime.fromisoformat(json.loads(row[1])["data"]["breach_at"]),
            row[2],
        )
        for row in rows
    ]


def await_breaches(
    installation: Installation, tickets: Sequence[str], within_s: float = PATIENCE_S
) -> list[Breach]:
    """As soon as there are as many as tickets."""

    def found() -> list[Breach]:
        known = breaches(installation, tickets)
        return known if len(known) >= len(tickets) else []

    return list(eventually(found, within_s, every_s=0.25))


def assert_kept(
    installation: Installation, tickets: Sequence[str], within: timedelta = LATE
) -> None:
    """Each promise broke once, not early, and not later than it may."""
    found = await_breaches(installation, tickets)
    assert sorted(b.ticket_id for b in found) == sorted(tickets)
    assert min(b.lateness for b in found) > timedelta(0)
    assert max(b.lateness for b in found) < within


@dataclass(frozen=True)
class StepFired:
    due_at: datetime
    timestamp: datetime
    recorded_at: datetime


def steps_fired(installation: Installation, ticket_id: str) -> list[StepFired]:
    """In the order in which they were recorded."""
    rows = query(
        installation,
        "SELECT state, recorded_at FROM stored_events"
        " WHERE topic = 'escalation.step_fired' AND originator_id = %s"
        " ORDER BY notification_id",
        ticket_id,
    )
    stored = [(json.loads(state), recorded_at) for state, recorded_at in rows]
    return [
        StepFired(
            datetime.fromisoformat(event["data"]["due_at"]),
            datetime.fromisoformat(event["at"]),
            recorded_at,
        )
        for event, recorded_at in stored
    ]


def promise(api: Api, target: str, escalation_policy: str | None = None) -> str:
    """Tickets of the type that is returned are to be answered within the target."""
    type_ = f"within-{target.lower()}" + (
        f"-{escalation_policy}" if escalation_policy else ""
    )
    rule = {"when": {"type": type_}, "targets": {"first_response": target}}
    policy = {"match": [rule]} | (
        {"escalation_policy": escalation_policy} if escalation_policy else {}
    )
    api.put("sla-policies", type_, policy)
    return type_


def open_tickets(api: Api, type_: str, count: int) -> list[str]:
    return [api.open_ticket(type=type_)["id"] for _ in range(count)]


def head(installation: Installation) -> int:
    rows = query(installation, "SELECT max(notification_id) FROM stored_events")
    return int(rows[0][0])


def positions(installation: Installation) -> dict[str, int]:
    rows = query(installation, "SELECT follower, position FROM follower_positions")
    return dict(rows)


def await_follower(
    installation: Installation, name: str, within_s: float = PATIENCE_S
) -> None:
    """Until it has consumed what is in the log now."""
    wanted = head(installation)
    eventually(lambda: positions(installation).get(name, 0) >= wanted, within_s)


class Workflows:
    """Temporal asked over its HTTP API."""

    def __init__(self, installation: Installation) -> None:
        self._temporal = installation.temporal

    def status(self, ticket_id: str) -> str | None:
        """Of the latest run; None if there never was one."""
        answer = self._get(ticket_id)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(answer.raise_for_status().json()["workflowExecutionInfo"]["status"])

    def runs(self, ticket_id: str) -> bool:
        return self.status(ticket_id) == "WORKFLOW_EXECUTION_STATUS_RUNNING"

    def armed(self, ticket_id: str) -> bool:
        """Its timer runs, so a worker has carried it that far."""
        answer = self._get(ticket_id, "/history")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        events = answer.raise_for_status().json()["history"]["events"]
        return any(e["eventType"] == "EVENT_TYPE_TIMER_STARTED" for e in events)

    def _get(self, ticket_id: str, what: str = "") -> httpx.Response:
        name = quote(f"ticket:{ticket_id}", safe="")
        port = self._temporal._http_port
        path = f"api/v1/namespaces/default/workflows/{name}{what}"
        return plain("GET", f"http://127.0.0.1:{port}/{path}", timeout=30)


def await_armed(
    installation: Installation, tickets: Sequence[str], within_s: float = PATIENCE_S
) -> None:
    workflows = Workflows(installation)
    for ticket_id in tickets:
        eventually(lambda t=ticket_id: workflows.armed(t), within_s, every_s=0.1)
