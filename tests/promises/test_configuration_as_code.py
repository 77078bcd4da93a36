"""What is published is what the file says, and a script can tell whether it is."""

import json
import subprocess
import sys

import pytest
import yaml

from api.configuration.routes import SCHEMAS
from tests.support.files import ROOT

YAML = {"Accept": "application/yaml"}


def pledge(installation, *words):
    command = installation.cli("config", *words)
    environment = {**command.env, "PLEDGE_URL": installation.http}
    return subprocess.run(
        command.argv, env=environment, cwd=ROOT, capture_output=True, check=False
    )


def plan(installation, file):
    return pledge(installation, "plan", str(file), "--detailed-exitcode")


@pytest.fixture
def everything(api, word):
    """One document of each kind, under a Chinese name, in words of several scripts."""
    name = f"售后-{word}"
    turns = {"start": "2026-01-05T09:00", "unit": "week", "people": [name]}
    layer = {"name": "夜班", "rotation": turns}
    hours = {"mon": [["09:00", "18:00"]]}
    rule = {"when": {"type": name}, "targets": {"first_response": "PT15M"}}
    step = {"targets": [{"team": name}, {"on_call": name}], "macros": [name]}
    reply = '您好 😀,\n\nwir melden uns: "no" — 1e3\n'
    policy = {"match": [rule], "calendar": name, "escalation_policy": name}
    bundle = {
        "calendars": {name: {"tz": "Asia/Shanghai", "hours": hours}},
        "authorities": {name: {"refund": {"currency": "CNY", "amount": "500"}}},
        "agents": {name: {"name": "李雷", "role": name, "skills": {"德语": 2}}},
        "schedules": {name: {"tz": "UTC", "layers": [layer]}},
        "teams": {name: {"members": [name], "lead": name, "calendar": name}},
        "macros": {name: {"message": {"body": reply}, "add_tags": ["回访"]}},
        "escalation-policies": {name: {"steps": [step]}},
        "sla-policies": {name: policy},
    }  # fmt: skip
    assert set(bundle) == set(SCHEMAS)
    api.ok("POST", "/v1/config/apply", bundle)
    return name


def test_the_defaults_differ_in_nothing_from_what_is_published(installation):
    done = plan(installation, ROOT / "infra" / "defaults.yaml")
    assert (done.returncode, done.stdout) == (0, b"no changes\n"), done.stderr


def test_a_file_that_differs_ends_the_plan_with_two(installation, word, tmp_path):
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"teams": {word: {"members": []}}}))
    assert plan(installation, file).returncode == 2


# --- export ---------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, YAML])
def test_what_is_exported_differs_in_nothing_from_what_is_in_force(
    api, everything, headers
):
    answer = api.get("/v1/config", headers=headers)
    assert everything in answer.text
    content = {"Content-Type": answer.headers["Content-Type"]}
    planned = api.post("/v1/config/plan", content=answer.content, headers=content)
    assert (planned.status_code, planned.json()) == (200, {"changes": []})
    assert planned.headers["ETag"] == answer.headers["ETag"]


def test_only_the_kinds_that_are_asked_for_are_exported(api, everything):
    found = api.ok("GET", "/v1/config?kind=teams,macros")
    assert set(found) == {"teams", "macros"}
    assert everything in found["teams"]


def test_a_kind_that_there_is_not_is_refused_with_the_nearest(api):
    answer = api.get("/v1/config?kind=team")
    assert answer.status_code == 422
    assert "teams" in answer.json()["detail"]


def test_the_command_line_exports_what_people_can_read(installation, everything):
    done = pledge(installation, "export", "--kind", "macros", "--kind", "agents")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    found = yaml.safe_load(text)
    assert set(found) == {"macros", "agents"}
    assert f"  {everything}:\n    name: 李雷\n" in text
    assert "您好 😀,\n" in text


def test_what_the_command_line_exports_it_plans_without_a_change(
    installation, everything, tmp_path
):
    for name, options in (("a.yaml", ()), ("a.json", ("--json",))):
        file = tmp_path / name
        file.write_bytes(pledge(installation, "export", *options).stdout)
        assert everything in file.read_text()
        done = plan(installation, file)
        assert (done.returncode, done.stdout) == (0, b"no changes\n"), done.stderr


# --- what is retired ------------------------------------------------------------------


@pytest.fixture
def retired(api, word):
    """The address of a team that is retired; it named an agent."""
    api.put("agents", word, {"name": "A"})
    api.put("teams", word, {"members": [word]})
    api.ok("DELETE", f"/v1/teams/{word}")
    return f"/v1/teams/{word}"


@pytest.mark.usefixtures("retired")
def test_what_is_retired_is_listed_apart(api, word):
    def names(query):
        return [t["name"] for t in api.ok("GET", f"/v1/teams?{query}")["items"]]

    assert word not in names("")
    assert word in names("retired=true")
    [found] = [
        team
        for team in api.ok("GET", "/v1/teams?retired=true")["items"]
        if team["name"] == word
    ]
    assert (found["retired"], found["retired_by"]) == (True, "admin")
    assert found["retired_at"]


def test_what_is_retired_says_since_when_by_whom_and_how_it_comes_back(api, retired):
    answer = api.get(retired)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    said = answer.json()["detail"]
    assert "was retired at 20" in said
    assert "by admin" in said
    assert f"POST {retired}/restore brings it back" in said


