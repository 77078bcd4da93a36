"""Events over all streams, for auditors: by actor, type, object, request and time."""

import pytest

from tests.support.api_client import eventually, instant


@pytest.fixture
def auditor(api, installation, word):
    made = api.ok("POST", "/v1/keys", {"name": f"{word}-auditor", "role": "auditor"})
    with installation.client(made["key"]) as client:
        yield client


@pytest.fixture
def clerk(api, installation, word):
    """A service that may not manage keys: the client and the key."""
    made = api.ok("POST", "/v1/keys", {"name": f"{word}-clerk", "role": "ops"})
    with installation.client(made["key"]) as client:
        client.made = made
        yield client


def events(client, **query):
    query = {name.rstrip("_"): value for name, value in query.items()}
    answer = client.get("/v1/audit/events", params=query)
    assert answer.is_success, answer.text
    return answer.json()["items"]


def test_a_write_is_found_at_once_by_everything_that_is_known_of_it(api, auditor, word):
    headers = {"X-Request-Id": f"req-{word}"}
    body = {"subject": "s", "body": "b", "channel": "web", "type": word,
            "customer": {"external_id": "c"}}  # fmt: skip
    ticket = api.post("/v1/tickets", json=body, headers=headers).json()
    [opening] = [e for e in auditor.history(ticket) if e["version"] == 1]
    for query in (
        {"object": ticket["id"]},
        {"object": ticket["number"]},
        {"correlation_id": f"req-{word}"},
        {"object": ticket["id"], "actor": opening["actor"]["key_id"]},
        {"object": ticket["id"], "type": "ticket.*", "actor": opening["actor"]["id"]},
        {"correlation_id": f"req-{word}", "from": opening["recorded_at"]},
    ):
        found = [e for e in events(auditor, **query) if e["type"] == "ticket.opened"]
        unlike = {"stream": ticket["id"], "unreadable": None}
        assert found == [opening | unlike], query


def test_configuration_and_keys_are_in_the_same_log(api, auditor, clerk, word):
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    [published] = events(auditor, object=f"sla-policies/{word}")
    [created] = events(auditor, object=f"keys/{clerk.made['id']}")
    assert (published["type"], created["type"]) == ("policy.published", "key.created")
    assert created["data"]["name"] == clerk.made["name"]


def test_a_key_is_found_by_its_id_and_by_its_name(auditor, clerk):
    ticket = clerk.open_ticket()
    by_id = events(auditor, actor=clerk.made["id"], type="ticket.opened")
    by_name = events(auditor, actor=clerk.made["name"], type="ticket.opened")
    assert [e["stream"] for e in by_id] == [ticket["id"]]
    assert by_id == by_name


def test_pages_follow_each_other_in_either_order(api, auditor, word):
    ticket = api.open_ticket(type=word)
    for priority in ("high", "low", "urgent", "normal"):
        api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"priority": priority})
    whole = [e["position"] for e in events(auditor, object=ticket["id"])]
    assert whole == sorted(whole, reverse=True)
    for order in ("newest", "oldest"):
        seen, cursor = [], {}
        while True:
            query = {"object": ticket["id"], "limit": 2, "order": order} | cursor
            page = auditor.get("/v1/audit/events", params=query).json()
            seen += [e["position"] for e in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen == (whole if order == "newest" else whole[::-1])


def test_a_period_is_from_the_first_instant_to_before_the_last(api, auditor, word):
    ticket = api.open_ticket(type=word)
    api.act(ticket, "resolve")
    newest, *_, oldest = events(auditor, object=ticket["id"])
    assert instant(newest["recorded_at"]) > instant(oldest["recorded_at"])
    query = {"from_": oldest["recorded_at"], "to": newest["recorded_at"]}
    found = events(auditor, object=ticket["id"], **query)
    assert (oldest in found, newest in found) == (True, False)


def test_what_does_not_exist_has_no_events_and_a_wrong_filter_is_named(auditor):
    assert events(auditor, object="999999999") == []
    assert events(auditor, object="keys/none", actor="nobody") == []
    for query, pointer in (
        ({"type": "ticket.openend"}, "?type"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "?from"),
        ({"order": "random"}, "?order"),
        ({"cursor": "x"}, "?cursor"),
    ):
        refused = auditor.get("/v1/audit/events", params=query)
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["pointer"]) == (422, pointer)


def test_only_auditors_and_admins_see_it(clerk):
    assert clerk.get("/v1/audit/events").status_code == 403


# --- denials --------------------------------------------------------------------------


def denials(auditor, **query):
    return eventually(lambda: events(auditor, type="access.denied", **query))


def test_a_refused_call_is_an_event_that_names_key_route_and_permission(auditor, clerk):
    refused = clerk.get("/v1/keys", headers={"X-Request-Id": f"r-{clerk.made['id']}"})
    assert refused.status_code == 403
    [event] = denials(auditor, object=f"denials/{clerk.made['id']}")
    assert event["actor"]["id"] == clerk.made["name"]
    assert event["correlation_id"] == f"r-{clerk.made['id']}"
    [call] = event["data"]["calls"]
    assert (event["data"]["count"], call) == (
        1,
        {
            "method": "GET",
            "route": "/v1/keys",
            "permission": "keys:manage",
            "reason": "forbidden",
            "count": 1,
        },
    )


def test_who_may_not_act_in_anothers_name_is_refused_on_record(auditor, clerk):
    ticket = clerk.open_ticket()
    by = {"agent": "ann"}
    path = f"/v1/tickets/{ticket['id']}/acknowledge"
    assert clerk.post(path, json=by).status_code == 403
    [event] = denials(auditor, actor=clerk.made["name"])
    [call] = event["data"]["calls"]
    assert call["route"] == "/v1/tickets/{ticket_id}/acknowledge"


def test_a_flood_of_refused_calls_stays_small_and_none_is_missing(auditor, clerk):
    for _ in range(200):
        assert clerk.get("/v1/keys").status_code == 403
    stream = f"denials/{clerk.made['id']}"

    def counted():
        found = events(auditor, object=stream)
        return found if sum(e["data"]["count"] for e in found) == 200 else None

    assert len(eventually(counted)) < 8


def test_a_key_that_was_revoked_is_named_when_somebody_still_uses_it(
    api, auditor, clerk
):
    api.ok("DELETE", f"/v1/keys/{clerk.made['id']}")
    assert eventually(lambda: clerk.get("/v1/tickets").status_code == 401)
    [event, *_] = denials(auditor, object=f"denials/{clerk.made['id']}")
    assert event["data"]["calls"][0]["reason"] == "refused_key"


def test_a_key_that_is_nobodys_is_on_record_without_the_key(auditor, installation):
    secret = "plk_nobody-has-this-one"
    with installation.client(secret) as stranger:
        assert stranger.get("/v1/tickets").status_code == 401
    found = denials(auditor, object="denials/unknown")
    assert {call["reason"] for e in found for call in e["data"]["calls"]} == {
        "unknown_key"
    }
    assert secret not in str(found)
