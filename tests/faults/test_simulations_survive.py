"""Simulations outlive every process: they are in the database, and whoever is there
again goes on with them.
"""

import pytest

from tests.support.api_client import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]


def asked_for(admin):
    """The path of a new simulation of one ticket."""
    body = {"draft": {}, "tickets": [admin.open_ticket()["id"]]}
    return f"/v1/simulations/{admin.ok('POST', '/v1/simulations', body)['id']}"


def await_done(api, path):
    job = eventually(lambda: done(api.ok("GET", path)))
    assert (job["done"], job["result"]["summary"]["tickets"]) == (1, 1)


def done(job):
    assert job["state"] != "failed", job["error"]
    return job if job["state"] == "done" else None


def test_a_simulation_outlives_the_worker_and_the_api(shaken, admin):
    shaken.kill("worker")
    path = asked_for(admin)
    shaken.kill("api")
    shaken.start_process("api")
    with shaken.client() as api:
        assert api.ok("GET", path)["state"] == "waiting"
        shaken.start_process("worker")
        await_done(api, path)


def test_a_simulation_that_is_asked_for_while_temporal_is_away_waits(shaken, admin):
    shaken.kill("temporal")
    path = asked_for(admin)
    assert admin.ok("GET", path)["state"] == "waiting"
    shaken.start_process("temporal")
    await_done(admin, path)
