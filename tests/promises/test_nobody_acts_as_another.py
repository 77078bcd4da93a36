"""In whose name a key acts: its agent's, those of the agents it lists, or nobody's."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from infra.embedded.postgres import OWNER
from tests.support.api_client import Api, eventually

HELD = {"refund": {"currency": "CNY", "amount": "500"}}


@pytest.fixture
def with_key(installation, api, word):
    """A client by a new key: `with_key(role, **fields)`."""
    made: list[Api] = []

    def client(role: str = "agent", **fields) -> Api:
        body = {"name": f"{word}-k{len(made)}", "role": role, **fields}
        answer = api.ok("POST", "/v1/keys", body)
        made.append(Api(installation.http, answer["key"]))
        made[-1].made = answer
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture
def bo(team) -> str:
    return f"{team}-bo"


@pytest.fixture
def chen(team) -> str:
    return f"{team}-chen"


@pytest.fixture
def ways(api, bo, chen, word):
    """Every command that names who does it, ready to be done by bo: `(path, body)` with
    the body's member that names bo.
    """
    api.put("macros", word, {"message": {"body": "Hi", "automatic": False}})

    def offered() -> str:
        terms = {"mode": "offer", "offer_timeout": "PT1H"}
        api.put("teams", f"{word}-q", {"members": [bo], "assignment": terms})
        return api.act(api.open_ticket(), "assign", team=f"{word}-q")["id"]

    def asked() -> str:
        api.put("authorities", word, HELD)
        api.put("agents", bo, {"name": "Bo", "role": word})
        ticket, reason = api.open_ticket(), "broken"
        body = {"kind": "refund", "amount": "9", "currency": "CNY", "reason": reason}
        return api.act(ticket, "approvals", **body, requested_by=chen)["id"]

    def plain() -> str:
        return api.open_ticket()["id"]

    refund = {"kind": "refund", "amount": "9", "currency": "CNY", "reason": "broken"}
    return {
        "message": (plain, "messages", {"body": "Hi"}, "author"),
        "note": (plain, "messages", {"body": "-", "visibility": "internal"}, "author"),
        "acknowledge": (plain, "acknowledge", {}, "agent"),
        "macro": (plain, f"macros/{word}", {}, "agent"),
        "ask": (plain, "approvals", refund, "requested_by"),
        "approve": (asked, "approvals/1/approve", {"reason": "ok"}, "by"),
        "reject": (asked, "approvals/1/reject", {"reason": "no"}, "by"),
        "accept": (offered, "accept", {}, "agent"),
        "decline": (offered, "decline", {"reason": "busy"}, "agent"),
    }


WAYS = [
    "message",
    "note",
    "acknowledge",
    "macro",
    "ask",
    "approve",
    "reject",
    "accept",
    "decline",
]
each_way = pytest.mark.parametrize("way", WAYS)


def naming(body, member, agent):
    if member == "author":
        author = {"kind": "agent"} | ({"id": agent} if agent else {})
        return {**body, "author": author}
    return {**body, member: agent} if agent else body


def do(client, ways, way, agent):
    ready, path, body, member = ways[way]
    ticket = ready()
    asked = naming(body, member, agent)
    return ticket, client.post(f"/v1/tickets/{ticket}/{path}", json=asked)


@each_way
@pytest.mark.parametrize("named", [True, False], ids=["named", "left out"])
def test_the_key_of_an_agent_acts_as_the_agent(api, with_key, ways, bo, way, named):
    mine = with_key(agent=bo)
    ticket, answer = do(mine, ways, way, bo if named else None)
    assert answer.is_success, answer.text
    actors = [e["actor"] for e in api.history(ticket) if e["actor"]["kind"] == "agent"]
    assert actors
    for actor in actors:
        assert (actor["id"], actor["key_id"]) == (bo, mine.made["id"])


@each_way
def test_the_key_of_an_agent_acts_as_nobody_else(with_key, ways, bo, chen, way):
    _, answer = do(with_key(agent=chen), ways, way, bo)
    assert (answer.status_code, answer.json()["code"]) == (403, "acting_refused")
    assert f"{chen!r}" in answer.json()["detail"]
    assert f"{bo!r}" in answer.json()["detail"]


@each_way
@pytest.mark.parametrize("role", ["agent", "ops", "admin"])
def test_a_shared_key_acts_for_nobody(with_key, ways, bo, way, role):
    _, answer = do(with_key(role), ways, way, bo)
    assert (answer.status_code, answer.json()["code"]) == (403, "acting_refused")


@each_way
def test_a_service_acts_for_the_agents_it_lists(api, with_key, ways, bo, way):
    service = with_key(acts_for=[bo])
    ticket, answer = do(service, ways, way, bo)
    assert answer.is_success, answer.text
    [actor] = {
        (a["id"], a["on_behalf_of"], a["key_id"])
        for a in (event["actor"] for event in api.history(ticket))
        if a["id"] == service.made["name"]
    }
    assert actor == (service.made["name"], bo, service.made["id"])


@pytest.mark.parametrize("way", ["message", "ask", "approve", "accept", "decline"])
def test_what_only_an_agent_can_do_needs_a_name(api, ways, way):
    _, answer = do(api, ways, way, None)
    assert answer.status_code == 422
    assert "name the agent" in answer.json()["detail"]


@pytest.mark.parametrize("way", ["message", "note", "macro", "acknowledge", "approve"])
@pytest.mark.parametrize("state", ["unknown", "not active", "retired"])
def test_nobody_acts_who_is_not_there(api, ways, word, way, state):
    gone = f"{word}-gone"
    if state != "unknown":
        api.put("agents", gone, {"name": "G", "active": state == "retired"})
    if state == "retired":
        api.ok("DELETE", f"/v1/agents/{gone}")
    _, answer = do(api, ways, way, gone)
    assert answer.status_code == 422
    words = f"{gone!r} is not active" if state == "not active" else f"no agent {gone!r}"
    assert words in answer.json()["detail"]


def test_who_acknowledged_is_the_agent_and_not_the_key(api, with_key, bo):
    shown = with_key(agent=bo).act(api.open_ticket(), "acknowledge")
    assert shown["acknowledged_by"] == bo


def test_a_mail_gateway_hands_in_what_customers_write(with_key):
    gateway = with_key()
    ticket = gateway.open_ticket()
    author = {"kind": "customer", "id": "c-1"}
    assert gateway.act(ticket, "messages", author=author, body="?")["message_count"]


def test_the_words_of_a_customer_are_nobodys_doing_but_the_keys(api, with_key, bo):
    """Or whoever hands in a customer `bo` would put words into agent bo's mouth."""
    gateway, ticket = with_key(), api.open_ticket()
    gateway.act(ticket, "messages", author={"kind": "customer", "id": bo}, body="?")
    assert api.history(ticket)[-1]["actor"]["on_behalf_of"] is None


