"""kill -9 of the followers, and two of them at once."""

import asyncio
from datetime import timedelta

import pytest

from infra.embedded.postgres import SUPERUSER
from infra.embedded.process import Process
from tests.faults.evidence import (
    LATE,
    Workflows,
    assert_kept,
    await_follower,
    head,
    open_tickets,
    positions,
    promise,
    query,
)
from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]
OUTAGE = timedelta(minutes=1)
"""Nobody sweeps while they are dead, and this test decides how long that is."""


def test_killed_between_push_and_checkpoint_nothing_happens_twice(shaken, admin):
    shaken.kill("followers")
    reached = positions(shaken).get("timers", 0)
    tickets = open_tickets(admin, promise(admin, "PT15S"), 100)
    workflows = Workflows(shaken)
    shaken.start_process("followers")
    eventually(lambda: workflows.status(tickets[40]))
    shaken.kill("followers")
    assert positions(shaken).get("timers", 0) == reached, (
        "all were pushed: shows nothing"
    )

    shaken.start_process("followers")
    assert_kept(shaken, tickets, within=OUTAGE)
    await_follower(shaken, "timers")
    numbered = query(
        shaken,
        "SELECT count(*) = max(originator_version), count(*) = count(DISTINCT topic)"
        " FROM stored_events WHERE originator_id = ANY(%s) GROUP BY originator_id",
        tickets,
    )
    assert set(numbered) == {(True, True)}


def _listeners(installation):
    return query(
        installation,
        "SELECT count(*) FROM pg_stat_activity WHERE starts_with(query, 'LISTEN')",
        role=SUPERUSER,
    )


@pytest.fixture
def second_followers(shaken):
    listening = _listeners(shaken)
    process = Process(shaken.cli("followers"))
    eventually(lambda: _listeners(shaken) > listening)
    yield process
    asyncio.run(process.stop())


def test_a_second_one_takes_over_when_the_first_is_killed(
    shaken, admin, second_followers
):
    type_ = promise(admin, "PT2S")
    assert_kept(shaken, open_tickets(admin, type_, 2))
    shaken.kill("followers")
    tickets = open_tickets(admin, type_, 2)
    wanted = head(shaken)
    for name in ("projector", "timers", "subscriptions"):
        eventually(
            lambda n=name: positions(shaken)[n] >= wanted,
            within_s=LATE.total_seconds(),
        )
    assert second_followers.runs
    assert_kept(shaken, tickets)


def test_a_read_model_that_was_emptied_is_filled_again(shaken, admin):
    tickets = set(open_tickets(admin, "question", 3))
    await_follower(shaken, "projector")
    query(shaken, "TRUNCATE tickets, follower_positions")

    def listed() -> bool:
        items = admin.ok("GET", "/v1/tickets?limit=3")["items"]
        return {item["id"] for item in items} == tickets

    eventually(listed)
    await_follower(shaken, "projector")
