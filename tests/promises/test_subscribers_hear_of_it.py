"""Product teams hear of what happened: signed, in order, tried again, and only they."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from infra.embedded.postgres import OWNER
from tests.support.api_client import eventually
from tests.support.webhook_receiver import Receiver


@pytest.fixture
def subscribe(api):
    """Subscribes, and unsubscribes at the end: the installation is everybody's."""
    made = []

    def subscribed(url, *types, **more):
        body = {"url": url, "types": types or ["feedback.captured"], **more}
        made.append(api.ok("POST", "/v1/subscriptions", body))
        return made[-1]

    yield subscribed
    for hook in made:
        api.delete(f"/v1/subscriptions/{hook['id']}")


@pytest.fixture
def speak(api):
    """A customer says something about the product; returns the ticket."""

    def said(text="too loud"):
        ticket = api.open_ticket()
        api.act(ticket, "feedback", text=text, kind="complaint")
        return ticket

    return said


@pytest.fixture
def story(api, receiver, subscribe, team, word):
    """A promise is broken and climbs, the customer complains; all of it delivered."""
    hook = subscribe(receiver.url, "sla.breached", "escalation.*", "feedback.*")
    step = {"targets": [{"team": team}], "reassign": {"team": team}}
    api.put("escalation-policies", word, {"steps": [step]})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT0.5S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word, subject="Kalt \U0001f976")
    api.await_event(ticket, "escalation.exhausted")
    api.act(ticket, "feedback", text="\u592a\u5435 \U0001f4a5", kind="complaint")
    wanted = [
        e
        for e in api.history(ticket)
        if e["type"] in ("sla.breached", "feedback.captured")
        or (e["type"].startswith("escalation.") and e["type"] != "escalation.pinned")
    ]

    def delivered():
        events = [d.verified(hook["secret"]) for d in list(receiver.got)]
        mine = [e for e in events if e["subject"] == ticket["id"]]
        return mine if len(mine) == len(wanted) else None

    return wanted, eventually(delivered), receiver.got


def test_breach_escalation_and_feedback_arrive_signed_and_in_order(story):
    wanted, delivered, _ = story
    assert [e["type"] for e in delivered] == [e["type"] for e in wanted]
    assert [e["id"] for e in delivered] == [str(e["position"]) for e in wanted]
    assert {"sla.breached", "escalation.reassigned", "feedback.captured"} <= {
        e["type"] for e in delivered
    }


def test_each_is_a_cloud_event_that_says_who_and_why(story):
    wanted, delivered, raw = story
    for event, recorded in zip(delivered, wanted, strict=True):
        assert event["specversion"] == "1.0"
        assert event["source"] == f"/v1/tickets/{event['subject']}"
        assert event["time"] == recorded["occurred_at"]
        data = event["data"]
        assert data["causation_id"] == recorded["causation_id"]
        assert data["policy"] == recorded["policy"]
        assert recorded["data"].items() <= data.items()
    assert {d.headers["content-type"].partition(";")[0] for d in raw} == {
        "application/cloudevents+json"
    }


def test_the_feed_gives_the_same_events(api, story):
    wanted, delivered, _ = story
    types = "sla.breached,escalation.*,feedback.*"
    after = wanted[0]["position"] - 1
    items = api.ok("GET", f"/v1/events?after={after}&types={types}")["items"]
    subject = delivered[0]["subject"]
    assert [e for e in items if e["subject"] == subject] == delivered


def test_a_policy_pinned_whole_is_in_the_feed_by_its_reference(api, story, word):
    published = api.ok("GET", f"/v1/escalation-policies/{word}")
    subject = story[1][0]["subject"]
    opened = api.history(subject)[0]["position"]
    query = f"types=escalation.pinned&after={opened}"
    items = api.ok("GET", f"/v1/events?{query}")["items"]
    [pinned] = [e["data"]["policy"] for e in items if e["subject"] == subject]
    assert pinned == {"name": word, "version": 1, "sha256": published["sha256"]}


def test_a_thin_subscription_says_only_that_it_happened(receiver, subscribe, speak):
    hook = subscribe(receiver.url, format="thin")
    ticket = speak("secret words")
    [delivery] = receiver.await_count(1)
    event = delivery.verified(hook["secret"])
    assert event["subject"] == ticket["id"]
    assert "data" not in event
    assert b"secret words" not in delivery.body


def test_a_secret_of_the_subscribers_own_signs_too(receiver, subscribe, speak):
    own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert subscribe(receiver.url, secret=own)["secret"] == own
    speak()
    assert receiver.await_count(1)[0].verified(own)["type"] == "feedback.captured"


