"""kill -9 in the middle of a retention run; and who was due when it began is looked at
again.
"""

from datetime import UTC, datetime, timedelta

import pytest

from infra.embedded.postgres import SUPERUSER
from tests.faults.evidence import await_follower, query
from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]
RUNS = "/v1/retention/runs"
WANTED = {"transactions": "P1095D", "logs": "P183D", "reason": "yearly"}


@pytest.fixture
def aged(shaken, admin):
    """So many customers, each with a ticket that was closed years ago."""

    def customers(name, number):
        tickets = []
        for i in range(number):
            customer = {"external_id": f"{name}-{i:03}", "name": "林娜"}
            tickets.append(admin.open_ticket(customer=customer))
            admin.act(tickets[-1], "close")
        for follower in ("projector", "search"):
            await_follower(shaken, follower)
        query(
            shaken,
            "UPDATE tickets SET updated_at = %s WHERE id = ANY (%s)",
            datetime.now(UTC) - timedelta(days=4 * 365),
            [ticket["id"] for ticket in tickets],
            role=SUPERUSER,
        )
        return tickets

    return customers


def finished(admin, run):
    def probe():
        found = admin.ok("GET", f"{RUNS}/{run['id']}")
        return found if found["state"] in {"done", "failed"} else None

    return eventually(probe, within_s=120)


def erasures(shaken, name):
    """How often each of them was erased."""
    return query(
        shaken,
        "SELECT originator_id, count(*) FROM stored_events"
        " WHERE topic = 'subject.erased' AND starts_with(originator_id, %s)"
        " GROUP BY 1 ORDER BY 1",
        f"subjects/{name}-",
    )


def test_killed_in_the_middle_it_goes_on_and_erases_nobody_twice(shaken, admin, aged):
    aged("many", 30)
    query(
        shaken,
        "INSERT INTO deliveries (subscription_id, position, event_type, attempt, state,"
        " duration_ms, attempted_at) SELECT 'many', n, 'ticket.opened', 1, 'delivered',"
        " 1, now() - interval '1 year' FROM generate_series(1, 2500) AS numbers (n)",
        role=SUPERUSER,
    )
    run = admin.ok("POST", RUNS, WANTED)
    eventually(lambda: len(erasures(shaken, "many")) >= 5, every_s=0.01)
    shaken.kill("followers")
    found = admin.ok("GET", f"{RUNS}/{run['id']}")
    assert (found["state"], 0 < found["progress"] < 1) == ("running", True)
    assert len(erasures(shaken, "many")) < 30, "all were erased: shows nothing"
    # As if it had been killed between the erasures and the notes of them.
    query(shaken, "UPDATE retention_people SET outcome = NULL")
    shaken.start_process("followers")
    done = finished(admin, run)
    assert (done["state"], done["erased"]) == ("done", 30)
    deleted = {record["name"]: record["count"] for record in done["deleted"]}
    assert deleted["deliveries"] == 2500
    wanted = [(f"subjects/many-{i:03}", 1) for i in range(30)]
    assert erasures(shaken, "many") == wanted
    assert query(shaken, "SELECT count(*) FROM retention_people") == [(0,)]


def test_who_came_back_or_is_held_since_the_run_began_is_kept(shaken, admin, aged):
    back, held, _ = aged("turn", 3)
    shaken.kill("followers")
    run = admin.ok("POST", RUNS, WANTED)
    # As it is left by a run that is killed when everybody was planned.
    query(shaken, "INSERT INTO retention_runs VALUES (%s, 7, true)", run["id"])
    query(
        shaken,
        "INSERT INTO retention_people SELECT %s, 'turn-00' || n"
        " FROM generate_series(0, 2) AS numbers (n)",
        run["id"],
    )
    admin.act(back, "reopen", reason="it is cold again")
    hold = f"/v1/subjects/{held['customer']['external_id']}/legal-hold"
    admin.ok("PUT", hold, {"reason": "case 4711"})
    shaken.start_process("followers")
    done = finished(admin, run)
    assert (done["erased"], done["held"], done["kept"]) == (1, 1, 1)
    assert erasures(shaken, "turn") == [("subjects/turn-002", 1)]
