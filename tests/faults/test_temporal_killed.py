"""Temporal away: killed, hanging, absent from the start."""

import os
import signal
import time

import pytest

from tests.faults.evidence import (
    LATE,
    Workflows,
    assert_kept,
    await_armed,
    await_breaches,
    await_follower,
    breaches,
    open_tickets,
    promise,
)
from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]
OUTAGE_S = 20


@pytest.mark.slow
def test_promises_are_kept_while_it_is_down_and_once_only_after_it_is_back(
    shaken, admin
):
    type_ = promise(admin, "PT12S")
    armed = open_tickets(admin, type_, 3)
    await_armed(shaken, armed)
    shaken.kill("temporal")
    down_since = time.monotonic()
    tickets = [*armed, *open_tickets(admin, type_, 3)]
    assert_kept(shaken, tickets)

    time.sleep(max(OUTAGE_S - (time.monotonic() - down_since), 0))
    shaken.start_process("temporal")

    new = open_tickets(admin, type_, 1)
    await_armed(shaken, new)
    await_follower(shaken, "timers")
    await_breaches(shaken, new)
    assert len(breaches(shaken, tickets)) == len(tickets)


def test_worker_and_followers_start_without_it_and_find_it_later(shaken, admin):
    shaken.kill("temporal")
    for name in ("worker", "followers"):
        shaken.kill(name)
        shaken.start_process(name)
    type_ = promise(admin, "PT2S")
    await_follower(shaken, "projector")
    tickets = open_tickets(admin, type_, 3)
    assert_kept(shaken, tickets)
    shaken.start_process("temporal")
    await_armed(shaken, open_tickets(admin, promise(admin, "PT1H"), 1))


def test_a_temporal_that_hangs_delays_neither_the_read_model_nor_the_sweeper(
    shaken, admin
):
    os.kill(shaken.process("temporal").pid, signal.SIGSTOP)
    try:
        tickets = open_tickets(admin, promise(admin, "PT2S"), 5)
        await_follower(shaken, "projector", LATE.total_seconds())
        assert_kept(shaken, tickets)
    finally:
        os.kill(shaken.process("temporal").pid, signal.SIGCONT)
    workflows = Workflows(shaken)
    eventually(lambda: workflows.status(tickets[-1]) is not None)
