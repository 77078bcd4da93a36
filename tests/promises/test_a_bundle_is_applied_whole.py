"""Ops keep their configuration in files: planned, then applied all or none."""

import json
import os
import subprocess

import pytest
import yaml

PLAN, APPLY = "/v1/config/plan", "/v1/config/apply"


@pytest.fixture
def bundle(word):
    """A team whose people name each other, and a ladder that names the team."""
    clerk, boss = f"{word}-a", f"{word}-b"
    rule = {"when": {"type": word}, "targets": {"first_response": "PT15M"}}
    return {
        "sla-policies": {word: {"match": [rule], "escalation_policy": word}},
        "escalation-policies": {word: {"steps": [{"targets": [{"team": word}]}]}},
        "teams": {word: {"members": [clerk, boss], "lead": boss}},
        "agents": {clerk: {"name": "A", "manager": boss}, boss: {"name": "B"}},
    }


def names(answer):
    return [(c["kind"], c["name"], c["action"]) for c in answer["changes"]]


def test_a_plan_tells_what_would_change_and_changes_nothing(api, bundle, word):
    answer = api.ok("POST", PLAN, bundle)
    assert names(answer) == [
        ("agents", f"{word}-a", "create"),
        ("agents", f"{word}-b", "create"),
        ("teams", word, "create"),
        ("escalation-policies", word, "create"),
        ("sla-policies", word, "create"),
    ]
    assert api.get(f"/v1/teams/{word}").status_code == 404


def test_what_was_applied_is_in_force_at_once(api, bundle, word):
    assert len(api.ok("POST", APPLY, bundle)["changes"]) == 5
    ticket = api.open_ticket(type=word)
    assert ticket["clocks"][0]["policy"]["name"] == word
    assert api.ok("POST", PLAN, bundle) == {"changes": []}


def test_one_fault_and_nothing_is_published(api, bundle, word):
    bundle["teams"][word]["members"].append("nobody-there")
    answer = api.post(APPLY, json=bundle)
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == f"/teams/{word}/members/2"
    assert api.get(f"/v1/agents/{word}-b").status_code == 404


def test_a_change_is_shown_field_by_field(api, bundle, word):
    api.ok("POST", APPLY, bundle)
    bundle["escalation-policies"][word]["steps"][0]["after"] = "PT5M"
    [change] = api.ok("POST", PLAN, bundle)["changes"]
    assert (change["action"], change["version"]) == ("replace", 2)
    assert change["differences"] == [
        {
            "op": "replace",
            "pointer": "/steps/0/after",
            "before": "PT0S",
            "after": "PT5M",
        }
    ]


def test_exactly_what_was_planned_is_applied_or_nothing(api, bundle, word):
    revision = api.post(PLAN, json=bundle).headers["ETag"]
    api.put("agents", f"{word}-c", {"name": "C"})
    answer = api.post(APPLY, json=bundle, headers={"If-Match": revision})
    assert answer.status_code == 412
    assert api.get(f"/v1/teams/{word}").status_code == 404
    revision = api.post(PLAN, json=bundle).headers["ETag"]
    answer = api.post(APPLY, json=bundle, headers={"If-Match": revision})
    assert answer.status_code == 200


def test_the_same_request_again_gets_the_same_answer(api, bundle, word):
    headers = {"Idempotency-Key": f"apply-{word}"}
    first = api.post(APPLY, json=bundle, headers=headers)
    api.put("agents", f"{word}-b", {"name": "Renamed"})
    again = api.post(APPLY, json=bundle, headers=headers)
    assert again.json() == first.json()
    assert again.headers["Pledge-Position"] == first.headers["Pledge-Position"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_was_retired_comes_back_with_the_next_version(api, bundle, word):
    api.ok("POST", APPLY, bundle)
    api.ok("DELETE", f"/v1/sla-policies/{word}")
    [change] = api.ok("POST", APPLY, bundle)["changes"]
    assert (change["name"], change["action"], change["version"]) == (word, "restore", 2)


def test_yaml_is_read_as_it_is(api, bundle):
    answer = api.post(
        PLAN,
        content=yaml.safe_dump(bundle).encode(),
        headers={"Content-Type": "application/yaml"},
    )
    assert answer.status_code == 200
    assert len(answer.json()["changes"]) == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a: [1", "not well-formed YAML"),
        (b"a: &x [*x]", "*x stands in what it names"),
        (b"\xff\xfe\xfa", "not well-formed YAML"),
        (b"[" * 50_000, "nested deeper"),
        (b"- " * 50_000, "nested deeper"),
        (b"{a: " * 50_000, "nested deeper"),
        (b"a: !!binary aGk=", "the tag !!binary is not read"),
        (b"a: .nan", "not JSON"),
    ],
)
def test_yaml_that_cannot_be_read_is_refused_in_words(api, text, words):
    answer = api.post(PLAN, content=text, headers={"Content-Type": "application/yaml"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_yaml")
    assert words in answer.json()["detail"]


YAML = {"Content-Type": "application/yaml"}


def test_field_010_a_country_is_not_taken_for_false(api):
    content = b"agents:\n  no: {name: No One}\n"
    [change] = api.post(PLAN, content=content, headers=YAML).json()["changes"]
    assert (change["kind"], change["name"]) == ("agents", "no")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"teams:\n  night: {members: []}\n  night: {members: []}\n",
         "application/yaml"),
        (b'{"teams": {"night": {"members": []}, "night": {"members": []}}}',
         "application/json"),
    ],
)  # fmt: skip
def test_field_011_a_document_that_stands_twice_is_refused_and_none_is_lost(
    api, content, media_type
):
    answer = api.post(PLAN, content=content, headers={"Content-Type": media_type})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/teams/night", "duplicate")


def test_names_in_yaml_are_text_as_in_json(api, word):
    text = f"macros: {{{word}: {{set: {{attributes: {{1: x}}}}}}}}"
    answer = api.post(APPLY, content=text, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 200
    document = api.ok("GET", f"/v1/macros/{word}")["document"]
    assert document["set"]["attributes"] == {"1": "x"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"teams": {"Not a name": {}}}, "/teams/Not a name"),
        ({"agents": {"a": {"name": "A", "nickname": "x"}}}, "/agents/a/nickname"),
        ({"products": {}}, "/products"),
        (
            {"macros": {"m": {"set": {"attributes": {"a": [2**70]}}}}},
            "/macros/m/set/attributes/a/0",
        ),
    ],
)
def test_what_is_no_bundle_is_refused_by_name(api, body, pointer):
    answer = api.post(PLAN, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_the_command_line_shows_it_and_does_it(
    installation, api, bundle, word, tmp_path
):
    file = tmp_path / "bundle.yaml"
    file.write_text(yaml.safe_dump(bundle))

    def pledge(*words):
        command = installation.cli("config", *words, str(file))
        environment = {**os.environ, **command.env, "PLEDGE_URL": installation.http}
        return subprocess.run(
            command.argv,
            cwd=command.cwd,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert f"teams/{word}: new, version 1\n" in pledge("plan")
    assert api.get(f"/v1/teams/{word}").status_code == 404
    assert len(json.loads(pledge("apply", "--json"))["changes"]) == 5
    assert pledge("apply") == "no changes\n"
