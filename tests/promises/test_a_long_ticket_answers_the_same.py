"""A ticket of many events answers the same with its snapshot, without and with a wrong
one: what is stored beside the log is never the truth.
"""

import psycopg
import pytest

from infra.embedded.postgres import APP
from tests.support.api_client import eventually

MANY = 110
WRONG = {
    "deleted": "DELETE FROM ticket_snapshots WHERE ticket_id = %s",
    "corrupted": "UPDATE ticket_snapshots SET state = '{}' WHERE ticket_id = %s",
    "of another fold": "UPDATE ticket_snapshots SET fold = 'x' WHERE ticket_id = %s",
    "ahead of the log": "UPDATE ticket_snapshots SET version = version + 1000"
    " WHERE ticket_id = %s",
}


@pytest.fixture
def database(installation):
    with psycopg.connect(installation.postgres.url(APP), autocommit=True) as link:
        yield link


@pytest.fixture
def ticket(api, database):
    made = api.open_ticket(type="question")
    note = {"author": {"kind": "agent", "id": "ann"}, "visibility": "internal"}
    for number in range(MANY):
        made = api.act(made, "messages", body=f"again, {number}", **note)
    await_snapshot(api, database, made)
    return made


def await_snapshot(api, database, ticket):
    """Of the last hundred events; whoever reads the ticket leaves one."""

    def left():
        api.read(ticket)
        return database.execute(
            "SELECT 1 FROM ticket_snapshots WHERE ticket_id = %s"
            " AND version BETWEEN %s AND %s AND fold <> 'x' AND state <> '{}'",
            (ticket["id"], ticket["version"] - 100, ticket["version"]),
        ).fetchone()

    eventually(left)


def seen(api, ticket):
    """Now, and from its whole history."""
    now = api.read(ticket, at_version=ticket["version"])
    whole = api.read(ticket, as_of=ticket["updated_at"])
    return now, whole


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_whatever_becomes_of_its_snapshot(api, database, ticket, wrong):
    before, whole = seen(api, ticket)
    assert before == whole
    database.execute(wrong, (ticket["id"],))
    assert seen(api, ticket) == (before, whole)
    await_snapshot(api, database, ticket)
    assert seen(api, ticket) == (before, whole)


def test_a_command_goes_on_from_it_and_is_answered_the_same_again(
    api, database, ticket
):
    path = f"/v1/tickets/{ticket['id']}/resolve"
    first = api.ok("POST", path, {}, Idempotency_Key=ticket["id"])
    assert (first["status"], first["version"] > ticket["version"]) == ("resolved", True)
    database.execute(WRONG["deleted"], (ticket["id"],))
    assert api.ok("POST", path, {}, Idempotency_Key=ticket["id"]) == first
    assert seen(api, first)[0] == seen(api, first)[1]
