"""The page behind a link in a message: what it says and what it never does."""

from dataclasses import replace

import pytest

from activities.notification.answer import Answerable
from api.notifications.answer_page import HEADERS, page
from domain.notification.links import Link
from domain.notification.payload import Payload
from domain.people.contact import Preferences
from tests.support.dsl import NOON

ITEM = Payload(
    ticket_id="t-1",
    number=7,
    subject="<b>Cold</b>",
    priority="urgent",
    cause="step",
    event="escalation.step_fired",
    person="lina",
    reason="named by the policy",
    at=NOON,
    customer="海尔",
    tier="key_account",
)
OPEN = Answerable(
    state="open",
    link=Link(notification="t-1.7.0", action="acknowledge", expires_at=NOON),
    item=ITEM,
    reader=Preferences(name="丽娜", locale="zh-CN"),
)


def test_it_says_in_the_persons_language_what_it_will_do_and_of_which_ticket():
    found = page(OPEN, "en", NOON)
    assert "确认处理该工单？" in found  # noqa: RUF001 - Chinese
    assert "大客户" in found
    assert "&lt;b&gt;Cold&lt;/b&gt;" in found
    assert '<form method="post">' in found


@pytest.mark.parametrize("state", ["done", "outdated", "expired"])
def test_where_there_is_nothing_to_do_there_is_no_button(state):
    assert "<form" not in page(replace(OPEN, state=state), "en", NOON)


def test_a_link_that_has_expired_shows_nothing_of_the_ticket():
    assert "Cold" not in page(replace(OPEN, state="expired"), "en", NOON)


@pytest.mark.parametrize(("asked", "said"), [("zh-CN,zh;q=0.9", "无效"), ("de", "not")])
def test_a_link_of_nobody_is_answered_in_the_language_of_the_browser(asked, said):
    assert said in page(Answerable(state="unknown"), asked, NOON)


def test_nothing_is_fetched_from_anywhere_and_nothing_runs():
    found = page(OPEN, "en", NOON)
    assert "http" not in found
    assert "<script" not in found
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]
