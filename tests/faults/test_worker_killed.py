"""kill -9 of the worker while timers are armed."""

import time
from datetime import timedelta

import pytest

from tests.faults.evidence import (
    assert_kept,
    await_armed,
    await_follower,
    open_tickets,
    promise,
    query,
    steps_fired,
)
from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]


def test_the_next_worker_keeps_the_promises_even_with_nobody_sweeping(shaken, admin):
    tickets = open_tickets(admin, promise(admin, "PT12S"), 3)
    await_armed(shaken, tickets)
    shaken.kill("followers")
    shaken.kill("worker")
    shaken.start_process("worker")
    assert_kept(shaken, tickets)


def test_promises_are_kept_while_no_worker_runs(shaken, admin):
    shaken.kill("worker")
    assert_kept(shaken, open_tickets(admin, promise(admin, "PT2S"), 5))


def test_a_step_due_while_worker_and_followers_are_dead_is_taken_once_at_its_instant(
    shaken, admin
):
    gap, ann = timedelta(seconds=6), [{"agent": "ann"}]
    steps = [{"after": after, "targets": ann} for after in ("0s", "PT6S")]
    admin.put("agents", "ann", {"name": "Ann"})
    admin.put("escalation-policies", "two-steps", {"steps": steps})
    [ticket] = open_tickets(
        admin, promise(admin, "PT2S", escalation_policy="two-steps"), 1
    )
    eventually(lambda: steps_fired(shaken, ticket))
    shaken.kill("worker")
    shaken.kill("followers")
    [first] = steps_fired(shaken, ticket)
    due = first.due_at + gap
    eventually(lambda: query(shaken, "SELECT now() > %s", due) == [(True,)])
    shaken.start_process("worker")
    shaken.start_process("followers")

    admin.await_event(ticket, "escalation.exhausted")
    await_follower(shaken, "timers")
    [_, second] = steps_fired(shaken, ticket)
    assert second.due_at == second.timestamp == due
    assert second.recorded_at > due


@pytest.mark.parametrize("part", ["worker", "followers"])
def test_who_died_is_known_within_ten_seconds_and_the_api_still_serves(
    shaken, admin, part
):
    shaken.kill(part)
    since = time.monotonic()

    def told():
        return admin.ok("GET", "/healthz/parts")["parts"][part]["state"] == "failing"

    eventually(told, within_s=30)
    assert time.monotonic() - since < 12
    assert admin.ok("GET", "/readyz")["ready"] is True