def test_what_rules_add_to_a_request_names_its_key_too(api, with_key, word):
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    gateway = with_key()
    ticket = gateway.open_ticket(type=word)
    keys = {event["actor"]["key_id"] for event in api.history(ticket)}
    assert keys == {gateway.made["id"]}


def test_the_feed_names_the_key(api, with_key):
    gateway = with_key()
    ticket = gateway.open_ticket()
    position = api.history(ticket)[0]["position"]
    [event] = api.ok("GET", f"/v1/events?after={position - 1}&limit=1")["items"]
    assert event["data"]["actor"]["key_id"] == gateway.made["id"]


def taken(api, name):
    answer = api.post("/v1/keys", json={"name": name, "role": "agent"})
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("name", ["pledge"])
def test_no_key_is_called_like_pledge_itself(api, name):
    assert taken(api, name) == (409, "name_taken")


def test_no_agent_is_called_like_pledge_itself(api):
    answer = api.request("PUT", "/v1/agents/Pledge", json={"name": "P"})
    assert answer.status_code == 422


def test_two_keys_in_use_have_two_names(api, word):
    first = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})
    assert taken(api, word) == (409, "name_taken")
    api.ok("DELETE", f"/v1/keys/{first['id']}")
    assert api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})


def test_a_key_is_refused_from_its_end_on(with_key):
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    mine = with_key(expires_at=soon.isoformat())
    answer = eventually(lambda: (a := mine.get("/v1/tickets")).is_error and a)
    assert datetime.now(UTC) >= soon
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "expired" in answer.json()["detail"]


