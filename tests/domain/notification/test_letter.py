"""What a message says: the promise by its name, how late, whose, why you; wholly in the
reader's language.
"""

import re
from datetime import timedelta

import pytest

from domain.lifecycle.facts import Customer
from domain.notification.dispatch_order import MOST_OF_ONE_TICKET, SentRecord, spaced
from domain.notification.message import letter
from domain.notification.notification import fold
from domain.notification.payload import item
from domain.notification.planning import plan
from domain.notification.templates import phrases
from domain.notification.urgency import notification_reasons
from domain.notification.wording import length
from domain.ticket.decide import Assign
from domain.ticket.world import World
from tests.support.documents import parse_preferences
from tests.support.dsl import Story, configured, instant
from tests.support.notifications import NOON, events_of, outgoing

PEOPLE = {
    "top": {"name": "Top"},
    "mia": {"name": "Mia", "manager": "top"},
    "ann": {"name": "Ann", "manager": "mia"},
    "bo": {"name": "Bo"},
}
URL = "https://desk.example/l/abc"


def story(*targets, after="PT0S", metric="first_response", at="72m"):
    step = {"after": after, "targets": list(targets)}
    rule = {"targets": {metric: "PT1H"}}
    config = configured(
        {
            "agents": PEOPLE,
            "teams": {"front": {"members": ["ann", "bo"], "lead": "mia"}},
            "escalation-policies": {"up": {"steps": [step]}},
            "sla-policies": {"care": {"match": [rule], "escalation_policy": "up"}},
        }
    )
    made = Story(
        World(config=config, directory=config.directory),
        subject="暖气不热",
        priority="urgent",
        customer=Customer(external_id="c-9", name="海尔", tier="key_account"),
    )
    return made.when("1m", Assign(agent="ann")).enforce(at)


def written(made, who, language, now="72m"):
    reader = parse_preferences(
        who, {"locale": language, "time_zone": "Asia/Shanghai", "email": "a@b.c"}
    )
    topics = [e.fact.topic for e in made.events]
    upto = made.events[: topics.index("escalation.step_fired") + 1]
    wanted = next(o for o in notification_reasons(upto) if o.person == who)
    facts = plan(wanted, reader, wanted.at)
    found = fold(events_of(facts, wanted.at, number=f"{wanted.about}.{wanted.part}"))
    return letter([item(found, made.events)], reader, instant(now), lambda *_: URL)


def test_it_says_the_promise_by_name_how_late_whose_and_when_it_was_due():
    found = written(story({"agent": "bo"}, {"assignee": True}), "bo", "en")
    assert found.subject == "First response overdue: #1 暖气不热"
    lines = found.text.splitlines()
    assert lines[0] == "First response is overdue by 12 min."
    assert "Customer: 海尔 (key account)" in lines
    assert "Priority: urgent" in lines
    assert "Due: 2026-11-22 21:00 (Asia/Shanghai), first response" in lines
    assert "Why you: the escalation policy names you" in lines
    assert "Also notified: ann" in lines
    assert lines[-1] == URL


def test_before_the_breach_it_says_how_long_is_left():
    made = story({"agent": "bo"}, after="-PT15M", at="46m")
    found = written(made, "bo", "en", now="46m")
    assert found.subject == "First response due soon: #1 暖气不热"
    assert found.text.startswith("First response is due in 14 min.")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"manager_of": "assignee"}, "您是 ann 的直属上级"),
        ({"manager_of": "assignee", "depth": 2}, "您是 ann 的第 2 级上级"),
        ({"lead_of": "front"}, "您是团队 front 的组长"),
        ({"least_loaded": "front"}, "您在团队 front 中手头工单最少"),
        ({"assignee": True}, "您是该工单的负责人"),
    ],
)
def test_a_chinese_reader_reads_why_in_chinese(target, why):
    made = story(target)
    [chosen] = made.chosen()
    found = written(made, chosen.person, "zh-CN")
    assert f"通知您的原因：{why}" in found.text  # noqa: RUF001


@pytest.mark.parametrize("metric", ["first_response", "resolution", "requester_wait"])
def test_a_chinese_message_has_no_english_but_names(metric):
    made = story({"agent": "bo"}, {"team": "front"}, metric=metric)
    found = written(made, "bo", "zh")
    text = found.subject + found.text
    for name in (URL, "Asia/Shanghai", "front", "ann", "bo", "t-1"):
        text = text.replace(name, "")
    assert re.findall(r"[A-Za-z]{2,}", text) == []
    assert "首次响应已逾期 12 分钟" in found.text or metric != "first_response"


def test_html_says_the_same_and_holds_nothing_of_the_tickets_markup():
    made = story({"agent": "bo"})
    found = written(made, "bo", "en")
    assert f'<a href="{URL}">' in found.html
    assert "overdue by 12 min" in found.html
    assert "http" not in found.html.replace(URL, "")


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0.2, "1 s", "1 秒"),
        (59, "59 s", "59 秒"),
        (720, "12 min", "12 分钟"),
        (3_900, "1 h 5 min", "1 小时 5 分钟"),
        (86_400, "1 d", "1 天"),
        (90_061, "1 d 1 h", "1 天 1 小时"),
        (86_460, "1 d", "1 天"),
    ],
)
def test_a_length_of_time_is_said_by_its_largest_units(seconds, en, zh):
    time = timedelta(seconds=seconds)
    assert (length(time, phrases("en")), length(time, phrases("zh"))) == (en, zh)


def sends(count):
    return [
        SentRecord(
            destination="email:ann",
            person="ann",
            tickets=("t-1",),
            at=NOON + timedelta(seconds=n),
            full_at=NOON,
        )
        for n in range(count)
    ]


def test_what_repeats_about_one_ticket_waits_a_minute_and_comes_together():
    many, now = sends(MOST_OF_ONE_TICKET), NOON + timedelta(seconds=10)
    again = outgoing("t-1.9.0", repeats=True)
    calm, postponed = spaced([again], many, now)
    assert calm == []
    assert [one.due_at for one in postponed] == [NOON + timedelta(minutes=1)]
    assert spaced([again], many, postponed[0].due_at)[0] == [again]


def test_another_ticket_and_what_runs_out_are_not_held_back():
    many, now = sends(MOST_OF_ONE_TICKET), NOON + timedelta(seconds=10)
    other = outgoing("t-2.9.0", repeats=True)
    offer = outgoing("t-1.9", repeats=False)
    assert spaced([other, offer], many, now) == ([other, offer], [])


def test_fewer_messages_go_at_once():
    few = sends(MOST_OF_ONE_TICKET - 1)
    again = outgoing("t-1.9.0", repeats=True)
    assert spaced([again], few, NOON + timedelta(seconds=10)) == ([again], [])
