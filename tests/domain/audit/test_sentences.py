"""Every event can be read out, in both languages."""

from datetime import timedelta
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.audit.sentences import EN, LANGUAGES, ZH, length, say, sentence
from domain.event import SYSTEM, Actor, Event, Meta
from domain.personal import _shape, is_personal
from infra.eventstore.topics import FACTS
from tests.laws.test_any_history import COMMANDS, MOMENT, told
from tests.support.dsl import NOON, Story, promising
from tests.support.facts import facts

IN = pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)


def event(fact, actor=SYSTEM, **meta):
    known = {"command_id": "c", "correlation_id": "r", "causation_id": "c"} | meta
    return Event("s", 1, NOON, Meta(actor=actor, **known), fact)


@IN
def test_there_is_a_sentence_for_every_event_type_and_for_no_other(words):
    assert set(words.sentences) == set(FACTS)


@pytest.mark.parametrize("topic", sorted(FACTS))
@settings(max_examples=15)
@given(st.data())
def test_whatever_an_event_holds_it_can_be_read_out(topic, data):
    found = event(data.draw(facts(topic)))
    for words in LANGUAGES.values():
        said = sentence(found, words)
        assert said.endswith((".", "。"))


@given(COMMANDS)
@MOMENT
def test_a_whole_life_can_be_read_out(commands):
    for found in told(commands).enforce("9h").events:
        assert all(sentence(found, words) for words in LANGUAGES.values())


def personal_fields(kind, above=""):
    for name, how in _shape(kind):
        yield above + name
        if isinstance(how, type):
            yield from personal_fields(how, f"{above}{name}.")


@pytest.mark.parametrize("topic", sorted(t for t in FACTS if is_personal(FACTS[t])))
def test_no_sentence_holds_what_is_personal(topic):
    personal = set(personal_fields(FACTS[topic]))
    assert personal
    for words in LANGUAGES.values():
        said = words.sentences[topic]
        assert not {name for _, name, _, _ in Formatter().parse(said)} & personal


def test_what_is_missing_is_left_out():
    story = Story(promising({"resolution": "1h"}))
    [matched] = [e for e in story.events if e.fact.topic == "sla.matched"]
    [attached] = [e for e in story.events if e.fact.topic == "sla.attached"]
    assert sentence(matched, EN) == (
        "The SLA policies were matched: resolution within 1 h by rule 0 of care,"
        " version 1."
    )
    assert sentence(attached, ZH) == (
        "计时解决第1轮于2026-11-22 12:00:00 UTC开始，目标1小时，"  # noqa: RUF001
        "依据care第1版的规则0，应于2026-11-22 13:00:00 UTC前完成。"  # noqa: RUF001
    )


def test_who_acted_for_somebody_is_named_with_them():
    story = Story(promising({"resolution": "1h"}))
    opening = story.events[0].fact
    service = Actor(id="bot", kind="user", on_behalf_of="ann")
    assert sentence(event(opening, service), EN).startswith("bot on behalf of ann ")


@pytest.mark.parametrize(
    ("time", "english"),
    [
        (timedelta(days=2, hours=1), "2 d 1 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(milliseconds=250), "0.25 s"),
        (timedelta(0), "0 s"),
        (timedelta(minutes=-5), "-5 min"),
    ],
)
def test_lengths_of_time_are_said_in_units(time, english):
    assert length(time, EN) == english


def test_in_chinese_the_words_of_the_log_are_chinese_and_names_stay():
    template = "{clock} {visibility} {author} {kind}"
    values = {
        "clock": "first_response/2",
        "visibility": "public",
        "author": "agent",
        "kind": "a kind of one's own",
    }
    said = say(template, values, LANGUAGES["zh"])
    assert said == "首次响应/2 公开 agent a kind of one's own"
