"""Temporal lost with all it held: `pledge rebuild` makes it again from the log."""

import asyncio
import shutil

import pytest

from infra.embedded.process import run
from tests.faults.evidence import (
    Workflows,
    assert_kept,
    await_armed,
    await_follower,
    open_tickets,
    promise,
    query,
)
from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]


@pytest.fixture
def emptied(shaken, admin):
    """Tickets in all states, and then a Temporal that knows nothing of them."""
    waiting = open_tickets(admin, promise(admin, "PT1H"), 2)
    reopened = open_tickets(admin, promise(admin, "PT1H"), 1)
    resolved = open_tickets(admin, promise(admin, "PT1H"), 1)
    for ticket in (*reopened, *resolved):
        admin.act(ticket, "resolve")
    admin.act(reopened[0], "reopen", reason="still cold")
    await_armed(shaken, waiting)
    await_follower(shaken, "timers")
    soon = open_tickets(admin, promise(admin, "PT20S"), 2)
    shaken.kill("followers")
    shaken.kill("temporal")
    shutil.rmtree(shaken.data.path / "temporal")
    shaken.start_process("temporal")
    assert Workflows(shaken).status(waiting[0]) is None
    return {"waiting": waiting, "reopened": reopened, "closed": resolved, "soon": soon}


def test_every_open_ticket_runs_again_and_only_those(shaken, emptied):
    assert asyncio.run(run(shaken.cli("rebuild", "--per-second", "500"))) == 0
    workflows = Workflows(shaken)
    known = query(
        shaken,
        "SELECT id FROM tickets WHERE NOT done"
        " AND id NOT IN (SELECT stream_id FROM parked_streams)",
    )
    ours = (i for name, ids in emptied.items() if name != "closed" for i in ids)
    for ticket in {*ours, *(row[0] for row in known)}:
        assert workflows.runs(ticket), ticket
    assert workflows.status(emptied["closed"][0]) is None
    # Nobody sweeps: what keeps these are the timers that were made again.
    await_armed(shaken, emptied["waiting"])
    assert_kept(shaken, emptied["soon"])


def test_a_reopened_ticket_gets_a_run_of_its_own(shaken, admin):
    (ticket,) = open_tickets(admin, promise(admin, "PT1H"), 1)
    workflows = Workflows(shaken)
    eventually(lambda: workflows.runs(ticket))
    admin.act(ticket, "resolve")
    eventually(lambda: not workflows.runs(ticket))
    admin.act(ticket, "reopen", reason="still cold")
    eventually(lambda: workflows.runs(ticket))
