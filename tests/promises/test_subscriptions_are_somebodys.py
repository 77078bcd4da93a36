"""A subscription belongs to who made it and to its team; it is paused, mended, resumed,
tried out; what its endpoint says is heeded.
"""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api_client import Api, eventually
from tests.support.webhook_receiver import Receiver


@pytest.fixture
def with_key(installation, api, word):
    """A client by a new key: `with_key(role, **fields)`."""
    made: list[Api] = []

    def client(role: str = "product", **fields) -> Api:
        body = {"name": f"{word}-k{len(made)}", "role": role, **fields}
        key = api.ok("POST", "/v1/keys", body)["key"]
        made.append(Api(installation.http, key))
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture
def subscribe(api):
    """Subscribes, and unsubscribes at the end: the installation is everybody's."""
    made = []

    def subscribed(url, client=api, **fields):
        body = {"url": url, "types": ["feedback.captured"], **fields}
        made.append(client.ok("POST", "/v1/subscriptions", body))
        return made[-1]

    yield subscribed
    for hook in made:
        api.delete(f"/v1/subscriptions/{hook['id']}")


@pytest.fixture
def speak(api):
    def said(text="too loud", ticket=None):
        ticket = ticket or api.open_ticket()
        api.act(ticket, "feedback", text=text, kind="complaint")
        return ticket

    return said


def path(hook, action=""):
    return f"/v1/subscriptions/{hook['id']}{action and '/' + action}"


def shown(api, hook):
    return api.ok("GET", path(hook))


def texts(receiver, hook):
    return [d.verified(hook["secret"])["data"]["text"] for d in receiver.got]


# --- whose it is ----------------------------------------------------------------------

URL = "http://127.0.0.1:9/x"
WAYS = [
    ("GET", ""),
    ("GET", "deliveries"),
    ("PATCH", ""),
    ("POST", "pause"),
    ("POST", "resume"),
    ("POST", "retry"),
    ("POST", "test"),
    ("DELETE", ""),
]


@pytest.mark.parametrize(("method", "action"), WAYS)
def test_the_subscription_of_another_is_not_there(
    api, with_key, subscribe, method, action
):
    hook = subscribe(URL, with_key())
    other = with_key()
    body = {} if method in ("PATCH", "POST") else None
    assert other.request(method, path(hook, action), json=body).status_code == 404
    assert other.ok("GET", "/v1/subscriptions")["items"] == []
    assert shown(api, hook)["state"] == "active"


def test_it_is_there_for_who_made_it(with_key, subscribe):
    mine = with_key()
    hook = subscribe(URL, mine)
    assert shown(mine, hook)["url"] == URL
    assert [s["id"] for s in mine.ok("GET", "/v1/subscriptions")["items"]] == [
        hook["id"]
    ]
    assert mine.delete(path(hook)).status_code == 204


def test_an_agent_finds_theirs_by_another_key_too(with_key, subscribe, team):
    hook = subscribe(URL, with_key(agent=f"{team}-bo"))
    assert shown(with_key(agent=f"{team}-bo"), hook)["id"] == hook["id"]
    assert with_key(agent=f"{team}-chen").get(path(hook)).status_code == 404


def test_its_team_shares_it(with_key, subscribe, team):
    hook = subscribe(URL, with_key(), team=team)
    chen = with_key(agent=f"{team}-chen")
    assert chen.ok("PATCH", path(hook), {"format": "thin"})["format"] == "thin"
    assert chen.ok("PATCH", path(hook), {"team": None})["team"] is None
    assert chen.get(path(hook)).status_code == 404


def test_who_runs_the_floor_changes_any_and_the_auditor_reads_it(with_key, subscribe):
    hook = subscribe(URL, with_key())
    auditor = with_key("auditor")
    assert shown(auditor, hook)["url"] == URL
    assert auditor.delete(path(hook)).status_code == 403
    assert with_key("ops").delete(path(hook)).status_code == 204


def test_a_team_that_is_not_there_is_named(api):
    body = {"url": URL, "types": ["sla.*"], "team": "nobody"}
    refused = api.post("/v1/subscriptions", json=body)
    assert refused.json()["errors"][0]["pointer"] == "/team"


# --- how it is doing ------------------------------------------------------------------


def test_what_waits_and_since_when_it_fails_is_shown(api, subscribe, speak):
    before = datetime.now(UTC)
    with Receiver(*[500] * 9) as receiver:
        hook = subscribe(receiver.url)
        speak()
        speak()
        receiver.await_count(1)
        found = eventually(lambda: (s := shown(api, hook))["failures"] and s)
    assert (found["state"], found["held"]) == ("active", 2)
    assert found["lag"] != "PT0S"
    assert datetime.fromisoformat(found["failing_since"]) >= before
    assert datetime.fromisoformat(found["next_try_at"]) > before
    assert (found["last_failure"], found["last_success_at"]) == ("answered 500", None)


def test_what_is_well_is_shown_as_well(api, subscribe, speak):
    with Receiver(500) as receiver:
        hook = subscribe(receiver.url)
        speak()
        receiver.await_count(2)
        found = eventually(lambda: (s := shown(api, hook))["last_success_at"] and s)
    assert (found["held"], found["lag"], found["failures"]) == (0, "PT0S", 0)
    assert (found["failing_since"], found["next_try_at"]) == (None, None)


