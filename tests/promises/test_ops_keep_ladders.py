"""Escalation policies as ops write them: each form that is allowed, and what is wrong
with the others.
"""

import pytest

ON_TIME = {"after": "PT0S", "targets": [{"assignee": True}]}


@pytest.fixture
def kept(api, word):
    """The policy as it is kept, with these members beside its step."""

    def put(**members):
        return api.put("escalation-policies", word, {"steps": [ON_TIME], **members})

    return put


@pytest.fixture
def refused(api, word):
    """The errors of a policy with these steps, by pointer."""

    def put(*steps, **members):
        document = {"steps": list(steps), **members}
        answer = api.request("PUT", f"/v1/escalation-policies/{word}", json=document)
        assert answer.status_code == 422, answer.text
        return {e["pointer"]: e["message"] for e in answer.json()["errors"]}

    return put


@pytest.mark.parametrize("written", ["hold PT1H", {"hold": "PT1H"}])
def test_what_reaches_nobody_may_be_held(kept, written):
    assert kept(nobody=written)["document"]["nobody"] == "hold PT1H"


@pytest.mark.parametrize(
    "written",
    [
        "catch_all team: {team}",
        "catch_all team {team}",
        "catch_all {{team: {team}}}",
        {"catch_all": {"team": "{team}"}},
    ],
)
def test_what_reaches_nobody_may_go_to_a_catch_all(kept, team, written):
    if isinstance(written, str):
        nobody = written.format(team=team)
    else:
        nobody = {"catch_all": {"team": team}}
    kept_as = kept(nobody=nobody)["document"]["nobody"]
    assert kept_as == {"catch_all": {"team": team}}


def test_a_catch_all_in_words_may_be_the_assignee(kept):
    kept_as = kept(nobody="catch_all assignee: true")["document"]["nobody"]
    assert kept_as == {"catch_all": {"assignee": True}}


def test_a_catch_all_in_words_that_is_not_there_is_named(refused):
    errors = refused(ON_TIME, nobody="catch_all team: nothing-such")
    assert list(errors) == ["/nobody/catch_all/team"]


@pytest.mark.parametrize("field", ["depth", "up_to"])
def test_a_level_where_no_manager_is_meant_is_refused(refused, team, field):
    target = {"team": team, field: 2}
    errors = refused({"after": "PT0S", "targets": [target]})
    assert errors == {"/steps/0/targets/0": f"`{field}` is for `manager_of` only"}


def test_one_manager_and_all_of_them_are_not_asked_for_together(refused):
    target = {"manager_of": "assignee", "depth": 2, "up_to": 2}
    errors = refused({"after": "PT0S", "targets": [target]})
    message = "`depth` and `up_to` exclude each other"
    assert errors == {"/steps/0/targets/0": message}


def test_a_whole_chain_of_managers_may_be_told(api, word):
    target = {"manager_of": "assignee", "up_to": 2}
    step = {"after": "PT0S", "targets": [target]}
    kept = api.put("escalation-policies", word, {"steps": [step]})
    assert kept["document"]["steps"][0]["targets"] == [target]


def test_a_field_of_two_forms_is_named_once(api, word):
    document = {"steps": [{**ON_TIME, "after": 10}]}
    answer = api.request("PUT", f"/v1/escalation-policies/{word}", json=document)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/steps/0/after"]
