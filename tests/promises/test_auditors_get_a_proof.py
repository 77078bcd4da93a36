"""For an auditor who trusts nobody: an export is asked for, verified with the file that
is in it, and shows what the history shows.
"""

import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest

from tests.support.api_client import Api, eventually
from tests.support.files import ROOT

EXPORTS = "/v1/audit/exports"


@pytest.fixture(scope="module")
def auditor(installation):
    """With a key of that role."""
    with installation.client() as admin:
        made = admin.ok("POST", "/v1/keys", {"name": "an-auditor", "role": "auditor"})
    with Api(installation.http, made["key"]) as client:
        yield client


def exported(client, **wanted):
    job = client.ok("POST", EXPORTS, wanted)
    path = f"{EXPORTS}/{job['id']}"
    job = eventually(lambda: over(client.ok("GET", path)))
    assert job["state"] == "done", job
    return job


def over(job):
    return job if job["state"] in ("done", "failed") else None


def bundle_of(client, job, folder):
    """Unpacked; and as an auditor unpacks it."""
    answer = client.get(f"{EXPORTS}/{job['id']}/bundle")
    assert answer.is_success, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert len(answer.content) == job["bytes"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        packed.extractall(folder)
    return folder


def verdict(folder, *options):
    """By the program in the bundle."""
    done = subprocess.run(
        [sys.executable, "-I", folder / "verify.py", folder, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def lines_of(folder, name):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.fixture
def ticket(api, team, word):
    """With a life, under policies."""
    rule = {"when": {"type": word}, "targets": {"resolution": "PT4H"}}
    api.put("escalation-policies", word, {"steps": [{"targets": [{"team": team}]}]})
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    made = api.open_ticket(type=word, subject="=cmd|' /C calc'!A0")
    api.answer_customer(made)
    api.act(made, "assign", team=team)
    api.act(made, "resolve", code="done")
    return made


def test_a_ticket_is_exported_and_intact(api, ticket, tmp_path):
    job = exported(api, tickets=[ticket["id"]])
    folder = bundle_of(api, job, tmp_path)
    code, out = verdict(folder)
    history = api.history(ticket)
    assert code == 0, out
    expected = f"intact: {len(history)} events, none missing, in a log of {job['size']}"
    assert out.splitlines()[0] == expected
    assert job["events"] == len(history)


def test_it_shows_what_the_history_shows_without_the_personal_fields(
    api, ticket, tmp_path
):
    folder = bundle_of(api, exported(api, tickets=[ticket["id"]]), tmp_path)
    found = [line["event"] for line in lines_of(folder, "events.jsonl")]
    history = api.history(ticket)
    assert [e["type"] for e in found] == [e["type"] for e in history]
    opened, as_shown = found[0], history[0]
    assert opened["data"]["subject"] == "[masked]"
    assert {**opened, "data": None} == {**as_shown, "data": None}
    assert ticket["subject"] not in (folder / "events.csv").read_text()


def test_personal_fields_are_opened_one_by_one(api, ticket, tmp_path):
    job = exported(api, tickets=[ticket["id"]], personal="clear")
    folder = bundle_of(api, job, tmp_path)
    code, out = verdict(folder)
    assert code == 0, out
    assert "personal fields opened and in agreement" in out
    opened = lines_of(folder, "events.jsonl")[0]
    assert opened["event"]["data"]["subject"] == ticket["subject"]
    assert "/subject" in [one["path"] for one in opened["disclosures"]]


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(api, ticket, tmp_path):
    folder = bundle_of(api, exported(api, tickets=[ticket["id"]]), tmp_path)
    raw = (folder / "events.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["type"] for row in rows] == api.types(ticket)
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)


def test_the_documents_of_the_policies_are_in_it(api, ticket, word, tmp_path):
    folder = bundle_of(api, exported(api, tickets=[ticket["id"]]), tmp_path)
    policy = json.loads((folder / f"policies/sla-policies/{word}-1.json").read_text())
    assert policy["match"][0]["targets"]["resolution"] == "PT4H"


def test_a_period_is_exported_over_all_streams(api, ticket, team, tmp_path):
    first, last = api.history(ticket)[0], api.history(ticket)[-1]
    api.put("teams", team, {"members": [f"{team}-bo"]})
    end = api.ok("GET", "/v1/events?after=0&limit=1")["items"][0]["data"]["recorded_at"]
    job = exported(api, **{"from": end, "to": "2199-01-01T00:00:00Z"})
    folder = bundle_of(api, job, tmp_path)
    code, out = verdict(folder)
    assert code == 0, out
    positions = [line["position"] for line in lines_of(folder, "events.jsonl")]
    assert {first["position"], last["position"]} <= {*positions}
    assert any("/" in line["stream"] for line in lines_of(folder, "events.jsonl"))


def test_who_pins_the_key_and_kept_a_checkpoint_is_answered_the_same(
    api, ticket, tmp_path
):
    kept = tmp_path / "kept.txt"
    kept.write_text(api.get("/v1/audit/checkpoint").text)
    key = api.ok("GET", "/v1/audit/keys")["log_key"]
    folder = bundle_of(api, exported(api, tickets=[ticket["id"]]), tmp_path / "bundle")
    code, out = verdict(folder, "--log-key", key, "--known", kept)
    assert code == 0, out
    assert "from the bundle itself" not in out


def test_an_export_is_on_record(api, ticket):
    job = exported(api, tickets=[ticket["id"]])
    found = api.ok("GET", f"/v1/audit/events?object=exports/{job['id']}")["items"]
    assert {event["type"] for event in found} == {
        "export.requested",
        "export.completed",
    }


def test_the_auditor_says_why_personal_fields_are_revealed(auditor, ticket):
    wanted = {"tickets": [ticket["id"]], "personal": "clear"}
    refused = auditor.post(EXPORTS, json=wanted)
    assert refused.status_code == 422
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/reason"]
    job = exported(auditor, **wanted, reason="case 7")
    found = auditor.ok("GET", f"/v1/audit/events?object=exports/{job['id']}")["items"]
    [revealed] = [e for e in found if e["type"] == "personal.revealed"]
    assert revealed["data"] == {"ticket_id": ticket["id"], "reason": "case 7"}


def test_what_one_auditor_had_revealed_is_not_for_another(
    api, auditor, installation, ticket
):
    wanted = {"tickets": [ticket["id"]], "personal": "clear", "reason": "case 8"}
    job = exported(auditor, **wanted)
    made = api.ok("POST", "/v1/keys", {"name": "another-auditor", "role": "auditor"})
    path = f"{EXPORTS}/{job['id']}/bundle"
    with Api(installation.http, made["key"]) as other:
        assert other.get(path).status_code == 403
    assert auditor.get(path).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/tickets"]),
        ({"tickets": []}, ["/tickets"]),
        ({"tickets": ["nothing-such"]}, ["/tickets/0"]),
        ({"from": "2026-11-01T00:00:00Z"}, ["/to"]),
        ({"to": "2026-11-01T00:00:00Z"}, ["/from"]),
        ({"from": "2026-11-02T00:00:00Z", "to": "2026-11-02T00:00:00Z"}, ["/to"]),
        ({"tickets": ["t"], "from": "2026-11-02T00:00:00Z"}, ["/from"]),
        ({"tickets": ["t", "t"]}, ["/tickets/1"]),
        ({"tickets": ["t"], "personal": "open"}, ["/personal"]),
        ({"tickets": "t"}, ["/tickets"]),
    ],
)
def test_bad_input_is_refused_by_name(api, body, pointers):
    answer = api.post(EXPORTS, json=body)
    assert answer.status_code == 422, answer.text
    assert [e["pointer"] for e in answer.json()["errors"]] == pointers


def test_the_same_command_is_one_export(api, ticket):
    body, headers = {"tickets": [ticket["id"]]}, {"Idempotency-Key": ticket["id"]}
    first = api.post(EXPORTS, json=body, headers=headers)
    again = api.post(EXPORTS, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Location"] == f"{EXPORTS}/{first.json()['id']}"
    other = api.post(EXPORTS, json=body | {"personal": "clear"}, headers=headers)
    assert other.status_code == 422


def test_there_is_no_bundle_of_what_was_never_exported(api):
    assert api.get(f"{EXPORTS}/nothing-such").status_code == 404
    assert api.get(f"{EXPORTS}/nothing-such/bundle").status_code == 404


def test_the_page_that_verifies_is_for_everybody(installation):
    with Api(installation.http, "") as nobody:
        answer = nobody.get("/v1/audit/verifier")
    assert answer.status_code == 200
    assert "script-src 'sha256-" in answer.headers["Content-Security-Policy"]


def pledge(installation, *arguments):
    """The command line, as its operator uses it."""
    done = subprocess.run(
        [sys.executable, "-m", "infra", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=installation.environment,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_database_is_verified_while_it_runs(api, ticket, installation, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text(api.get("/v1/audit/checkpoint").text)
    code, out, _ = pledge(installation, "verify", "--live", "--known", kept, "--json")
    found = json.loads(out)
    assert (code, found["kind"], found["exit_code"]) == (0, "intact", 0)
    last = api.history(ticket)[-1]["position"]
    assert found["size"] + found["unsealed"] >= len(api.history(ticket))
    assert found["checkpoints"] > 1
    assert last > 0


def test_the_command_line_verifies_bundles_too(api, ticket, installation, tmp_path):
    folder = bundle_of(api, exported(api, tickets=[ticket["id"]]), tmp_path)
    code, out, _ = pledge(installation, "verify", folder)
    assert code == 0
    assert out == verdict(folder)[1]
    (folder / "events.jsonl").write_text("")
    code, out, _ = pledge(installation, "verify", folder, "--json")
    found = json.loads(out)
    assert (code, found["kind"], found["exit_code"]) == (3, "missing", 3)
    assert found["message"] == verdict(folder)[1].strip()


@pytest.mark.parametrize(
    "arguments", [(), ("--live", "x"), ("--no-such",), ("nowhere.zip",)]
)
def test_wrong_usage_is_no_verdict(installation, arguments):
    code, out, err = pledge(installation, "verify", *arguments)
    assert code == 1
    assert "Traceback" not in out + err


def test_a_database_that_is_away_is_no_verdict(installation):
    environment = {"PLEDGE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-m", "infra", "verify", "--live"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=installation.environment | environment,
    )
    assert done.returncode == 1, done
    assert "cannot be reached" in done.stderr
