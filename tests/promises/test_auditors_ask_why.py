"""Why an event is in the log, in sentences: what was decided, and what led to it."""

import pytest


@pytest.fixture
def auditor(api, installation, word):
    made = api.ok("POST", "/v1/keys", {"name": f"{word}-auditor", "role": "auditor"})
    with installation.client(made["key"]) as client:
        yield client


@pytest.fixture
def broken(api, word, team):
    """A promise was broken, and its escalation chose Bo."""
    step = {"after": "0s", "targets": [{"agent": f"{team}-bo"}]}
    api.put("escalation-policies", word, {"steps": [step]})
    rules = [
        {
            "when": {"type": word, "tier": "gold"},
            "targets": {"resolution": "PT8H"},
        },
        {"when": {"type": word}, "targets": {"resolution": "PT1S"}},
    ]
    api.put("sla-policies", word, {"match": rules, "escalation_policy": word})
    body = {"subject": "Geheim", "body": "b", "channel": "web", "type": word,
            "customer": {"external_id": "c"}}  # fmt: skip
    headers = {"X-Request-Id": f"req-{word}"}
    ticket = api.post("/v1/tickets", json=body, headers=headers).json()
    api.await_event(ticket, "escalation.step_fired")
    return ticket


def explained(client, api, ticket, type_, **query):
    event = next(e for e in api.history(ticket) if e["type"] == type_)
    path = f"/v1/events/{event['position']}/explain"
    answer = client.get(path, params=query)
    assert answer.is_success, answer.text
    return event, answer.json()


def test_a_decision_shows_its_inputs_and_what_each_rule_said(
    auditor, api, broken, word
):
    event, found = explained(auditor, api, broken, "sla.matched")
    assert found["event"] == event | {"stream": broken["id"], "unreadable": None}
    mine = [r for r in found["decision"]["rules"] if r["policy"]["name"] == word]
    assert [rule["matched"] for rule in mine] == [False, True]
    assert (mine[0]["field"], mine[0]["value"], mine[0]["wanted"]) == (
        "tier",
        "standard",
        "gold",
    )
    policy = api.get(f"/v1/sla-policies/{word}").json()
    assert mine[0]["policy"]["sha256"] == policy["sha256"]
    assert found["decision"]["inputs"]["type"] == word


def test_where_nothing_is_promised_it_says_why_not(auditor, api, word):
    ticket = api.open_ticket(type=f"{word}-none")
    _, found = explained(auditor, api, ticket, "sla.not_matched")
    rules = found["decision"]["rules"]
    assert rules
    assert all("said no" in rule["says"] for rule in rules)


def test_the_chain_of_causes_goes_back_to_the_request(auditor, api, broken, word):
    event, found = explained(auditor, api, broken, "sla.attached")
    links = [(link["type"], link["position"]) for link in found["chain"]]
    opening = next(e for e in api.history(broken) if e["type"] == "ticket.opened")
    assert links[0] == ("sla.attached", event["position"])
    assert links[-2:] == [
        ("ticket.opened", opening["position"]),
        ("request", opening["position"]),
    ]
    request = found["chain"][-1]
    assert request["actor"] == opening["actor"]
    assert f"req-{word}" in request["what"]
    assert opening["actor"]["key_id"] in request["what"]


def test_what_came_due_goes_back_to_the_timer(auditor, api, broken, word):
    _, found = explained(auditor, api, broken, "escalation.step_fired")
    types = [link["type"] for link in found["chain"]]
    assert types[0] == "escalation.step_fired"
    assert "sla.breached" in types
    people = found["decision"]["people"]
    assert [(p["person"], p["chosen"]) for p in people] == [(f"{word}-bo", True)]
    assert found["decision"]["policy"]["name"] == word


def test_it_is_told_in_english_and_chinese(auditor, api, broken):
    _, english = explained(auditor, api, broken, "sla.breached")
    _, chinese = explained(auditor, api, broken, "sla.breached", lang="zh")
    position = english["event"]["position"]
    headers = {"Accept-Language": "fr, zh-CN;q=0.8, en;q=0.5"}
    asked = auditor.get(f"/v1/events/{position}/explain", headers=headers).json()
    assert "was broken" in english["chain"][0]["what"]
    assert "违约" in chinese["chain"][0]["what"]
    assert asked["chain"] == chinese["chain"]


def test_what_a_person_did_is_explained_without_a_decision(auditor, api, broken):
    _, found = explained(auditor, api, broken, "ticket.opened")
    assert found["decision"] is None
    assert "Geheim" not in str(found["chain"])


@pytest.mark.usefixtures("broken")
def test_every_event_of_the_log_can_be_explained(auditor):
    events = auditor.get("/v1/audit/events?limit=500").json()["items"]
    assert len(events) > 10
    for event in events:
        answer = auditor.get(f"/v1/events/{event['position']}/explain")
        assert answer.is_success, answer.text
        assert all(link["what"] for link in answer.json()["chain"])


def test_events_of_keys_are_for_auditors(api, installation, auditor, word):
    made = api.ok("POST", "/v1/keys", {"name": f"{word}-p", "role": "product"})
    [created] = api.get(f"/v1/audit/events?object=keys/{made['id']}").json()["items"]
    path = f"/v1/events/{created['position']}/explain"
    with installation.client(made["key"]) as product:
        assert product.get(path).status_code == 403
    assert auditor.get(path).json()["chain"][-1]["type"] == "request"


def test_a_position_without_an_event_is_not_found(auditor):
    assert auditor.get("/v1/events/999999999/explain").status_code == 404
    assert auditor.get("/v1/events/0/explain").status_code == 422
