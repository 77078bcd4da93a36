"""The same command again gives the same answer and does nothing more."""

from concurrent.futures import ThreadPoolExecutor

import pytest

OPEN = {
    "subject": "The heater is cold",
    "body": "Since this morning.",
    "channel": "email",
    "type": "question",
    "customer": {"external_id": "c-1", "contacts": {"email": "a@b.example"}},
    "attributes": {"b": [1, 2.5, True], "a": {"c": None}},
}


def send(api, method, path, body, key, **headers):
    sent = {"Idempotency-Key": key, **headers}
    return api.request(method, path, json=body, headers=sent)


def same(first, second):
    """The second is the first again, and says so."""
    assert first.is_success, first.text
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers.get("Idempotency-Replayed") == "true"
    shown = ("ETag", "Pledge-Position", "Pledge-Receipt")
    return [(r.status_code, r.content, *map(r.headers.get, shown)) for r in
            (first, second)]  # fmt: skip


ACTIONS = {
    "messages": {"author": {"kind": "customer", "id": "c-1"}, "body": "Still cold."},
    "assign": {"team": "{team}", "agent": "{team}-bo"},
    "acknowledge": {},
    "pause": {"reason": "waiting for a part"},
    "feedback": {"text": "too loud", "kind": "complaint"},
    "resolve": {"code": "fixed"},
    "close": {},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_repeated_is_answered_again_and_recorded_once(
    api, team, word, action
):
    body = {k: v.format(team=team) if isinstance(v, str) else v
            for k, v in ACTIONS[action].items()}  # fmt: skip
    ticket = api.open_ticket()
    path = f"/v1/tickets/{ticket['id']}/{action}"
    first = send(api, "POST", path, body, word)
    recorded = api.types(ticket)
    second = send(api, "POST", path, body, word)
    assert api.types(ticket) == recorded
    one, two = same(first, second)
    assert one == two


def test_opening_a_ticket_twice_opens_one(api, word):
    body = {**OPEN, "type": word}
    one, two = same(*(send(api, "POST", "/v1/tickets", body, word) for _ in "12"))
    assert one == two


def test_the_answer_is_that_of_then_whatever_happened_since(api, word):
    first = send(api, "POST", "/v1/tickets", OPEN, word)
    api.act(first.json(), "messages", author={"kind": "agent", "id": "ann"}, body="Hi")
    api.act(first.json(), "close")
    one, two = same(first, send(api, "POST", "/v1/tickets", OPEN, word))
    assert one == two


@pytest.mark.parametrize(
    "change", [{"subject": "Cold", "tags": ["a"]}, {"priority": "high"}, {}]
)
def test_a_change_repeated_is_one_change_even_if_it_changes_nothing(api, word, change):
    path = f"/v1/tickets/{api.open_ticket()['id']}"
    one, two = same(*(send(api, "PATCH", path, change, word) for _ in "12"))
    assert one == two


def test_a_repeated_put_answers_for_its_own_version(api, word):
    path = f"/v1/agents/{word}"
    first = send(api, "PUT", path, {"name": "One"}, word)
    assert first.status_code == 201
    api.put("agents", word, {"name": "Two"})
    one, two = same(first, send(api, "PUT", path, {"name": "One"}, word))
    assert one == two
    assert api.get(path).json()["document"]["name"] == "Two"


def test_a_repeated_put_is_answered_after_the_thing_is_retired(api, word):
    path = f"/v1/agents/{word}"
    first = send(api, "PUT", path, {"name": "One"}, word)
    api.ok("DELETE", path)
    one, two = same(first, send(api, "PUT", path, {"name": "One"}, word))
    assert one == two
    assert api.get(path).status_code == 404


def test_a_put_that_changes_nothing_is_remembered_too(api, word):
    path = f"/v1/agents/{word}"
    api.put("agents", word, {"name": "One"})
    one, two = same(*(send(api, "PUT", path, {"name": "One"}, word) for _ in "12"))
    assert one == two
    assert one[0] == 200
    assert send(api, "PUT", path, {"name": "Two"}, word).status_code == 422


def test_a_repeated_delete_is_answered_again(api, word):
    api.put("agents", word, {"name": "One"})
    hook = {"url": "http://127.0.0.1:9/", "types": ["sla.*"]}
    hook = api.ok("POST", "/v1/subscriptions", hook)
    for path in (f"/v1/agents/{word}", f"/v1/subscriptions/{hook['id']}"):
        key = path.replace("/", "-")
        one, two = same(*(send(api, "DELETE", path, None, key) for _ in "12"))
        assert one == two


def test_a_repeated_subscription_shows_the_same_secret(api, word):
    body = {"url": "http://127.0.0.1:9/", "types": ["feedback.captured"]}
    first = send(api, "POST", "/v1/subscriptions", body, word)
    api.ok("DELETE", f"/v1/subscriptions/{first.json()['id']}")
    one, two = same(first, send(api, "POST", "/v1/subscriptions", body, word))
    assert one == two


def test_white_space_and_the_order_of_keys_make_no_other_request(api, word):
    def post(content):
        headers = {"Idempotency-Key": word, "Content-Type": "application/json"}
        return api.post("/v1/tickets", content=content, headers=headers)

    first = post(
        '{"subject":"s","body":"b\\u00e9","channel":"web","type":"t",'
        '"customer":{"external_id":"c","tier":"gold"}}'
    )
    second = post(
        '{ "type":"t" , "customer":{"tier":"gold", "external_id":"c"},\n'
        ' "channel":"web", "body":"b\u00e9","subject":"s" }'
    )
    one, two = same(first, second)
    assert one == two


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/tickets", {**OPEN, "subject": "Another"}),
        ("POST", "/v1/tickets", {**OPEN, "attributes": {"b": [1, 2.5, 1]}}),
        ("POST", "/v1/tickets/{id}/acknowledge", {}),
        ("PATCH", "/v1/tickets/{id}", {}),
        ("PUT", "/v1/agents/{word}", {"name": "Ann"}),
        ("POST", "/v1/keys", {"name": "reused", "role": "agent"}),
        ("DELETE", "/v1/agents/{word}", None),
    ],
)
def test_the_key_of_another_request_is_refused(api, word, method, path, body):
    ticket = send(api, "POST", "/v1/tickets", OPEN, word).json()
    path = path.format(id=ticket["id"], word=word)
    other = send(api, method, path, body, word)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert api.get(f"/v1/agents/{word}").status_code == 404


