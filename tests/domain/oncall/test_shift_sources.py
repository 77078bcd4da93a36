"""Texts in the place of rotations: who is meant, what is kept, what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.configuration.bundle import Bundle
from domain.configuration.configuration import Configuration, fold_config
from domain.configuration.on_call_book import fold_oncall
from domain.configuration.publishing import Submission, publish, unchanged
from domain.configuration.reading import references
from domain.configuration.warnings import config_warnings
from domain.errors import FieldError, InvalidError
from domain.event import Event
from domain.oncall.book import OnCallBook
from domain.oncall.shift_people import FoundShift
from domain.oncall.shift_sources import (
    MOST_CHARACTERS,
    FoundShifts,
    ShiftSource,
    spell_out,
)
from domain.oncall.shifts import shifts
from domain.simulation.overlay import with_draft
from tests.support.dsl import BY_ANN, NOON, configured
from tests.support.oncall import layer

AGENTS = {
    "ann": {"name": "Ann Li", "email": "ann@shop.example"},
    "bo": {"name": "Bo", "email": "Bo@shop.example"},
    "chen": {"name": "Chen"},
}
EVE = datetime(2026, 12, 24, 17, tzinfo=UTC)
NIGHT = timedelta(hours=15)


def found(summary, *mails, begin=EVE):
    return FoundShift(begin=begin, end=begin + NIGHT, summary=summary, mails=mails)


def imported(**fields):
    return {"name": "imported", "ical": "BEGIN:VCALENDAR", **fields}


def document(*layers, **fields):
    return {"tz": "Europe/Berlin", "layers": list(layers or [imported()]), **fields}


def read(*events, warnings=()):
    return lambda _: FoundShifts(shifts=events, warnings=warnings)


def published(*events, config=None, written=None, at=None, **fields):
    written = written or document(imported(**fields))
    config = config or configured({"agents": AGENTS})
    expansion = spell_out(written, read(*events))
    return publish(config, "schedules", "front", written, expansion, at)


def people(*events, **fields):
    return [
        s["person"]
        for s in published(*events, **fields).resolved["layers"][0]["shifts"]
    ]


def refused(*events, **fields):
    with pytest.raises(InvalidError) as caught:
        published(*events, **fields)
    return [(error.pointer, error.message) for error in caught.value.errors]


# who is meant


@pytest.mark.parametrize("summary", ["ann", " Ann ", "ANN", "ann@shop.example"])
def test_an_agents_own_name_and_address_need_no_saying(summary):
    assert people(found(summary)) == ["ann"]


def test_the_document_says_who_is_meant_by_a_text():
    meant = {"Ann Li": "ann", "Li, Bo": "bo"}
    assert people(found("ann li"), people=meant) == ["ann"]
    assert people(found("Li, Bo"), people=meant) == ["bo"]


def test_what_the_document_says_goes_before_an_agents_own_name():
    assert people(found("ann"), people={"ann": "chen"}) == ["chen"]


def test_several_people_separated_by_commas_are_on_call_together():
    assert people(found("ann, Bo,ann")) == ["ann", "bo"]


def test_who_takes_part_counts_where_the_summary_says_nobody():
    assert people(found("On call", "bo@shop.example")) == ["bo"]
    assert people(found("", "BO@shop.example", "ann@shop.example")) == ["bo", "ann"]
    assert people(found("ann", "bo@shop.example")) == ["ann"]


def test_somebody_unknown_is_refused_by_name():
    [(pointer, message)] = refused(found("Dan"), found("Dan"), found("ann"))
    assert pointer == "/layers/0/ical"
    assert message == (
        "'Dan' is not an agent: map it to one in `people` (first at 2026-12-24T17:00Z)"
    )


def test_one_unknown_of_several_is_refused():
    assert "'Dan'" in refused(found("ann, Dan"))[0][1]
    assert "'x@y.example'" in refused(found("", "bo@shop.example", "x@y.example"))[0][1]


def test_an_event_that_says_nobody_is_refused():
    assert "names nobody" in refused(found(""))[0][1]


def test_of_many_unknown_the_first_are_named():
    said = refused(*(found(f"p{n}") for n in range(40)))
    assert (len(said), "others are not agents" in said[-1][1]) == (21, True)


def test_a_name_that_is_two_peoples_is_nobodys():
    shared = {"email": "desk@shop.example"}
    agents = {"ann": {"name": "a"} | shared, "bo": {"name": "b"} | shared}
    config, text = configured({"agents": agents}), shared["email"]
    assert f"{text!r} is not an agent" in refused(found(text), config=config)[0][1]
    assert people(found(text), config=config, people={text: "bo"}) == ["bo"]


def test_more_people_than_a_text_may_name_are_refused():
    assert refused(found(",".join(["ann"] * 200)))


# what is kept


def test_the_words_are_kept_and_the_shifts_beside_them_in_utc():
    written = document(
        imported(people={"Ann Li": "ann"}, priority=3, until="2027-01-01")
    )
    fact = published(found("Ann Li"), written=written)
    assert fact.document == written
    assert fact.resolved == {
        "tz": "Europe/Berlin",
        "layers": [
            {
                "name": "imported",
                "priority": 3,
                "until": "2027-01-01",
                "shifts": [
                    {
                        "from": "2026-12-24T17:00:00Z",
                        "to": "2026-12-25T08:00:00Z",
                        "person": "ann",
                    }
                ],
            }
        ],
    }


def test_a_schedule_without_a_text_is_kept_as_it_was_written():
    fact = published(written=document(layer("ann")))
    assert fact.resolved is None


def event(fact, version=1):
    return Event("schedules/front", version, NOON, BY_ANN, fact)


def test_a_replay_asks_only_what_was_spelled_out():
    fact = published(found("ann"))
    fact = replace(fact, document=document(imported(ical="something else by now")))
    window = EVE - NIGHT, EVE + 2 * NIGHT
    [shift] = shifts(fold_oncall([event(fact)]).plan("front"), *window)
    assert (shift.person, shift.begin, shift.end) == ("ann", EVE, EVE + NIGHT)
    current = fold_config([event(fact)]).entry("schedules", "front").current
    assert current.schedule.layers[0].source.people == ("ann",)


def test_the_same_words_are_a_change_when_the_shifts_behind_them_are_others():
    fact = published(found("ann"))
    config = fold_config([event(fact)], configured({"agents": AGENTS}))
    later = found("ann", begin=EVE + 2 * NIGHT)

    def same(*events):
        text = spell_out(document(), read(*events))
        return unchanged(
            config,
            Submission(
                kind="schedules", name="front", document=document(), expansion=text
            ),
        )

    assert same(found("ann"))
    assert not same(found("ann"), later)
    assert not same(found("bo"))
    assert published(found("bo")).sha256 != fact.sha256


def test_until_when_a_series_is_known_is_said_with_the_other_warnings():
    config, written = configured({"agents": AGENTS}), document()
    until = FieldError("/layers/0/ical", "expanded until 2027-11-24")
    expansion = spell_out(written, read(found("ann"), warnings=(until,)))
    fact = publish(config, "schedules", "front", written, expansion, EVE)
    assert fact.warnings[0] == until
    assert [w.pointer for w in fact.warnings[1:]] == ["/layers"]


def test_what_is_said_of_its_shifts_is_said_of_the_text():
    agents = {**AGENTS, "ann": {"name": "Ann", "active": False}}
    config = configured({"agents": agents})
    fact = published(found("ann"), config=config, at=EVE + 9 * NIGHT)
    said = {w.pointer: w.message for w in fact.warnings if "ical" in w.pointer}
    assert said == {"/layers/0/ical": "has no shift ahead: the layer does nothing"}
    inactive = FieldError("/layers/0/ical", "the agent 'ann' is not active")
    assert inactive in fact.warnings
    kept = fold_config([event(fact)], config)
    pointers = [
        w.pointer
        for w in config_warnings(kept, OnCallBook(), EVE)
        if w.kind == "schedules"
    ]
    assert "/layers/0/ical" in pointers


# what is refused


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"ical": ""}, "/ical"),
        ({"ical": 3}, "/ical"),
        ({"ical": "x" * (MOST_CHARACTERS + 1)}, "/ical"),
        ({"people": ["ann"]}, "/people"),
        ({"people": {"a": 1}}, "/people/a"),
        ({"people": {"A/b": "nobody"}}, "/people/A~1b"),
        ({"people": {"A": "ann", "a ": "bo"}}, "/people/a "),
        ({"rotation": layer("ann")["rotation"]}, "/rotation"),
        ({"shifts": []}, "/shifts"),
        ({"tz": "Mars/Base"}, "/tz"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_wrong_around_a_text_is_named(fields, pointer):
    assert f"/layers/0{pointer}" in dict(refused(found("ann"), **fields))


def test_the_text_and_all_the_rest_are_refused_in_one_answer():
    def unreadable(source):
        raise InvalidError.at(f"{source.pointer}/ical", "is no iCalendar text")

    written = document(imported(until="soon"), layer("zoe"), tz="Mars/Base")
    expansion = spell_out(written, unreadable)
    with pytest.raises(InvalidError) as caught:
        publish(Configuration(), "schedules", "front", written, expansion)
    assert {error.pointer for error in caught.value.errors} == {
        "/tz",
        "/layers/0/ical",
        "/layers/0/until",
        "/layers/1/rotation/people/0",
    }


def test_a_text_that_nobody_read_is_no_schedule():
    with pytest.raises(InvalidError):
        publish(configured({"agents": AGENTS}), "schedules", "front", document())


def test_a_schedule_has_few_texts():
    many = document(*(imported(name=f"l{n}") for n in range(11)))
    assert [pointer for pointer, _ in refused(written=many)] == ["/layers/10/ical"]


def test_the_reader_is_told_the_zone_of_the_layer():
    asked: list[ShiftSource] = []

    def reading(source):
        asked.append(source)
        return FoundShifts(shifts=())

    spell_out(document(imported(), imported(tz="Asia/Tokyo")), reading)
    assert [(s.pointer, s.tz) for s in asked] == [
        ("/layers/0", "Europe/Berlin"),
        ("/layers/1", "Asia/Tokyo"),
    ]


# who is named


def test_the_agents_of_a_document_are_known():
    shift = {"from": "2026-12-24T18:00", "to": "2026-12-25T09:00"}
    dates = [{**shift, "person": person} for person in ("bo", "chen", "bo")]
    written = document(
        imported(people={"Ann Li": "ann"}), {"name": "x", "shifts": dates}
    )
    assert list(references("schedules", written)) == [
        ("/layers/0/people/Ann Li", "agents", "ann"),
        ("/layers/1/shifts/0/person", "agents", "bo"),
        ("/layers/1/shifts/1/person", "agents", "chen"),
    ]


def test_a_draft_may_bring_its_people_along():
    written, dan = document(), {"name": "Dan"}
    draft = Bundle(
        documents={("schedules", "front"): written, ("agents", "dan"): dan},
        expansions={("schedules", "front"): spell_out(written, read(found("Dan")))},
    )
    trial = with_draft(draft, Configuration(), OnCallBook(), NOON)
    [shift] = shifts(trial.draft.oncall.plan("front"), EVE - NIGHT, EVE + 2 * NIGHT)
    assert shift.person == "dan"
