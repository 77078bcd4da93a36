"""In which order, and in which words, people are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.notification.dispatch_order import SentRecord, in_order, since
from domain.notification.message import letter
from domain.notification.payload import item
from domain.ticket.decide import Resolve
from tests.support.dsl import NOON
from tests.support.notifications import outgoing
from tests.support.tellings import (
    AS_ANN,
    asked,
    decided,
    last_notified,
    led_by,
    notified,
    queue,
    watched,
    written,
)


def test_what_is_watched_goes_after_what_needs_somebody():
    before = SentRecord(
        destination="email:ann", person="ann", tickets=("t-2",), at=NOON, full_at=NOON
    )
    news = since(outgoing("t-2.9.4", kind="status_update"), [before])
    alert = outgoing("t-1.7", kind="further_alert", due_at=NOON + timedelta(hours=1))
    assert in_order([news, alert]) == [alert, news]


def test_an_offer_says_until_when_and_how_to_accept():
    found = written(queue(), "bo", "assignment.offered")
    assert "until 2026-11-22 20:02 (Asia/Shanghai)" in found.subject
    assert "https://desk.example/accept" in found.text
    assert "https://desk.example/decline" in found.text
    assert "acknowledge" not in found.text


def test_a_wish_for_approval_says_how_much_and_why():
    found = written(asked(), "mia", "approval.requested")
    assert found.subject == "Approval needed, refund of 12.50 CNY: #1 Cold"
    assert "Requested by: ann\nReason: it came broken" in found.text
    assert "https://desk.example/approve" in found.text
    assert "https://desk.example/reject" in found.text
    assert "退款 12.50 CNY" in written(asked(), "mia", "approval.requested", "zh").text


def test_a_decision_says_which_and_by_whom_and_why():
    story = decided(asked(), grant=False)
    found = written(story, "ann", "approval.rejected")
    assert found.subject == "Refund of 12.50 CNY rejected: #1 Cold"
    assert "was rejected by mia" in found.text
    assert "no photo" in found.text
    found = written(story, "ann", "approval.rejected", "zh")
    assert found.subject == "退款 12.50 CNY 已拒绝：#1 Cold"  # noqa: RUF001


def test_where_nobody_can_be_asked_the_letter_says_what_for_and_why_you():
    found = written(led_by("chen"), "chen", "approval.requested")
    assert found.subject == "No approver for a refund of 12.50 CNY: #1 Cold"
    assert "Requested by: ann\nReason: it came broken" in found.text
    assert "Why you: you are the lead of the ticket's team" in found.text


def test_who_got_it_by_a_rule_and_who_watches_are_notified_so():
    story = queue("direct")
    found = letter([item(last_notified(story), story.events)], AS_ANN)
    assert found.subject == "Assigned to you: #1 Cold"
    story = watched().when("3h", Resolve())
    assert written(story, "mia", "ticket.resolved").subject == (
        "It is resolved: #1 Cold"
    )
    news = written(story, "ann", "escalation.exhausted", "zh")
    assert news.subject == "首次响应的升级已到最后一步，仍无人处理：#1 Cold"  # noqa: RUF001


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_cause_has_words_in_every_language(language):
    stories = [
        (queue(), "bo", "assignment.offered"),
        (asked(), "mia", "approval.requested"),
        (decided(asked()), "ann", "approval.granted"),
        (led_by("chen"), "chen", "approval.requested"),
        (watched(), "bo", "escalation.step_fired"),
        (watched(), "ann", "escalation.exhausted"),
    ]
    for story, who, topic in stories:
        found = written(story, who, topic, language)
        assert "None" not in found.subject + found.text
        assert "{" not in found.subject


def test_one_letter_of_a_ticket_names_what_needs_the_reader_first():
    story = watched()
    both = [
        item(notified(story, "ann", "escalation.exhausted"), story.events),
        item(notified(story, "bo", "escalation.step_fired"), story.events),
    ]
    found = letter(both, AS_ANN)
    assert found.subject == "First response overdue: #1 Cold"
    assert "ended without an answer" in found.text
    other = [replace(both[0], ticket_id=f"t-{i}") for i in (2, 3)]
    assert letter(other, AS_ANN).subject == "Updates on 2 tickets"