def test_a_subscriber_hears_nothing_from_before(receiver, subscribe, speak):
    speak("before")
    subscribe(receiver.url)
    speak("after")
    [first] = receiver.await_count(1)
    assert json.loads(first.body)["data"]["text"] == "after"


# --- what goes wrong ------------------------------------------------------------------


@pytest.fixture
def tries(api):
    def of(hook):
        path = f"/v1/subscriptions/{hook['id']}/deliveries"
        return api.ok("GET", path)["items"]

    return of


def test_a_failing_endpoint_is_tried_again_with_the_same_id_and_loses_nothing(
    subscribe, speak, tries
):
    with Receiver(500, 503) as receiver:
        hook = subscribe(receiver.url)
        speak("first")
        speak("second")
        got = receiver.await_count(4)
        assert len({d.id for d in got[:3]}) == 1
        texts = [d.verified(hook["secret"])["data"]["text"] for d in got]
        assert texts == ["first"] * 3 + ["second"]
        # The try is recorded after the answer has gone out.
        rows = eventually(lambda: len(found := tries(hook)) == 4 and found)
    assert [(r["attempt"], r["state"], r["status_code"]) for r in rows[::-1]] == [
        (1, "failed", 500),
        (2, "failed", 503),
        (3, "delivered", 204),
        (1, "delivered", 204),
    ]


def test_each_event_has_its_tries_counted_from_one(subscribe, speak, tries):
    with Receiver(500, 204, 500) as receiver:
        hook = subscribe(receiver.url)
        speak("first")
        speak("second")
        receiver.await_count(4)
        rows = eventually(lambda: len(found := tries(hook)) == 4 and found)
    assert [(r["attempt"], r["state"]) for r in rows[::-1]] == [
        (1, "failed"),
        (2, "delivered"),
        (1, "failed"),
        (2, "delivered"),
    ]


def test_a_dead_endpoint_holds_up_nobody_else_and_its_tries_say_why(
    receiver, subscribe, speak, tries
):
    with socket.socket() as taken:  # and nobody listens there
        taken.bind(("127.0.0.1", 0))
        dead = subscribe(f"http://127.0.0.1:{taken.getsockname()[1]}/")
        subscribe(receiver.url)
        speak()
        receiver.await_count(1)
        [attempt] = eventually(lambda: tries(dead))[-1:]
    assert (attempt["state"], attempt["status_code"]) == ("failed", None)
    assert "failed" in attempt["detail"]


def test_a_redirect_is_not_followed(receiver, subscribe, speak, tries):
    with Receiver(307) as redirecting:
        hook = subscribe(redirecting.url)
        speak()
        redirecting.await_count(1)
        [attempt] = eventually(lambda: tries(hook))[-1:]
    assert (attempt["state"], attempt["status_code"]) == ("failed", 307)
    assert receiver.got == []


def test_who_unsubscribed_hears_nothing_more(api, subscribe, speak):
    with Receiver() as gone, Receiver() as there:
        hook = subscribe(gone.url)
        subscribe(there.url)
        api.ok("DELETE", f"/v1/subscriptions/{hook['id']}")
        speak()
        there.await_count(1)
        assert gone.got == []
    path = f"/v1/subscriptions/{hook['id']}"
    assert api.get(path).status_code == 404
    assert api.get(f"{path}/deliveries").status_code == 404


def test_who_unsubscribes_while_a_try_is_pending_is_not_tried_again(
    api, subscribe, speak
):
    with Receiver(500) as gone, Receiver(500) as there:
        hook = subscribe(gone.url)
        subscribe(there.url)
        speak()
        gone.await_count(1)
        api.ok("DELETE", f"/v1/subscriptions/{hook['id']}")
        there.await_count(2)
        speak()
        there.await_count(3)
        assert len(gone.got) == 1


def test_deliveries_come_in_pages_newest_first(api, receiver, subscribe, speak, tries):
    hook = subscribe(receiver.url)
    for text in "abc":
        speak(text)
    rows = eventually(lambda: len(found := tries(hook)) == 3 and found)
    path, cursor, seen = f"/v1/subscriptions/{hook['id']}/deliveries", "", []
    while cursor is not None:
        page = api.ok("GET", f"{path}?limit=2{cursor and f'&cursor={cursor}'}")
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == rows
    assert [r["position"] for r in rows] == sorted(
        (r["position"] for r in rows), reverse=True
    )


# --- the secret -----------------------------------------------------------------------


