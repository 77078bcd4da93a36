"""What nobody touched for longer than the retention period goes, when a person says so;
and who is held, or came back, stays.
"""

import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from infra.embedded.postgres import SUPERUSER
from tests.support.api_client import eventually

PREVIEW, RUNS = "/v1/retention/preview", "/v1/retention/runs"
YEARS = timedelta(days=4 * 365)
ERASED = "[erased]"
THREE_YEARS = {"transactions": "P1095D", "logs": "off"}


@pytest.fixture
def as_superuser(installation):
    """A statement past everything that guards the tables."""

    def execute(statement, *parameters):
        url = installation.postgres.url(SUPERUSER)
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    return execute


@pytest.fixture
def aged(api, as_superuser, word):
    """A customer whose ticket was closed so many years ago."""

    def customer(name, status="closed"):
        external_id = f"{word}-{name}"
        ticket = api.open_ticket(customer={"external_id": external_id, "name": "林娜"})
        if status == "closed":
            api.act(ticket, "close")
        listed(api, ticket)
        age(as_superuser, ticket)
        return external_id, ticket

    return customer


def age(as_superuser, ticket):
    old = datetime.now(UTC) - YEARS
    as_superuser("UPDATE tickets SET updated_at = %s WHERE id = %s", old, ticket["id"])


def listed(api, ticket):
    """In the list of tickets, as it is now."""
    position = api.history(ticket)[-1]["position"]
    query = {"q": str(ticket["number"]), "wait_for": position}
    assert api.get("/v1/tickets", params=query).is_success


def previewed(api, **body):
    return api.ok("POST", PREVIEW, THREE_YEARS | body)


def ran(api, **body):
    """The run as it ended."""
    started = api.ok("POST", RUNS, THREE_YEARS | {"reason": "yearly"} | body)
    return eventually(lambda: ended(api, started["id"]))


def ended(api, run_id):
    found = api.ok("GET", f"{RUNS}/{run_id}")
    return found if found["state"] in {"done", "failed"} else None


def name_of(api, ticket):
    return api.read(ticket)["customer"]["name"]


def test_the_preview_shows_who_would_go_and_changes_nothing(api, aged):
    customer, ticket = aged("old")
    shown = previewed(api)["transactions"]
    assert customer in shown["examples"]
    assert shown["people"] == len(shown["examples"]) <= shown["tickets"]
    assert shown["period"] == "P1095D"
    assert name_of(api, ticket) != ERASED


def test_who_was_untouched_for_longer_than_the_period_is_erased(api, aged):
    customer, ticket = aged("old")
    run = ran(api)
    assert (run["state"], run["progress"], run["error"]) == ("done", 1, None)
    assert run["erased"] >= 1
    assert name_of(api, ticket) == ERASED
    assert customer not in previewed(api)["transactions"]["examples"]


def test_the_presets_are_three_years_and_half_a_year(api):
    shown = api.ok("POST", PREVIEW, {"at": "2026-11-30T00:00:00Z"})
    assert shown["transactions"]["period"] == "P1095D"
    assert shown["transactions"]["limit"] == "2023-12-01T00:00:00Z"
    assert shown["logs"]["period"] == "P183D"
    assert shown["logs"]["limit"] == "2026-05-31T00:00:00Z"


def test_in_a_later_year_the_preview_shows_who_will_be_due(api, word):
    external_id = f"{word}-new"
    ticket = api.open_ticket(customer={"external_id": external_id})
    api.act(ticket, "close")
    assert external_id not in previewed(api)["transactions"]["examples"]
    # Of all that the installation knows by then: more than are shown.
    later = previewed(api, at="2031-01-01T00:00:00Z")["transactions"]
    assert later["people"] > previewed(api)["transactions"]["people"]


def test_whose_ticket_is_not_closed_stays(api, aged):
    customer, ticket = aged("open", status="open")
    shown = previewed(api)["transactions"]
    assert customer not in shown["examples"]
    assert shown["not_closed"] >= 1
    ran(api)
    assert name_of(api, ticket) != ERASED


def test_who_wrote_in_a_ticket_that_is_not_old_stays(api, aged, word):
    customer, ticket = aged("writer")
    other = api.open_ticket(customer={"external_id": f"{word}-other"})
    author = {"kind": "customer", "id": customer}
    api.act(other, "messages", author=author, body="I was there too.")
    assert customer not in previewed(api)["transactions"]["examples"]
    ran(api)
    assert name_of(api, ticket) != ERASED


def test_who_has_a_ticket_that_a_follower_could_not_digest_stays(
    api, aged, as_superuser
):
    customer, ticket = aged("parked")
    as_superuser(
        "INSERT INTO parked_streams (follower, stream_id, position, error)"
        " VALUES ('projector', %s, 1, 'unknown')",
        ticket["id"],
    )
    assert customer not in previewed(api)["transactions"]["examples"]
    as_superuser("DELETE FROM parked_streams WHERE stream_id = %s", ticket["id"])
    assert customer in previewed(api)["transactions"]["examples"]


def test_who_came_back_stays(api, aged):
    customer, ticket = aged("back")
    assert customer in previewed(api)["transactions"]["examples"]
    api.act(ticket, "reopen", reason="it is cold again")
    ran(api)
    assert name_of(api, ticket) != ERASED