def test_what_is_restored_is_in_force_by_the_next_version(api, retired, word):
    answer = api.post(f"{retired}/restore")
    assert answer.status_code == 200
    found = api.ok("GET", retired)
    assert answer.json() == found
    assert (found["version"], found["retired"], found["retired_at"]) == (2, False, None)
    assert found["document"]["members"] == [word]


def test_what_is_in_force_or_never_was_is_not_restored(api, retired):
    api.ok("POST", f"{retired}/restore")
    again = api.post(f"{retired}/restore")
    assert again.status_code == 409
    assert "in force" in again.json()["detail"]
    assert api.post(f"{retired}-never/restore").status_code == 404


def test_the_same_restoring_again_gets_the_same_answer(api, retired):
    key = {"Idempotency_Key": f"restore-{retired[-12:]}"}
    first = api.ok("POST", f"{retired}/restore", **key)
    assert api.ok("POST", f"{retired}/restore", **key) == first


def test_nothing_is_restored_that_names_what_is_gone(api, retired, word):
    api.ok("DELETE", f"/v1/agents/{word}")
    answer = api.post(f"{retired}/restore")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/members/0"
    api.ok("POST", f"/v1/agents/{word}/restore")
    assert api.post(f"{retired}/restore").status_code == 200


# --- prune ----------------------------------------------------------------------------


@pytest.fixture
def surplus(api, word):
    """A bundle of the macros that there are, beside which there is one more now."""
    bundle = api.ok("GET", "/v1/config?kind=macros")
    bundle["macros"].pop(word, None)
    api.put("macros", word, {"add_tags": ["late"]})
    return bundle


def test_without_the_flag_nothing_is_retired(api, surplus):
    assert api.ok("POST", "/v1/config/plan", surplus) == {"changes": []}


def test_what_the_file_does_not_name_is_retired_and_the_plan_says_so_first(
    api, surplus, word
):
    planned = api.ok("POST", "/v1/config/plan?prune=true", surplus)
    [change] = planned["changes"]
    assert (change["name"], change["action"], change["version"]) == (word, "retire", 1)
    assert api.get(f"/v1/macros/{word}").status_code == 200
    assert api.ok("POST", "/v1/config/apply?prune=true", surplus) == planned
    assert api.get(f"/v1/macros/{word}").status_code == 404


def test_the_same_pruning_again_gets_the_same_answer(api, surplus, word):
    key = {"Idempotency_Key": f"prune-{word}"}
    first = api.ok("POST", "/v1/config/apply?prune=true", surplus, **key)
    assert len(first["changes"]) == 1
    assert api.ok("POST", "/v1/config/apply?prune=true", surplus, **key) == first


def test_what_something_that_stays_names_is_refused_by_name_and_nothing_applied(
    api, surplus, word
):
    step = {"targets": [{"assignee": True}], "macros": [word]}
    api.put("escalation-policies", word, {"steps": [step]})
    surplus["macros"][f"{word}-new"] = {"add_tags": ["new"]}
    for what in ("plan", "apply"):
        answer = api.post(f"/v1/config/{what}?prune=true", json=surplus)
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")
        assert f"escalation policy {word} names it" in answer.json()["detail"]
    assert api.get(f"/v1/macros/{word}-new").status_code == 404


def test_the_command_line_prunes_what_the_file_does_not_name(
    installation, api, surplus, word, tmp_path
):
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(surplus))
    done = pledge(installation, "apply", str(file), "--prune")
    assert done.stdout.decode() == f"macros/{word}: retired, version 1\n"
    assert api.get(f"/v1/macros/{word}").status_code == 404


# --- validate -------------------------------------------------------------------------


def validate(file, text):
    file.write_text(text)
    argv = [sys.executable, "-m", "infra", "config", "validate", str(file)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, check=False, text=True)
    return done.returncode, done.stdout.replace(f"{file}:", "").splitlines(), done


def test_a_file_is_checked_without_a_server_and_each_fault_has_its_line(tmp_path):
    text = """
agents:
  李雷: {name: Li, time_zone: Nowhere, nickname: x}
teams:
  售后:
    members: [李雷]
    assignment: {mode: ofer}
"""
    code, lines, done = validate(tmp_path / "a.yaml", text)
    assert code == 1, done
    assert [line.split(": ")[0:2] for line in lines] == [
        ["3", "/agents/李雷/nickname"],
        ["7", "/teams/售后/assignment/mode"],
    ]
    text = text.replace(", nickname: x", "").replace("ofer", "offer")
    code, lines, done = validate(tmp_path / "a.yaml", text)
    assert code == 1, done
    assert [line.split(": ")[0:2] for line in lines] == [
        ["3", "/agents/李雷/time_zone"]
    ]


def test_names_that_the_file_does_not_hold_are_no_faults_and_it_says_which(tmp_path):
    text = "teams: {售后: {members: [ann, bo]}}\nagents: {bo: {name: Bo}}\n"
    code, lines, done = validate(tmp_path / "a.yaml", text)
    assert code == 0, done
    assert lines == [
        "1: /teams/售后/members/0: the agent 'ann' is not in this file",
        "valid, but 1 name is not checked",
    ]


def test_a_file_that_is_whole_is_valid(tmp_path):
    text = (ROOT / "infra" / "defaults.yaml").read_text()
    code, lines, done = validate(tmp_path / "a.yaml", text)
    assert (code, lines[-1]) == (0, "valid"), done