@pytest.mark.parametrize("how", ["not active", "retired"])
def test_the_key_of_an_agent_who_left_opens_nothing(api, with_key, word, how):
    api.put("agents", word, {"name": "W"})
    mine = with_key(agent=word)
    assert mine.get("/v1/tickets").status_code == 200
    if how == "retired":
        api.ok("DELETE", f"/v1/agents/{word}")
    else:
        api.put("agents", word, {"name": "W", "active": False})
    assert mine.get("/v1/tickets").status_code == 403


def test_the_list_of_keys_tells_whose_they_are_and_when_they_were_used(
    api, with_key, bo, chen
):
    mine, service = with_key(agent=bo), with_key(acts_for=[bo, chen])
    before = datetime.now(UTC)
    mine.get("/v1/tickets")
    listed = {key["id"]: key for key in api.ok("GET", "/v1/keys")["items"]}
    used, idle = listed[mine.made["id"]], listed[service.made["id"]]
    assert (used["agent"], idle["acts_for"]) == (bo, [bo, chen])
    assert datetime.fromisoformat(used["last_used_at"]) >= before
    assert idle["last_used_at"] is None


def test_agents_swap_their_own_shifts(api, with_key, word, bo, chen):
    layer = {
        "name": "base",
        "rotation": {
            "start": "2026-01-01T00:00", "unit": "day", "length": 1, "people": [bo]
        },
    }  # fmt: skip
    api.put("schedules", word, {"tz": "UTC", "layers": [layer]})
    window = {"from": "2031-01-01T00:00:00Z", "to": "2031-01-01T12:00:00Z"}
    swaps = f"/v1/schedules/{word}/swaps"
    bos, chens = with_key(agent=bo), with_key(agent=chen)
    assert chens.post(swaps, json={**window, "person": bo}).status_code == 403
    offered = bos.ok("POST", swaps, window)
    assert (offered["person"], offered["taken_by"]) == (bo, None)
    assert bos.post(f"{swaps}/{offered['id']}/take", json={"person": chen}).is_error
    assert chens.delete(f"{swaps}/{offered['id']}").status_code == 403
    assert chens.ok("POST", f"{swaps}/{offered['id']}/take", {})["taken_by"] == chen
    assert chens.delete(f"{swaps}/{offered['id']}").status_code == 204


def readings(installation, agent):
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        query = (
            "SELECT convert_from(state, 'UTF8')::jsonb FROM stored_events WHERE topic ="
            " 'agent.webhook_secret_read' AND originator_id = %s"
            " ORDER BY originator_version"
        )
        found = connection.execute(query, (f"webhook-secrets/{agent}",)).fetchall()
    return [row[0]["meta"]["key_id"] for row in found]


def test_the_secret_of_a_persons_webhook_is_for_them_and_each_reading_is_on_record(
    installation, with_key, bo, chen
):
    path = f"/v1/agents/{bo}/webhook-secret"
    bos, admin = with_key(agent=bo), with_key("admin")
    assert bos.ok("GET", path) == admin.ok("GET", path)
    for other in (with_key(agent=chen), with_key("ops"), with_key("auditor")):
        assert other.get(path).status_code == 403
    assert readings(installation, bo) == [bos.made["id"], admin.made["id"]]
