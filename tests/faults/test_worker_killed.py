"""kill -9 of the worker while timers are armed."""

import pytest

from tests.faults.evidence import assert_kept, await_armed, open_tickets, promise

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
