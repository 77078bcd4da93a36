"""An event in the log that nobody can read any more."""

import pytest

from tests.faults.evidence import (
    assert_kept,
    await_follower,
    head,
    open_tickets,
    promise,
    query,
)
from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]

ROWS = {
    "no fact": ("ticket.closed", b"no JSON at all"),
    "another release's topic": ("ticket.teleported", b'{"at": "2026-01-01T00:00:00Z"}'),
    "a broken policy": ("policy.published", b"{}"),
}


def _poison(installation, stream, topic, state):
    query(
        installation,
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        " SELECT %s, coalesce(max(originator_version), 0) + 1, %s, %s"
        " FROM stored_events WHERE originator_id = %s",
        stream,
        topic,
        state,
        stream,
    )


@pytest.fixture
def poisoned(shaken, admin):
    """A ticket whose promise is about to break, and which cannot be read any more."""
    (ticket,) = open_tickets(admin, promise(admin, "PT2S"), 1)
    await_follower(shaken, "projector")
    for topic, state in ROWS.values():
        _poison(shaken, ticket, topic, state)
    _poison(shaken, "sla-policies/broken", *ROWS["a broken policy"])
    return ticket


def test_only_the_broken_ticket_is_put_aside_and_all_else_goes_on(
    shaken, admin, poisoned
):
    cursor = head(shaken)
    type_ = promise(admin, "PT2S")
    assert_kept(shaken, open_tickets(admin, type_, 3))
    for follower in ("projector", "timers", "subscriptions"):
        await_follower(shaken, follower)
    parked = query(
        shaken, "SELECT follower, stream_id FROM parked_streams ORDER BY follower"
    )
    assert [p for p in parked if p[1] == poisoned] == [
        ("projector", poisoned),
        ("timers", poisoned),
    ]
    feed = admin.ok("GET", f"/v1/events?after={cursor - 5}&types=sla.breached")
    assert len(feed["items"]) >= 3


def test_reading_it_is_a_problem_that_names_the_event(admin, poisoned):
    for path in ("", "/history", "/clocks"):
        answer = admin.get(f"/v1/tickets/{poisoned}{path}")
        assert answer.status_code == 409
        assert answer.json()["code"] == "unreadable"
        assert f"{poisoned}/" in answer.json()["detail"]


@pytest.mark.usefixtures("poisoned")
def test_processes_that_start_with_it_in_the_log_work(shaken, admin):
    for name in ("followers", "api"):
        shaken.kill(name)
        shaken.start_process(name)
    admin.open_ticket()
    await_follower(shaken, "projector")
    assert_kept(shaken, open_tickets(admin, promise(admin, "PT2S"), 1))
    eventually(lambda: admin.get("/healthz/parts").json()["ok"])
