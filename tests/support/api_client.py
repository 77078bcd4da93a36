"""Pledge's API as a test speaks it."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

import httpx

PATIENCE_S = 60
"""For what comes at once on a machine that has nothing else to do."""


def eventually(
    probe: Callable[[], Any], within_s: float = PATIENCE_S, every_s: float = 0.05
) -> Any:
    """The first true answer of the probe; for what nobody announces. Fails in words."""
    deadline = time.monotonic() + within_s
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {probe}"
        time.sleep(every_s)
    return found


def plain(method: str, url: str, **more: Any) -> httpx.Response:
    """Over HTTP: without `verify` each call would load all certificates."""
    return httpx.request(method, url, verify=False, **more)


class Api(httpx.Client):
    def __init__(self, http: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # Plain HTTP: without `verify` each client would load all certificates.
        super().__init__(base_url=http, headers=headers, timeout=30, verify=False)

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer that must be a success."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.request(method, path, json=body, headers=names)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def open_ticket(self, **fields: Any) -> dict[str, Any]:
        body = {
            "subject": "The heater is cold",
            "body": "Since this morning.",
            "channel": "email",
            "type": "question",
            "customer": {"external_id": "c-1"},
            **fields,
        }
        return self.ok("POST", "/v1/tickets", body)

    def act(self, ticket: Any, action: str, **body: Any) -> dict[str, Any]:
        ticket_id = ticket["id"] if isinstance(ticket, dict) else ticket
        return self.ok("POST", f"/v1/tickets/{ticket_id}/{action}", body)

    def answer_customer(self, ticket: Any, agent: str = "ann") -> dict[str, Any]:
        author = {"kind": "agent", "id": agent}
        return self.act(ticket, "messages", author=author, body="On its way.")

    def put(self, kind: str, name: str, document: Any) -> Any:  # type: ignore[override]
        """Publish, over whatever is there."""
        path = f"/v1/{kind}/{name}"
        known = self.get(path)
        headers = {"If_Match": known.headers["ETag"]} if known.is_success else {}
        return self.ok("PUT", path, document, **headers)

    def every(self, path: str) -> list[dict[str, Any]]:
        """The items of all pages of a list."""
        items, cursor = [], ""
        while True:
            page = self.ok("GET", f"{path}?limit=500{cursor}")
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={quote(page['next_cursor'])}"

    def read(self, ticket: Any, **query: Any) -> dict[str, Any]:
        ticket_id = ticket["id"] if isinstance(ticket, dict) else ticket
        answer = super().get(f"/v1/tickets/{ticket_id}", params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def history(self, ticket: Any) -> list[dict[str, Any]]:
        ticket_id = ticket["id"] if isinstance(ticket, dict) else ticket
        return self.ok("GET", f"/v1/tickets/{ticket_id}/history")["items"]

    def types(self, ticket: Any) -> list[str]:
        return [event["type"] for event in self.history(ticket)]

    def clock(self, ticket: Any, metric: str) -> dict[str, Any]:
        """The latest cycle of this clock."""
        clocks = self.read(ticket)["clocks"]
        return [clock for clock in clocks if clock["metric"] == metric][-1]

    def await_event(
        self, ticket: Any, type_: str, within_s: float = PATIENCE_S
    ) -> dict[str, Any]:
        """The first event of this type in the ticket's history, as soon as it is there
        (by the feed's long poll, not by sleeping)."""
        ticket_id = ticket["id"] if isinstance(ticket, dict) else ticket
        deadline, cursor = time.monotonic() + within_s, "0"
        while True:
            for event in self.history(ticket_id):
                if event["type"] == type_:
                    return event
            left = deadline - time.monotonic()
            assert left > 0, f"no {type_} within {within_s} s: {self.types(ticket_id)}"
            query = f"after={cursor}&types={type_}&wait={max(int(min(left, 5)), 1)}s"
            cursor = self.ok("GET", f"/v1/events?{query}")["next_cursor"]


def instant(text):
    return datetime.fromisoformat(text)