def test_a_key_belongs_to_the_caller_who_made_it_up(installation, api, word):
    made = api.ok("POST", "/v1/keys", {"name": "other", "role": "agent"})
    mine = send(api, "POST", "/v1/tickets", OPEN, word).json()
    with installation.client(made["key"]) as other:
        theirs = send(other, "POST", "/v1/tickets", OPEN, word)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine["id"]


def test_ten_at_once_open_one_ticket(installation, api, word):
    body = {**OPEN, "type": word}

    def attempt(_):
        with installation.client() as client:
            return send(client, "POST", "/v1/tickets", body, word)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(attempt, range(10)))
    made = [a for a in answers if a.status_code == 201]
    refused = [a for a in answers if a.status_code != 201]
    assert len({a.content for a in made}) == 1
    assert sum("Idempotency-Replayed" not in a.headers for a in made) == 1
    assert {(a.status_code, a.json()["code"]) for a in refused} <= {
        (409, "command_running")
    }
    assert all(a.headers["Retry-After"] == "1" for a in refused)
    position = made[0].headers["Pledge-Position"]
    page = api.ok("GET", f"/v1/tickets?type={word}&wait_for={position}")
    assert len(page["items"]) == 1


def test_ten_different_commands_at_once_are_all_applied(installation, api):
    ticket = api.open_ticket()
    message = {"author": {"kind": "agent", "id": "ann"}, "body": "?"}

    def attempt(_):
        with installation.client() as client:
            path = f"/v1/tickets/{ticket['id']}/messages"
            return client.post(path, json=message).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(attempt, range(10)))
    applied = api.types(ticket).count("ticket.message_added")
    assert set(statuses) == {200}
    assert applied == 10


def test_what_was_refused_is_not_remembered(api, word):
    ticket = api.open_ticket()
    path = f"/v1/tickets/{ticket['id']}/assign"
    assert send(api, "POST", path, {"agent": word}, word).status_code == 422
    api.put("agents", word, {"name": "Now there"})
    again = send(api, "POST", path, {"agent": word}, word)
    assert again.status_code == 200
    assert "Idempotency-Replayed" not in again.headers


def test_what_came_at_the_wrong_moment_is_not_remembered(api, word):
    ticket = api.open_ticket()
    api.act(ticket, "resolve")
    path = f"/v1/tickets/{ticket['id']}/acknowledge"
    assert send(api, "POST", path, {}, word).status_code == 409
    api.act(ticket, "reopen", reason="cold again")
    assert send(api, "POST", path, {}, word).status_code == 200


def test_a_malformed_body_does_not_use_up_the_key(api, word):
    assert send(api, "POST", "/v1/tickets", {"no": 1}, word).status_code == 422
    assert send(api, "POST", "/v1/tickets", OPEN, word).status_code == 201


def test_without_a_key_each_request_is_its_own(api):
    first, second = (api.ok("POST", "/v1/tickets", OPEN) for _ in "12")
    assert first["id"] != second["id"]
