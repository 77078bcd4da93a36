"""Ops see what a draft would have done to past tickets before they publish it, and
what is probably unintended in what they have published.
"""

import io
import json
from contextlib import redirect_stdout

import pytest

from infra.cli.simulate import simulate
from infra.process.failures import Failure
from tests.support.api_client import eventually


def policy(word, target):
    rule = {"when": {"type": word}, "targets": {"resolution": target}}
    return {"match": [rule], "escalation_policy": word}


@pytest.fixture
def solved(api, team, word):
    """A ticket that was solved in time, promised an hour by the policy `word`."""
    api.put("escalation-policies", word, {"steps": [{"targets": [{"team": team}]}]})
    api.put("sla-policies", word, policy(word, "PT1H"))
    ticket = api.open_ticket(type=word)
    api.act(ticket, "resolve", code="done")
    return ticket


def tried(api, draft, **wanted):
    """The job of a simulation when it is over."""
    job = api.ok("POST", "/v1/simulations", {"draft": draft, **wanted})
    path = f"/v1/simulations/{job['id']}"
    return eventually(lambda: over(api.ok("GET", path)))


def over(job):
    return job if job["state"] in ("done", "failed") else None


def test_a_tighter_draft_shows_the_verdict_that_would_change(api, solved, word, team):
    draft = {"sla-policies": {word: policy(word, "PT0.001S")}}
    job = tried(api, draft, tickets=[solved["id"]])
    assert (job["state"], job["done"], job["total"]) == ("done", 1, 1)
    [ticket] = job["result"]["tickets"]
    [clock] = ticket["clocks"]
    assert [
        clock[column]["verdict"] for column in ("actual", "published", "draft")
    ] == [
        "met",
        "met",
        "missed",
    ]
    assert [told["person"] for told in clock["draft"]["told"]] == [
        f"{team}-bo",
        f"{team}-chen",
    ]
    summary = job["result"]["summary"]
    assert (summary["verdicts_changed"], summary["people_told"]["more"]) == (1, 2)
    assert api.ok("GET", f"/v1/sla-policies/{word}")["version"] == 1, "nothing is kept"


def test_tickets_are_found_by_when_they_were_opened(api, solved):
    window = {"from": solved["created_at"], "to": "2199-01-01T00:00:00Z"}
    job = tried(api, {}, **window)
    assert job["total"] >= 1
    assert job["result"]["left_out"] == []
    before = {"from": "1970-01-01T00:00:00Z", "to": "1970-01-02T00:00:00Z"}
    assert tried(api, {}, **before)["total"] == 0


def test_what_is_no_ticket_is_refused_by_name(api, solved, team):
    asked = {"draft": {}, "tickets": [solved["id"], "nothing-such", f"teams/{team}"]}
    answer = api.post("/v1/simulations", json=asked)
    assert answer.status_code == 422
    assert {e["pointer"]: e["message"] for e in answer.json()["errors"]} == {
        "/tickets/1": "there is no ticket 'nothing-such'",
        "/tickets/2": f"there is no ticket 'teams/{team}'",
    }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (
            {"draft": {"sla-policies": {"p": {"match": []}}}},
            "/draft/sla-policies/p/match",
        ),
        (
            {"draft": {"teams": {"t": {"members": ["none"]}}}},
            "/draft/teams/t/members/0",
        ),
        (
            {"draft": {"calendars": {"c": {"tz": "Mars", "hours": {}}}}},
            "/draft/calendars/c/tz",
        ),
        ({"draft": {}, "from": "2026-01-01T00:00:00Z"}, "/tickets"),
    ],
    ids=repr,
)
def test_what_is_wrong_with_a_draft_is_named_where_it_stands(api, body, pointer):
    answer = api.post("/v1/simulations", json={"tickets": ["x"], **body})
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_what_came_to_nothing_since_is_listed_and_said_when_published(api, word):
    api.put("teams", word, {"members": []})
    steps = {"steps": [{"targets": [{"team": word}]}]}
    [said] = api.put("escalation-policies", word, steps)["warnings"]
    assert said["pointer"] == "/steps/0/targets/0/team"
    found = api.ok("GET", "/v1/config/warnings")["items"]
    mine = {(w["kind"], w["pointer"]) for w in found if w["name"] == word}
    assert mine == {
        ("teams", "/members"),
        ("escalation-policies", "/steps/0/targets/0/team"),
        ("escalation-policies", ""),
    }


def test_the_same_request_under_the_same_key_is_the_same_job(api, solved, word):
    body = {"draft": {}, "tickets": [solved["id"]]}
    headers = {"Idempotency-Key": word}
    first, again = [
        api.post("/v1/simulations", json=body, headers=headers) for _ in range(2)
    ]
    assert (again.json(), again.status_code) == (first.json(), 202)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api.post("/v1/simulations", json={**body, "tickets": []}, headers=headers)
    assert other.json()["code"] == "idempotency_key_reused"


def test_a_simulation_that_is_stopped_is_there_no_more(api, solved):
    job = api.ok("POST", "/v1/simulations", {"draft": {}, "tickets": [solved["id"]]})
    path = f"/v1/simulations/{job['id']}"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.fixture
def command(installation, tmp_path):
    """`pledge simulate` as a client of this installation."""

    def run(draft, *tickets, **options):
        file = tmp_path / "draft.json"
        file.write_text(json.dumps(draft))
        with redirect_stdout(io.StringIO()) as out:
            code = simulate(file, tickets, (None, None), as_json=True, **options)
        return code, json.loads(out.getvalue())

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLEDGE_URL", installation.http)
        environment.setenv("PLEDGE_ADMIN_KEY", installation.admin_key)
        yield run


def test_the_command_line_tries_a_bundle(command, solved, word):
    draft = {"sla-policies": {word: policy(word, "PT0.001S")}}
    code, job = command(draft, solved["id"])
    assert (code, job["result"]["summary"]["verdicts_changed"]) == (0, 1)


@pytest.mark.parametrize(("detailed", "code"), [(False, 2), (True, 1)])
def test_the_command_line_refuses_tickets_that_do_not_exist(command, detailed, code):
    with pytest.raises(Failure, match="nothing-such") as refused:
        command({}, "nothing-such", detailed_exitcode=detailed)
    assert refused.value.exit_code == code