def test_the_secret_is_shown_once_and_kept_sealed(installation, api, subscribe):
    hook = subscribe("http://127.0.0.1:9/")
    secret = hook["secret"].removeprefix("whsec_")
    shown = [
        api.get(f"/v1/subscriptions/{hook['id']}").text,
        api.get("/v1/subscriptions").text,
        api.get("/v1/events?types=ticket.*,policy.*&limit=500").text,
    ]
    assert all(secret not in text for text in shown)
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        for table, column in [
            ("stored_events", "state"),
            ("subscription_secrets", "sealed"),
        ]:
            query = f"SELECT 1 FROM {table} WHERE position(%s::bytea in {column}) > 0"
            found = connection.execute(query, (secret.encode(),))
            assert found.fetchone() is None


def test_a_subscription_is_shown_as_it_was_made(api, subscribe):
    made = subscribe("http://127.0.0.1:9/x", "sla.breached", "escalation.*")
    del made["secret"]
    found = api.ok("GET", f"/v1/subscriptions/{made['id']}")
    assert made.items() <= found.items()
    assert made in api.ok("GET", "/v1/subscriptions")["items"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://10.0.0.1/"}, "/url"),
        ({"url": "http://192.168.1.1:8080/hook"}, "/url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "/url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "/url"),
        ({"url": "http://[fd00::1]/"}, "/url"),
        ({"url": "http://10.1/"}, "/url"),
        ({"url": "http://0xa000001/"}, "/url"),
        ({"url": "ftp://hooks.example/"}, "/url"),
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"url": "https://user:pass@hooks.example/"}, "/url"),
        ({"url": "https://hooks.example:99999/"}, "/url"),
        ({"url": "hooks.example"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "https://" + "a" * 3000}, "/url"),
        ({"url": "https://hooks.example/\0"}, "/url"),
        ({"types": ["sla.breached", "sla.breeched"]}, "/types/1"),
        ({"types": ["*"]}, "/types/0"),
        ({"types": ["key.created"]}, "/types/0"),
        ({"types": []}, "/types"),
        ({"format": "fat"}, "/format"),
        ({"secret": "short"}, "/secret"),
        ({"secret": ""}, "/secret"),
        ({"secret": "whsec_c2hvcnQ="}, "/secret"),
    ],
)
def test_a_subscription_that_cannot_work_is_refused_by_field(api, change, pointer):
    body = {"url": "https://hooks.example/", "types": ["sla.*"], **change}
    refused = api.post("/v1/subscriptions", json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
    hooks = [s["url"] for s in api.ok("GET", "/v1/subscriptions")["items"]]
    assert body["url"] not in hooks


# --- the feed -------------------------------------------------------------------------


def test_the_cursor_goes_on_where_the_page_ended(api, speak):
    start = api.ok("GET", "/v1/events?types=feedback.*&after=0")["next_cursor"]
    subjects = [speak()["id"] for _ in range(3)]
    seen, cursor = [], start
    for _ in range(3):
        page = api.ok("GET", f"/v1/events?types=feedback.*&limit=1&after={cursor}")
        seen += [e["subject"] for e in page["items"]]
        cursor = page["next_cursor"]
    assert seen == subjects
    rest = api.ok("GET", f"/v1/events?types=feedback.*&after={cursor}")
    assert rest["items"] == []
    assert int(rest["next_cursor"]) >= int(cursor)


def test_who_waits_for_news_gets_them_when_they_come(installation, api, speak):
    cursor = api.ok("GET", "/v1/events?types=feedback.*&limit=500")["next_cursor"]

    def waiting():
        with installation.client() as other:
            query = f"types=feedback.*&wait=20s&after={cursor}"
            return other.ok("GET", f"/v1/events?{query}")["items"]

    with ThreadPoolExecutor(1) as pool:
        news = pool.submit(waiting)
        ticket = speak()
        assert [e["subject"] for e in news.result()] == [ticket["id"]]


def test_waiting_for_nothing_ends_with_a_cursor_that_goes_on(api):
    head = api.ok("GET", "/v1/events?types=policy.retired&limit=500")["next_cursor"]
    api.open_ticket()
    page = api.ok("GET", f"/v1/events?types=policy.retired&after={head}&wait=1s")
    assert page["items"] == []
    assert int(page["next_cursor"]) > int(head)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("types=sla.breeched", "?types"),
        ("types=key.created", "?types"),
        ("types=", "?types"),
        ("types=%00", "?types"),
        ("after=x", "?after"),
        ("after=-1", "?after"),
        ("after=99999999999999999999", "?after"),
        ("wait=soon", "?wait"),
        ("wait=3600s", "?wait"),
        ("limit=0", "?limit"),
        ("tpyes=sla.*", "?tpyes"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(api, query, pointer):
    refused = api.get(f"/v1/events?{query}")
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer
