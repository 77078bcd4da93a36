"""Whom a step tells, hears of it, by one channel or the next; or the ticket says not.

A real SMTP server and real HTTP endpoints take the messages.
"""

import json
import threading

import psycopg
import pytest
from standardwebhooks.webhooks import WebhookVerificationError
from typing_extensions import override

from infra.embedded.postgres import OWNER
from tests.support.api_client import eventually
from tests.support.installation import CHAT_TOKEN
from tests.support.webhook_receiver import Receiver

REFUSED, BUSY = "550 no such user", "451 try again later"


@pytest.fixture
def told(api, word, mailbox):  # noqa: ARG001 - whoever is told may be told by e-mail
    """A person is told of a ticket whose promise is broken at once; as `told(document)`
    it returns the ticket, and tells of another one each time.
    """

    def tell(document, **fields):
        api.put("agents", word, {"name": "Ann", **document})
        step = {"targets": [{"agent": word}]}
        api.put("escalation-policies", word, {"steps": [step]})
        rule = {"when": {"type": word}, "targets": {"first_response": "PT0.2S"}}
        api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
        return api.open_ticket(type=word, **fields)

    return tell


@pytest.fixture
def notification(api):
    """The one notification of a ticket, once it is in this state."""

    def awaited(ticket, state):
        def found():
            path = f"/v1/tickets/{ticket['id']}/notifications"
            items = api.ok("GET", path)["items"]
            return [i for i in items if i["state"] == state]

        return eventually(found)[0]

    return awaited


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def by(channel, **more):
    return {"channel": channel, **more}


def test_an_e_mail_says_which_ticket_and_why_this_person(
    told, mailbox, address, notification
):
    ticket = told({"email": address}, subject="Heizung kalt ❄")
    mail = mailbox.await_mail(address)
    assert f"#{ticket['number']}" in mail["Subject"]
    text = text_of(mail)
    assert "Heizung kalt ❄" in text
    assert "the escalation policy names you" in text
    assert mail["From"] == "Pledge <pledge@shop.example>"
    found = notification(ticket, "sent")
    assert mail["Message-ID"] == f"<{found['id']}.0@shop.example>"
    [message] = found["messages"]
    assert (message["channel"], message["attempts"]) == ("email", 1)


def test_the_ticket_says_notified_once_a_message_left_and_by_which_channel(
    told, receiver, api, word
):
    notify = {
        "rules": [by("webhook"), by("email", after="PT1H")],
        "webhook": receiver.url,
    }
    ticket = told({"email": f"{word}@shop.example", "notify": notify})
    found = api.await_event(ticket, "escalation.notified")["data"]
    assert (found["person"], found["channel"], found["step"]) == (word, "webhook", 0)
    types = api.types(ticket)
    assert types.index("escalation.step_fired") < types.index("escalation.notified")


def test_who_was_chosen_and_is_not_reached_is_not_notified(
    told, mailbox, address, notification, api, word
):
    mailbox.refusals[address] = [REFUSED]
    ticket = told({"email": address})
    notification(ticket, "unreachable")
    api.await_event(ticket, "escalation.undelivered")
    [fired] = [e for e in api.history(ticket) if e["type"] == "escalation.step_fired"]
    assert [c["person"] for c in fired["data"]["chosen"]] == [word]
    assert "escalation.notified" not in api.types(ticket)


def test_a_person_reads_chinese_and_local_time_who_asked_for_it(told, mailbox, address):
    told({"email": address, "locale": "zh-CN", "time_zone": "Asia/Shanghai"})
    mail = mailbox.await_mail(address)
    assert "首次响应" in mail["Subject"]
    assert "(Asia/Shanghai)" in text_of(mail)


def test_a_webhook_brings_the_ticket_as_json(told, receiver, word):
    ticket = told({"notify": {"rules": [by("webhook")], "webhook": receiver.url}})
    [delivery] = receiver.await_count(1)
    body = json.loads(delivery.body)
    assert delivery.id == body["id"]
    assert body["person"] == word
    assert [t["ticket_id"] for t in body["tickets"]] == [ticket["id"]]


def secret_of(api, name):
    answer = api.get(f"/v1/agents/{name}/webhook-secret")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return answer.json()


def test_a_webhook_is_signed_by_a_secret_of_the_persons_own(told, receiver, api, word):
    notify = {"rules": [by("webhook")], "webhook": receiver.url}
    told({"notify": notify})
    [first] = receiver.await_count(1)
    old = secret_of(api, word)
    assert (old["version"], first.verified(old["secret"])["person"]) == (1, word)
    told({"notify": notify | {"webhook_secret_version": 2}})
    _, second = receiver.await_count(2)
    new = secret_of(api, word)
    assert (new["version"], second.verified(new["secret"])["person"]) == (2, word)
    with pytest.raises(WebhookVerificationError):
        second.verified(old["secret"])


def test_the_secret_of_a_webhook_is_shown_but_neither_recorded_nor_logged(
    installation, told, receiver, api, word, notification
):
    notify = {"rules": [by("webhook")], "webhook": receiver.url}
    notification(told({"notify": notify}), "sent")
    secret = secret_of(api, word)["secret"].removeprefix("whsec_")
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        rows = connection.execute("SELECT state FROM stored_events").fetchall()
    assert secret.encode() not in b"".join(bytes(state) for (state,) in rows)
    for process in ("api", "followers"):
        assert secret not in installation.data.log(process).read_text()


def test_there_is_no_secret_of_somebody_who_is_not_there(api, word):
    assert api.get(f"/v1/agents/{word}/webhook-secret").status_code == 404


def test_a_chat_tool_is_told_by_the_name_that_the_operator_gave_it(
    installation, told, notification
):
    with Receiver(port=installation.chat_port) as chat:
        ticket = told({"notify": {"rules": [by("apprise")], "apprise": ["team-chat"]}})
        [delivery] = chat.await_count(1)
    assert f"#{ticket['number']}" in json.loads(delivery.body)["title"]
    [message] = notification(ticket, "sent")["messages"]
    assert message["target"] == "team-chat"


def test_when_an_address_is_refused_the_next_channel_is_used_at_once(
    told, mailbox, receiver, address, notification
):
    mailbox.refusals[address] = [REFUSED]
    rules = [by("email"), by("webhook", after="PT1H")]
    notify = {"rules": rules, "webhook": receiver.url}
    ticket = told({"email": address, "notify": notify})
    receiver.await_count(1)
    mail, hook = notification(ticket, "sent")["messages"]
    assert (mail["state"], mail["detail"]) == ("failed", "smtp_550")
    assert hook["state"] == "sent"


def test_what_is_urgent_does_not_wait_for_an_endpoint_that_answers_with_faults(
    told, mailbox, address, notification
):
    with Receiver(*[500] * 100) as faulty:
        rules = [by("webhook"), by("email", after="PT1H")]
        ticket = told(
            {"email": address, "notify": {"rules": rules, "webhook": faulty.url}}
        )
        mailbox.await_mail(address)
        hook, mail = notification(ticket, "sent")["messages"]
    assert mail["state"] == "sent"
    assert hook["detail"] == "notified by email meanwhile"


def test_two_channels_at_once_are_both_used_once(
    told, mailbox, receiver, address, notification
):
    notify = {"rules": [by("email"), by("webhook")], "webhook": receiver.url}
    ticket = told({"email": address, "notify": notify})

    def both():
        messages = notification(ticket, "sent")["messages"]
        return messages if all(m["state"] == "sent" for m in messages) else None

    assert [m["attempts"] for m in eventually(both)] == [1, 1]
    assert (len(mailbox.to(address)), len(receiver.got)) == (1, 1)


def test_a_server_that_is_busy_is_asked_again(told, mailbox, address, notification):
    mailbox.refusals[address] = [BUSY]
    ticket = told({"email": address})
    mailbox.await_mail(address)
    [message] = notification(ticket, "sent")["messages"]
    assert message["attempts"] == 2


def test_esc_083_who_has_no_channel_is_on_the_ticket_as_unreachable(
    told, notification, word
):
    found = notification(told({}), "unreachable")
    assert (found["person"], found["unreachable"]) == (word, "no channel")
    assert found["messages"] == []


def test_when_every_channel_failed_the_ticket_says_so(
    told, mailbox, address, notification
):
    mailbox.refusals[address] = [REFUSED]
    rules = [by("email"), by("apprise", after="PT1H")]
    notify = {"rules": rules, "apprise": ["nothing-such"]}
    found = notification(told({"email": address, "notify": notify}), "unreachable")
    assert found["unreachable"] == "all channels failed"
    assert [m["detail"] for m in found["messages"]] == ["smtp_550", "not_configured"]


def test_esc_085_who_acknowledges_in_time_spares_the_message(
    api, told, mailbox, address, notification
):
    notify = {"rules": [by("email", after="PT2S")]}
    ticket = told({"email": address, "notify": notify})
    notification(ticket, "waiting")
    api.act(ticket, "acknowledge")
    [message] = notification(ticket, "dropped")["messages"]
    assert message["detail"].startswith("acknowledged by")
    assert mailbox.to(address) == []


