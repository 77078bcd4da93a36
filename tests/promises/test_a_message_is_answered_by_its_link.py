"""Who was notified acknowledges, accepts, declines or approves by the link in the
message: no key, one click and a confirmation.
"""

import re

import httpx
import pytest

from tests.support.api_client import plain

LINK = re.compile(r"http://\S+/l/\S+")


@pytest.fixture
def links(api, word, mailbox, address):
    """Of a mail that this person gets: of an escalation, unless they have one."""

    def of(ticket=None, **document):
        if ticket is None:
            api.put("agents", word, {"name": "Ann", "email": address, **document})
            step = {"targets": [{"agent": word}]}
            api.put("escalation-policies", word, {"steps": [step]})
            rule = {"when": {"type": word}, "targets": {"first_response": "PT0.2S"}}
            document = {"match": [rule], "escalation_policy": word}
            api.put("sla-policies", word, document)
            ticket = api.open_ticket(type=word, subject="Heizung <kalt> ❄")
        mail = mailbox.await_mail(address)
        text = mail.get_body(("plain",)).get_content()
        return ticket, LINK.findall(text), mail

    return of


@pytest.fixture
def offered(api, word, address, links):
    """A ticket that is offered to this person by mail."""

    def offer():
        api.put("agents", word, {"name": "Ann", "email": address})
        terms = {"mode": "offer", "offer_timeout": "PT10M"}
        api.put("teams", word, {"members": [word], "assignment": terms})
        ticket = api.open_ticket()
        api.act(ticket, "assign", team=word)
        return links(ticket)

    return offer


def test_looking_at_a_link_changes_nothing_and_says_what_it_would_do(api, links):
    ticket, [url], _ = links()
    for _ in range(2):
        answer = plain("GET", url)
        assert answer.status_code == 200
    assert "Acknowledge this ticket?" in answer.text
    assert "Heizung &lt;kalt&gt; ❄" in answer.text
    assert "ticket.acknowledged" not in api.types(ticket)


def test_a_click_acknowledges_as_that_person_and_a_second_one_adds_nothing(
    api, links, word
):
    ticket, [url], _ = links()
    done = [plain("POST", url) for _ in range(2)]
    assert [answer.status_code for answer in done] == [200, 200]
    assert "You have acknowledged" in done[1].text
    events = [e for e in api.history(ticket) if e["type"] == "ticket.acknowledged"]
    [event] = events
    assert (event["actor"]["id"], event["data"]["by"]) == (word, word)
    assert "<form" not in plain("GET", url).text


def test_what_somebody_else_did_before_is_said_in_plain_words(api, links):
    ticket, [url], _ = links()
    api.act(ticket, "resolve")
    assert "nothing to do here any more" in plain("GET", url).text
    refused = plain("POST", url)
    assert refused.status_code == 409
    assert "nothing to do here any more" in refused.text
    assert "ticket.acknowledged" not in api.types(ticket)


def test_an_offer_is_accepted(api, offered, word):
    ticket, [accept, decline], _ = offered()
    assert plain("POST", accept).status_code == 200
    assert api.read(ticket)["assignee"] == word
    assert plain("POST", decline).status_code == 409


def test_an_offer_is_declined(api, offered):
    ticket, [_, decline], _ = offered()
    assert plain("POST", decline).status_code == 200
    declined = api.await_event(ticket, "assignment.declined")
    assert declined["data"]["reason"] == "by the link in the message"


def test_a_refund_is_approved_by_who_was_asked(api, links, word, address):
    api.put(
        "authorities", f"{word}-lead", {"refund": {"amount": "50", "currency": "CNY"}}
    )
    api.put("agents", word, {"name": "Ann", "email": address, "role": f"{word}-lead"})
    api.put("agents", f"{word}-bo", {"name": "Bo", "manager": word})
    ticket = api.open_ticket()
    refund = {
        "kind": "refund",
        "amount": "12.50",
        "currency": "CNY",
        "reason": "broken",
    }
    api.act(ticket, "approvals", **refund, requested_by=f"{word}-bo")
    _, [approve, _], _ = links(ticket)
    assert "Approve the refund of 12.50 CNY?" in plain("GET", approve).text
    assert plain("POST", approve).status_code == 200
    granted = api.await_event(ticket, "approval.granted")
    assert granted["data"]["actor"] == word


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_was_changed_is_none(links, method):
    _, [url], _ = links()
    refused = httpx.request(method, url[:-3] + "abc")
    assert refused.status_code == 404
    assert "not valid" in refused.text


def test_who_is_not_active_any_more_does_nothing_by_a_link(api, links, word):
    ticket, [url], _ = links()
    api.put("agents", word, {"name": "Ann", "active": False})
    assert plain("POST", url).status_code == 404
    assert "ticket.acknowledged" not in api.types(ticket)


def test_the_page_is_for_its_reader_alone(links):
    _, [url], _ = links()
    headers = plain("GET", url).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Cache-Control"] == "no-store"
    assert "script" not in plain("GET", url).text


def test_a_chinese_reader_gets_a_chinese_page(links):
    _, [url], mail = links(locale="zh-CN")
    assert mail["Subject"].startswith("首次响应已逾期")
    assert "确认处理" in plain("GET", url).text


def test_the_mails_of_one_ticket_are_one_thread(links):
    ticket, [_], mail = links()
    root = f"<ticket.{ticket['id']}@shop.example>"
    assert (mail["In-Reply-To"], mail["References"]) == (root, root)
    assert mail["Message-ID"] != root
    assert mail.get_body(("html",)) is not None
