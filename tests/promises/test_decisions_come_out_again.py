"""Every recorded decision, made again, comes out as it was recorded; one that was
forged is named.
"""

from datetime import timedelta

import psycopg
import pytest

from domain.event import SYSTEM, Event, Meta
from domain.sla.facts import SlaMet
from infra.eventstore.codec import encode
from tests.promises.test_import_of_real_incidents import incidents_of, pledge
from tests.support.api_client import eventually, instant
from tests.support.files import EXCERPT

CHECK = "/v1/audit/replay-check"


@pytest.fixture
def auditor(api, installation, word):
    made = api.ok("POST", "/v1/keys", {"name": f"{word}-auditor", "role": "auditor"})
    with installation.client(made["key"]) as client:
        yield client


@pytest.fixture
def worked(api, word, team):
    """A ticket that was warned of, broken, escalated, offered, paid for and resolved,
    while its rules were edited.
    """
    api.put("authorities", word, {"refund": {"currency": "CNY", "amount": "10"}})
    api.put("agents", f"{team}-bo", {"name": "Bo", "role": word, "capacity": 50})
    assignment = {"mode": "offer", "strategy": "least_loaded", "offer_timeout": "PT10M"}
    members = [f"{team}-bo", f"{team}-chen"]
    api.put("teams", team, {"members": members, "assignment": assignment})
    steps = [
        {"after": "0s", "targets": [{"agent": f"{team}-bo"}, {"team": team}]},
        {"after": "1s", "reassign": {"team": team}},
    ]
    api.put("escalation-policies", word, {"steps": steps})
    rule = {"when": {"type": word}, "targets": {"resolution": "PT2S"}}
    policy = {"match": [rule], "escalation_policy": word, "warn_at": ["50%"]}
    api.put("sla-policies", word, policy | {"pauses": ["resolution"]})
    ticket = api.open_ticket(type=word)
    api.act(ticket, "assign", team=team)
    refund = {"kind": "refund", "reason": "r", "requested_by": f"{team}-bo"}
    api.act(ticket, "approvals", **refund, currency="CNY", amount="5")
    api.act(ticket, "approvals", **refund, currency="CNY", amount="500")
    api.await_event(ticket, "escalation.reassigned")
    api.act(ticket, "pause", reason="waiting")
    api.act(ticket, "resume")
    api.put("sla-policies", word, policy)
    api.act(ticket, "resolve")
    return ticket


def test_a_ticket_that_was_worked_on_comes_out_as_it_was(auditor, api, worked):
    found = auditor.get(CHECK, params={"ticket": worked["number"]}).json()
    types = set(api.types(worked))
    assert {"sla.warned", "sla.breached", "escalation.step_fired"} <= types
    assert {"assignment.offered", "approval.requested", "approval.granted"} <= types
    assert (found["tickets"], found["differences"], found["unread"]) == (1, [], [])
    assert found["decisions"] > 10


def test_a_forged_decision_is_named_with_what_comes_out(
    auditor, api, installation, word
):
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = api.open_ticket(type=word)
    last = api.history(ticket)[-1]
    at = instant(last["occurred_at"]) + timedelta(hours=2)
    meta = Meta(command_id="f", correlation_id="f", causation_id="f", actor=SYSTEM)
    hour = timedelta(hours=1)
    kept = SlaMet(metric="resolution", cycle=1, target=hour, elapsed=hour / 2)
    forged = Event(ticket["id"], last["version"] + 1, at, meta, kept)
    with psycopg.connect(installation.postgres.url()) as connection:
        connection.execute(
            "INSERT INTO stored_events"
            " (originator_id, originator_version, topic, state)"
            " VALUES (%s, %s, %s, %s)",
            (ticket["id"], last["version"] + 1, kept.topic, encode(forged)),
        )
    found = auditor.get(CHECK, params={"ticket": ticket["id"]}).json()
    assert [(d["what"], d["recorded"], d["made"]) for d in found["differences"]] == [
        ("verdict", "sla.met", "sla.missed"),
        ("elapsed", "PT30M", "PT2H"),
    ]
    [position] = {d["position"] for d in found["differences"]}
    event = api.history(ticket)[-1]
    assert (position, found["differences"][0]["version"]) == (
        event["position"],
        event["version"],
    )


def seen(auditor, query):
    answer = auditor.get(CHECK, params=query)
    return answer.json() if answer.is_success else None


def test_none_of_the_imported_incidents_comes_out_otherwise(
    auditor, installation, tmp_path, word
):
    [newest] = auditor.get("/v1/audit/events?limit=1").json()["items"]
    # As incidents of this test alone.
    mine = tmp_path / "mine.csv"
    mine.write_text(EXCERPT.read_text().replace("INC", word.replace("-", "x")))
    command = ("import", "incidents", str(mine), "--zone", "UTC", "--json")
    done = pledge(installation, *command)
    assert done.returncode == 0, done.stderr
    query, tickets = {"cursor": newest["position"], "limit": 100}, 0
    while query["cursor"] is not None:
        # After so much at once the index may still have to catch up.
        found = eventually(lambda: seen(auditor, query))  # noqa: B023 - at once
        tickets += found["tickets"]
        assert (found["differences"], found["unread"]) == ([], [])
        query = {"cursor": found["next_cursor"], "limit": 100}
    assert tickets >= len(incidents_of(EXCERPT))


def test_all_tickets_are_checked_page_by_page(auditor, api, word):
    ids = [api.open_ticket(type=word)["id"] for _ in range(3)]
    before = api.history(ids[0])[0]["position"] - 1
    seen = auditor.get(CHECK, params={"cursor": before, "limit": 2}).json()
    rest = auditor.get(CHECK, params={"cursor": seen["next_cursor"]}).json()
    assert (seen["tickets"], rest["tickets"] >= 1) == (2, True)
    assert rest["next_cursor"] is None


def test_a_ticket_that_does_not_exist_is_not_found(auditor):
    assert auditor.get(CHECK, params={"ticket": "no-such-ticket"}).status_code == 404


def test_an_operator_checks_a_ticket_from_the_command_line(installation, api, word):
    ticket = api.open_ticket(type=word)
    key = {"PLEDGE_URL": installation.http, "PLEDGE_KEY": installation.admin_key}
    done = pledge(installation, "replay-check", "--ticket", ticket["id"], **key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 decisions of 1 tickets were made again; 0 differences\n"
