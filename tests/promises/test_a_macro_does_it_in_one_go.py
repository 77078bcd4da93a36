"""Ops write a macro once; people run it on a ticket, and steps of a ladder do."""

import pytest


@pytest.fixture
def macro(api, team, word):
    document = {
        "set": {"priority": "high"},
        "add_tags": ["late"],
        "message": {
            "body": "#{{number}} is on its way.",
            "visibility": "public",
        },
        "assign": {"team": team, "agent": f"{team}-bo"},
        "status": {"to": "on_hold", "reason": "waits for the vendor", "lasts": "PT4H"},
    }
    api.put("macros", word, document)
    return word


def test_one_call_does_all_of_it_and_the_history_names_the_macro(api, team, macro):
    ticket = api.open_ticket()
    done = api.act(ticket, f"macros/{macro}", agent=f"{team}-chen")
    assert (done["status"], done["priority"], done["tags"]) == (
        "on_hold",
        "high",
        ["late"],
    )
    assert done["assignee"] == f"{team}-bo"
    events = {event["type"]: event for event in api.history(ticket)}
    said = events["ticket.message_added"]
    assert said["data"]["body"] == f"#{ticket['number']} is on its way."
    assert said["actor"]["on_behalf_of"] == f"{team}-chen"
    assert said["policy"]["name"] == events["ticket.macro_run"]["policy"]["name"]
    cause = f"{ticket['id']}/{events['ticket.macro_run']['version']}"
    assert events["ticket.paused"]["causation_id"] == cause


def test_a_step_runs_it_and_turns_the_status(api, macro, word):
    steps = [{"after": "PT0S", "macros": [macro], "status": "resolved"}]
    api.put("escalation-policies", word, {"steps": steps})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    resolved = api.await_event(ticket, "ticket.resolved")
    assert (resolved["actor"]["id"], resolved["policy"]["name"]) == ("pledge", word)
    assert api.read(ticket)["tags"] == ["late"]
    assert api.types(ticket)[-1] == "escalation.ended"


def test_a_macro_that_a_ladder_runs_cannot_be_retired(api, macro, word):
    steps = [{"after": "PT0S", "macros": [macro]}]
    api.put("escalation-policies", word, {"steps": steps})
    answer = api.delete(f"/v1/macros/{macro}")
    assert answer.status_code == 409
    named = f"escalation policy {word} names it at /steps/0/macros/0"
    assert named in answer.json()["detail"]


def test_a_macro_that_is_not_there_is_not_found(api):
    answer = api.post(f"/v1/tickets/{api.open_ticket()['id']}/macros/none", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_is_wrong_in_a_macro_is_named_by_its_place(api, word):
    document = {"message": {"body": "Dear {{name}}"}, "assign": {"team": "none"}}
    answer = api.request("PUT", f"/v1/macros/{word}", json=document)
    assert answer.status_code == 422
    found = {error["pointer"] for error in answer.json()["errors"]}
    assert found == {"/message/body", "/assign/team"}
