"""Ops try out whether somebody can be reached, and see over all tickets who was not."""

from urllib.parse import quote

import pytest

from infra.embedded.ports import free_port
from tests.support.api_client import eventually

REFUSED = "550 no such user"


def tried(api, name, **headers):
    return api.ok("POST", f"/v1/agents/{name}/test-notification", **headers)


def outcomes(found):
    return {c["channel"]: (c["outcome"], c["code"]) for c in found["channels"]}


def test_each_channel_gets_a_test_message_and_its_outcome(
    api, word, mailbox, address, receiver
):
    notify = {"webhook": receiver.url, "rules": [{"channel": "email"}]}
    api.put("agents", word, {"name": "Ann", "email": address, "notify": notify})
    found = tried(api, word)
    assert found["agent"] == word
    assert found["reached"] is True
    assert outcomes(found) == {"email": ("sent", None), "webhook": ("sent", None)}
    assert "test" in mailbox.await_mail(address)["Subject"]
    [delivery] = receiver.await_count(1)
    assert b"nothing" in delivery.body


def test_a_chinese_reader_gets_a_chinese_test(api, word, mailbox, address):
    api.put("agents", word, {"name": "丽娜", "email": address, "locale": "zh-CN"})
    tried(api, word)
    mail = mailbox.await_mail(address)
    assert mail["Subject"] == "Pledge：测试消息"  # noqa: RUF001 - Chinese
    assert "无需处理" in mail.get_content()


def test_what_fails_says_whose_turn_it_is_to_mend_it(api, word, mailbox, address):
    mailbox.refusals[address] = [REFUSED]
    notify = {
        "webhook": f"http://127.0.0.1:{free_port()}/nobody-listens",
        "apprise": ["no-such-chat"],
    }
    api.put("agents", word, {"name": "Ann", "email": address, "notify": notify})
    found = tried(api, word)
    assert found["reached"] is False
    assert outcomes(found) == {
        "email": ("failed", "smtp_550"),
        "webhook": ("failed", "no_answer"),
        "apprise": ("not_set_up", "not_configured"),
    }


def test_who_has_no_channel_is_not_reached(api, word):
    api.put("agents", word, {"name": "Ann"})
    assert tried(api, word)["channels"] == []


def test_the_same_request_again_sends_nothing_more(api, word, mailbox, address):
    api.put("agents", word, {"name": "Ann", "email": address})
    first = tried(api, word, Idempotency_Key=word)
    again = api.post(
        f"/v1/agents/{word}/test-notification", headers={"Idempotency-Key": word}
    )
    assert again.json() == first
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(mailbox.to(address)) == 1


def test_nobody_is_pestered_with_tests(api, word):
    api.put("agents", word, {"name": "Ann"})
    for _ in range(3):
        tried(api, word)
    refused = api.post(f"/v1/agents/{word}/test-notification")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_there_is_no_test_for_who_is_not_there(api, word):
    assert api.post(f"/v1/agents/{word}/test-notification").status_code == 404


@pytest.fixture
def notified(api, word, mailbox):  # noqa: ARG001 - it takes the mail
    """A step tells a person; as `notified(document)` the ticket."""

    def tell(document):
        api.put("agents", word, {"name": "Ann", **document})
        steps = [{"targets": [{"agent": word}]}]
        api.put("escalation-policies", word, {"steps": steps})
        rule = {"when": {"type": word}, "targets": {"first_response": "PT0.2S"}}
        api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
        return api.open_ticket(type=word)

    return tell


def listed(api, **query):
    asked = "&".join(f"{k}={quote(v)}" for k, v in query.items())
    return api.ok("GET", f"/v1/notifications?{asked}")["items"]


def test_who_was_not_reached_is_found_over_all_tickets_with_the_reason(
    api, word, notified, mailbox, address
):
    mailbox.refusals[address] = [REFUSED]
    ticket = notified({"email": address})
    [found] = eventually(lambda: listed(api, state="unreachable", agent=word))
    assert found["ticket_id"] == ticket["id"]
    assert found["unreachable"] == "all channels failed"
    assert [m["detail"] for m in found["messages"]] == ["smtp_550"]
    assert listed(api, state="sent", agent=word) == []


def test_what_was_sent_is_found_by_agent_channel_and_time(api, word, notified, address):
    notified({"email": address})
    [found] = eventually(lambda: listed(api, state="sent,waiting", agent=word))
    assert listed(api, agent=word, channel="email")[0]["id"] == found["id"]
    assert listed(api, agent=word, channel="webhook") == []
    assert listed(api, agent=word, since="2026-01-01T00:00:00+08:00")
    assert listed(api, agent=word, since="2126-01-01T00:00:00+08:00") == []


def test_the_list_comes_in_pages_the_newest_first(api, word, notified):
    tickets = [notified({})["id"] for _ in range(3)]
    eventually(lambda: len(listed(api, agent=word)) == 3)
    path, seen = f"/v1/notifications?agent={word}&limit=2", []
    page = api.ok("GET", path)
    seen += page["items"]
    page = api.ok("GET", f"{path}&cursor={quote(page['next_cursor'])}")
    seen += page["items"]
    assert page["next_cursor"] is None
    assert {n["ticket_id"] for n in seen} == set(tickets)
    times = [n["planned_at"] for n in seen]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("query", ["state=unreachabel", "channel=emial"])
def test_an_unknown_word_is_refused_with_the_nearest(api, query):
    refused = api.get(f"/v1/notifications?{query}")
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert "did you mean" in error["message"]