class HeldReceiver(Receiver):
    """Answers when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    @override
    def _take(self, delivery):
        status = super()._take(delivery)
        self.go_on.wait(15)
        return status


def test_esc_089_what_comes_while_one_is_on_its_way_comes_as_one(
    told, api, notification
):
    with HeldReceiver() as held:
        notify = {"rules": [by("webhook")], "webhook": held.url}
        first = told({"notify": notify})
        held.await_count(1)
        others = [api.open_ticket(type=first["type"]) for _ in range(3)]
        for ticket in others:
            notification(ticket, "waiting")
        held.go_on.set()
        for ticket in others:
            notification(ticket, "sent")
        alone, together = [json.loads(d.body)["tickets"] for d in held.got]
    assert [t["ticket_id"] for t in alone] == [first["id"]]
    assert {t["ticket_id"] for t in together} == {t["id"] for t in others}


def test_tries_are_counted_by_channel(api, told, mailbox, address, notification):
    notification(told({"email": address}), "sent")
    assert mailbox.to(address)
    figures = api.get("/metrics").text
    assert 'pledge_notifications_total{channel="email",state="sent"}' in figures


def test_neither_addresses_nor_tokens_are_in_what_is_recorded_or_logged(
    installation, told, address, notification
):
    rules = [by("email"), by("apprise")]
    document = {"email": address, "notify": {"rules": rules, "apprise": ["team-chat"]}}
    notification(told(document), "sent")
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        rows = connection.execute(
            "SELECT state FROM stored_events WHERE starts_with(topic, 'notification.')"
        ).fetchall()
    recorded = b"".join(bytes(state) for (state,) in rows).decode()
    logged = installation.data.log("followers").read_text()
    assert rows
    for secret in (address, CHAT_TOKEN):
        assert secret not in recorded
        assert secret not in logged


def items(api, ticket, cause):
    found = api.ok("GET", f"/v1/tickets/{ticket['id']}/notifications")["items"]
    return [item for item in found if item["cause"] == cause]


def test_a_chat_tool_that_the_operator_did_not_set_up_is_warned_of_by_name(api, word):
    notify = {"rules": [by("apprise")], "apprise": ["team-chat", word]}
    published = api.put("agents", word, {"name": "Ann", "notify": notify})
    [warning] = published["warnings"]
    assert warning["pointer"] == "/notify/apprise/1"
    assert CHAT_TOKEN not in warning["message"]
    found = api.every("/v1/config/warnings")
    pointers = [w["pointer"] for w in found if w["name"] == word]
    assert pointers == ["/notify/apprise/1"]


def test_who_is_offered_a_ticket_hears_until_when_and_how_to_take_it(
    api, word, mailbox, address
):
    api.put("agents", word, {"name": "Ann", "email": address})
    api.put("teams", word, {"members": [word], "assignment": {"mode": "offer"}})
    ticket = api.act(api.open_ticket(), "assign", team=word)
    mail = mailbox.await_mail(address)
    assert ticket["offer"]["expires_at"][:16].replace("T", " ") in mail["Subject"]
    assert "Accept:" in text_of(mail)
    [told] = items(api, ticket, "offered")
    assert (told["event"], told["urgency"]) == ("assignment.offered", "high")
    assert (told["clock"], told["step"], told["repetition"]) == (None, None, None)


def test_an_offer_that_was_accepted_meanwhile_is_told_no_more(
    api, word, address, notification
):
    rules = [by("email", after="PT1S")]
    api.put(
        "agents", word, {"name": "Ann", "email": address, "notify": {"rules": rules}}
    )
    api.put("teams", word, {"members": [word], "assignment": {"mode": "offer"}})
    ticket = api.act(api.open_ticket(), "assign", team=word)
    api.act(ticket, "accept", agent=word)
    [message] = notification(ticket, "dropped")["messages"]
    assert message["detail"].startswith("the offer was accepted")


def test_who_watches_hears_that_the_ticket_is_resolved_but_not_who_resolved_it(
    api, word, mailbox, address
):
    people = {word: {"email": address}, f"{word}-me": {"email": f"me-{address}"}}
    for name, document in people.items():
        api.put("agents", name, {"name": "Ann", **document})
    mine = {"name": f"{word}-me", "role": "ops", "agent": f"{word}-me"}
    me = api.ok("POST", "/v1/keys", mine)
    step = {"targets": [{"agent": word}], "watch": list(people)}
    api.put("escalation-policies", word, {"steps": [step]})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT0.2S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    api.await_event(ticket, "escalation.exhausted")
    path = f"/v1/tickets/{ticket['id']}/resolve"
    mine = {"Authorization": f"Bearer {me['key']}"}
    assert api.post(path, json={}, headers=mine).status_code == 200

    def resolved():
        mails = mailbox.to(address)
        return any("It is resolved" in text_of(mail) for mail in mails)

    eventually(resolved, 15)
    told = [i["person"] for i in items(api, ticket, "watched")]
    assert told == [word, f"{word}-me", word]


def test_who_is_asked_to_approve_hears_how_much_and_why(api, word, mailbox, address):
    limit = {"refund": {"currency": "CNY", "amount": "2000"}}
    api.put("authorities", word, limit)
    api.put("agents", f"{word}-mia", {"name": "M", "role": word, "email": address})
    api.put("agents", word, {"name": "Ann", "manager": f"{word}-mia"})
    ask = {"kind": "refund", "reason": "it came broken", "requested_by": word}
    api.act(api.open_ticket(), "approvals", **ask, currency="CNY", amount="12.50")
    mail = mailbox.await_mail(address)
    assert "refund of 12.50 CNY" in mail["Subject"]
    assert "it came broken" in text_of(mail)


def test_who_asked_for_money_hears_that_it_was_rejected_by_whom_and_why(
    api, word, mailbox, address
):
    api.put("authorities", word, {"refund": {"currency": "CNY", "amount": "2000"}})
    api.put("agents", f"{word}-mia", {"name": "M", "role": word})
    ann = {"name": "Ann", "manager": f"{word}-mia", "email": address}
    api.put("agents", word, ann)
    ask = {"kind": "refund", "reason": "it came broken", "requested_by": word}
    ticket = api.act(
        api.open_ticket(), "approvals", **ask, currency="CNY", amount="12.50"
    )
    api.act(ticket, "approvals/1/reject", by=f"{word}-mia", reason="no photo of it")
    mail = mailbox.await_mail(address)
    assert "Refund of 12.50 CNY rejected" in mail["Subject"]
    assert f"by {word}-mia" in text_of(mail)
    assert "no photo of it" in text_of(mail)


def test_where_nobody_can_be_asked_for_money_the_teams_lead_hears_of_it_too(
    api, word, mailbox, address
):
    api.put("agents", word, {"name": "Ann", "email": address})
    lead = f"{word}-lead"
    api.put("agents", lead, {"name": "Lead", "email": f"lead-{address}"})
    api.put("teams", word, {"members": [word], "lead": lead})
    ticket = api.act(api.open_ticket(), "assign", team=word)
    ask = {"kind": "refund", "reason": "it came broken", "requested_by": word}
    api.act(ticket, "approvals", **ask, currency="CNY", amount="12.50")
    for mail in (mailbox.await_mail(address), mailbox.await_mail(f"lead-{address}")):
        assert "No approver for a refund of 12.50 CNY" in mail["Subject"]
    found = items(api, ticket, "unresolved")
    assert [i["person"] for i in found] == [word, lead]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"email": "no address"}, "/email"),
        ({"notify": {"rules": [by("email")]}}, "/notify/rules/0/channel"),
        ({"notify": {"rules": [by("pigeon")]}}, "/notify/rules/0/channel"),
        (
            {"email": "a@b.c", "notify": {"rules": [by("email", after="soon")]}},
            "/notify/rules/0/after",
        ),
        (
            {"notify": {"apprise": ["slack://token@channel"]}},
            "/notify/apprise/0",
        ),
        ({"notify": {"webhook": "ftp://host"}}, "/notify/webhook"),
        (
            {"notify": {"webhook_secret_version": 0}},
            "/notify/webhook_secret_version",
        ),
        ({"time_zone": "Mars"}, "/time_zone"),
        ({"notify": {"quiet_hours": {"from": "22:00", "to": "07:00"}}}, "/time_zone"),
        (
            {
                "time_zone": "UTC",
                "notify": {"quiet_hours": {"from": "22:00", "to": "25:00"}},
            },
            "/notify/quiet_hours/to",
        ),
    ],
)
def test_what_is_wrong_in_an_agents_document_is_named(api, word, document, pointer):
    answer = api.request("PUT", f"/v1/agents/{word}", json={"name": "Ann", **document})
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_an_agent_without_a_channel_is_warned_of_when_published(api, word):
    published = api.put("agents", word, {"name": "Ann"})
    assert [w["pointer"] for w in published["warnings"]] == ["/notify"]


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://[::1", "http://h:99999/"])
def test_a_webhook_to_which_nothing_is_ever_sent_is_warned_of(api, word, url):
    document = {"name": "Ann", "email": "a@shop.example", "notify": {"webhook": url}}
    [warning] = api.put("agents", word, document)["warnings"]
    assert warning["pointer"] == "/notify/webhook"