def test_the_wish_of_the_endpoint_to_be_left_alone_is_shown(api, subscribe, speak):
    with Receiver(429, headers={"Retry-After": "3600"}) as receiver:
        hook = subscribe(receiver.url)
        speak()
        found = eventually(lambda: (s := shown(api, hook))["next_try_at"] and s)
    left = datetime.fromisoformat(found["next_try_at"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)


# --- paused, gone, mended -------------------------------------------------------------


def held_back(api, hook, speak):
    """Two events of one ticket and one of another, while it is paused."""
    api.ok("POST", path(hook, "pause"), {"reason": "we move"})
    first = speak("one")
    speak("two", first)
    speak("three")
    return eventually(lambda: (s := shown(api, hook))["held"] == 3 and s)


@pytest.mark.parametrize(
    ("held", "brought"),
    [
        ("all", ["one", "two", "three", "four"]),
        ("newest", ["two", "three", "four"]),
        ("skip", ["four"]),
    ],
)
def test_what_was_held_back_is_brought_as_was_wished(
    api, subscribe, speak, held, brought
):
    with Receiver() as receiver:
        hook = subscribe(receiver.url)
        stopped = held_back(api, hook, speak)
        assert (stopped["state"], stopped["state_reason"]) == ("paused", "we move")
        assert api.ok("POST", path(hook, "resume"), {"held": held})["state"] == "active"
        speak("four")
        receiver.await_count(len(brought))
        eventually(lambda: shown(api, hook)["held"] == 0)
        assert texts(receiver, hook) == brought


def test_an_endpoint_that_is_gone_disables_it_until_it_is_resumed(
    api, subscribe, speak
):
    with Receiver(410) as receiver:
        hook = subscribe(receiver.url)
        speak("first")
        found = eventually(lambda: (s := shown(api, hook))["state"] != "active" and s)
        assert (found["state"], found["held"]) == ("disabled", 1)
        assert "410" in found["state_reason"]
        assert api.post(path(hook, "retry")).status_code == 409
        api.ok("POST", path(hook, "resume"))
        receiver.await_count(2)
        assert texts(receiver, hook) == ["first", "first"]


@pytest.mark.parametrize("how", ["retry", "another address"])
def test_a_mended_endpoint_is_not_waited_for(api, subscribe, speak, how):
    with Receiver(429, headers={"Retry-After": "3600"}) as broken, Receiver() as other:
        hook = subscribe(broken.url)
        speak()
        eventually(lambda: shown(api, hook)["next_try_at"])
        if how == "retry":
            api.ok("POST", path(hook, "retry"))
            broken.await_count(2)
        else:
            api.ok("PATCH", path(hook), {"url": other.url})
            other.await_count(1)
        eventually(lambda: shown(api, hook)["last_success_at"])


def test_what_it_wants_can_change_without_a_hole(api, subscribe, speak):
    with Receiver() as receiver:
        hook = subscribe(receiver.url)
        speak("one")
        types = ["feedback.captured", "ticket.closed"]
        assert api.ok("PATCH", path(hook), {"types": types})["types"] == types
        api.act(speak("two"), "close")
        receiver.await_count(3)
        kinds = [d.verified(hook["secret"])["type"] for d in receiver.got]
    assert kinds == ["feedback.captured", "feedback.captured", "ticket.closed"]


def test_a_type_that_is_added_brings_nothing_from_before(api, subscribe, speak):
    with Receiver() as receiver:
        hook = subscribe(receiver.url, types=["approval.*"])
        speak("before")
        api.ok("PATCH", path(hook), {"types": ["approval.*", "feedback.captured"]})
        speak("after")
        receiver.await_count(1)
        assert texts(receiver, hook) == ["after"]


def test_a_change_is_made_to_what_was_seen(api, subscribe):
    hook = subscribe(URL)
    stale = api.patch(path(hook), json={}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    fresh = api.patch(path(hook), json={}, headers={"If-Match": '"1"'})
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://10.0.0.1/"}, "/url"),
        ({"types": ["sla.breeched"]}, "/types/0"),
        ({"types": []}, "/types"),
        ({"team": "nobody"}, "/team"),
        ({"secret": "whsec_"}, "/secret"),
    ],
)
def test_a_change_that_cannot_work_is_refused_by_field(api, subscribe, change, pointer):
    refused = api.patch(path(subscribe(URL)), json=change)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


# --- tried out ------------------------------------------------------------------------


def test_an_endpoint_is_tried_out_and_what_it_said_is_told(api, subscribe):
    with Receiver(202, 500) as receiver:
        hook = subscribe(receiver.url)
        well = api.ok("POST", path(hook, "test"))
        badly = api.ok("POST", path(hook, "test"))
        event = receiver.got[0].verified(hook["secret"])
    assert (event["type"], event["subject"]) == ("subscription.test", hook["id"])
    assert (well["state"], well["status_code"]) == ("delivered", 202)
    assert (badly["state"], badly["status_code"]) == ("failed", 500)
    rows = api.ok("GET", path(hook, "deliveries"))["items"]
    assert [(r["event_type"], r["position"]) for r in rows] == [
        ("subscription.test", None)
    ] * 2
    assert shown(api, hook)["failures"] == 0


def test_what_nobody_answers_took_its_time_all_the_same(api, subscribe):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hook = subscribe(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        told = api.ok("POST", path(hook, "test"))
    assert (told["state"], told["status_code"]) == ("failed", None)
    assert told["duration_ms"] >= 9_000