def test_who_is_under_a_legal_hold_stays_and_the_preview_says_why(api, aged):
    customer, ticket = aged("held")
    reason = {"reason": "case 4711"}
    api.ok("PUT", f"/v1/subjects/{customer}/legal-hold", reason)
    shown = previewed(api)["transactions"]
    assert customer not in shown["examples"]
    holds = {one["external_id"]: one["hold"]["reason"] for one in shown["holds"]}
    assert holds[customer] == "case 4711"
    run = ran(api)
    assert run["held"] >= 1
    assert name_of(api, ticket) != ERASED


def test_the_erasure_names_the_run_and_who_asked_for_it(api, aged):
    customer, _ = aged("old")
    run = ran(api, reason="the year 2026")
    found = api.ok("GET", f"/v1/audit/events?object=subjects/{customer}")["items"]
    [erasure] = [event for event in found if event["type"] == "subject.erased"]
    assert erasure["data"]["reason"] == f"retention run {run['id']}: the year 2026"
    assert erasure["data"]["requested_by"] == run["requested_by"]
    assert erasure["channel"] == "retention"


def test_request_and_result_of_a_run_are_in_the_log(api, aged):
    aged("old")
    run = ran(api)
    path = f"/v1/audit/events?object=retention/{run['id']}&order=oldest"
    requested, applied = api.ok("GET", path)["items"]
    assert (requested["type"], applied["type"]) == (
        "retention.requested",
        "retention.applied",
    )
    assert requested["data"]["transactions"] == "P1095D"
    assert requested["data"]["logs"] is None
    assert applied["data"]["erased"] == run["erased"]
    told = api.ok("GET", f"/v1/events/{applied['position']}/explain")
    assert str(run["erased"]) in str(told)


# --- records of operation -------------------------------------------------------------


def test_old_records_of_operation_are_deleted_and_young_ones_stay(
    api, as_superuser, word
):
    old = datetime.now(UTC) - timedelta(days=200)
    for at in (old, datetime.now(UTC)):
        as_superuser(
            "INSERT INTO deliveries (subscription_id, position, event_type, attempt,"
            " state, duration_ms, attempted_at)"
            " SELECT %s, n, 'ticket.opened', 1, 'delivered', 1, %s"
            " FROM generate_series(1, 1500) AS numbers (n)",
            word,
            at,
        )
    body = {"transactions": "off", "logs": "P183D"}
    before = counts(api.ok("POST", PREVIEW, body)["logs"]["records"])
    assert before["deliveries"] == 1500
    run = ran(api, **body)
    assert counts(run["deleted"]) == before
    assert (run["erased"], run["transactions"]) == (0, None)
    left = as_superuser(
        "SELECT count(*), min(attempted_at) > %s FROM deliveries"
        " WHERE subscription_id = %s",
        old,
        word,
    )
    assert left == [(1500, True)]


def counts(records):
    return {record["name"]: record["count"] for record in records}


def test_old_bundles_of_exports_are_deleted(api, installation, as_superuser, word):
    folder = installation.data.path / "exports"
    folder.mkdir(exist_ok=True)
    bundle, young = folder / f"{word}.zip", folder / f"{word}-young.zip"
    for file in (bundle, young):
        file.touch()
    # Younger than the exporter keeps them; older than this run does.
    old = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(bundle, (old, old))
    as_superuser(
        "INSERT INTO export_progress (id, updated_at) VALUES (%s, to_timestamp(%s))",
        word,
        old,
    )
    run = ran(api, transactions="off", logs="P2D")
    deleted = counts(run["deleted"])
    assert (deleted["bundles"], deleted["export_progress"]) == (1, 1)
    assert (bundle.exists(), young.exists()) == (False, True)
    young.unlink()


# --- who asks, and how ----------------------------------------------------------------


def test_a_repeated_command_is_one_run(api):
    body = THREE_YEARS | {"reason": "yearly", "transactions": "P36525D"}
    headers = {"Idempotency-Key": "yearly-2026"}
    first = api.post(RUNS, json=body, headers=headers)
    again = api.post(RUNS, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["Location"] == f"{RUNS}/{first.json()['id']}"
    other = api.post(RUNS, json=body | {"reason": "r"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_runs_are_listed_the_newest_first_page_by_page(api):
    wanted = {"transactions": "P36525D"}
    ids = [ran(api, **wanted)["id"] for _ in range(2)]
    first = api.ok("GET", f"{RUNS}?limit=1")
    second = api.ok("GET", f"{RUNS}?limit=1&cursor={first['next_cursor']}")
    assert [first["items"][0]["id"], second["items"][0]["id"]] == ids[::-1]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (PREVIEW, {"transactions": "P3Y"}, "/transactions"),
        (PREVIEW, {"logs": "PT0S"}, "/logs"),
        (PREVIEW, {"at": "yesterday"}, "/at"),
        (PREVIEW, {"at": "0001-01-02T00:00:00Z"}, "/at"),
        (RUNS, {"logs": "P1D"}, "/reason"),
        (RUNS, {"transactions": "off", "logs": "off", "reason": "r"}, "/transactions"),
    ],
)
def test_what_is_wrong_is_named(api, path, body, pointer):
    refused = api.post(path, json=body)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_an_auditor_previews_and_does_not_run(installation, api, word):
    key = api.ok("POST", "/v1/keys", {"name": word, "role": "auditor"})["key"]
    with installation.client(key) as auditor:
        assert previewed(auditor)["logs"] is None
        refused = auditor.post(RUNS, json=THREE_YEARS | {"reason": "yearly"})
        assert refused.status_code == 403
        assert auditor.get(RUNS).is_success


def test_a_run_that_there_is_not_is_not_found(api):
    assert api.get(f"{RUNS}/nothing-such").status_code == 404
