"""Documents that come together may name each other, and are checked as one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.configuration.bundle import Bundle, changes
from domain.configuration.validation import validated
from domain.documents.diff import Difference, differences
from domain.errors import InvalidError, RuleError
from domain.oncall.book import OnCallBook
from domain.oncall.override import Override
from domain.oncall.plan import Plan
from tests.support.dsl import NOON, configured

CLERK = {"name": "Clerk", "manager": "boss"}
BOSS = {"name": "Boss"}
DESK = {"members": ["clerk"], "lead": "boss"}
STAFFED = {"agents": {"boss": BOSS, "clerk": CLERK}, "teams": {"a": DESK}}


def bundle(**kinds):
    documents = {
        (kind, name): document
        for kind, named in kinds.items()
        for name, document in named.items()
    }
    return Bundle(documents=documents, expansions={})


def planned(config, **kinds):
    return changes(bundle(**kinds), config, OnCallBook(), NOON)


def faults(config, **kinds):
    with pytest.raises(InvalidError) as refused:
        planned(config, **kinds)
    return {error.pointer: error.message for error in refused.value.errors}


def test_each_may_name_what_comes_after_it_in_the_same_bundle():
    found = planned(
        configured({}), teams={"desk": DESK}, agents={"clerk": CLERK, "boss": BOSS}
    )
    assert [(c.fact.kind, c.fact.name, c.action) for c in found] == [
        ("agents", "clerk", "create"),
        ("agents", "boss", "create"),
        ("teams", "desk", "create"),
    ]


def test_what_is_in_force_as_it_is_is_left_alone():
    config = configured({"agents": {"boss": BOSS}})
    [made] = planned(config, agents={"boss": BOSS, "clerk": CLERK})
    assert (made.fact.name, made.fact.version) == ("clerk", 1)


def test_a_change_says_what_differs():
    config = configured({"agents": {"boss": BOSS, "clerk": {"name": "Clerk"}}})
    [made] = planned(config, agents={"clerk": CLERK})
    assert (made.action, made.fact.version) == ("replace", 2)
    assert made.differences == (Difference(op="add", pointer="/manager", after="boss"),)


def test_every_fault_is_named_by_kind_and_name():
    found = faults(
        configured({}),
        agents={"clerk": CLERK},
        teams={"desk": {"members": ["nobody"]}},
    )
    assert found == {
        "/agents/clerk/manager": "there is no agent 'boss'",
        "/teams/desk/members/0": "there is no agent 'nobody'",
    }


def test_a_fault_in_one_is_not_told_again_of_who_names_it():
    found = faults(
        configured({}),
        agents={"boss": {"name": "Boss", "time_zone": "Nowhere"}},
        teams={"desk": {"members": ["boss"]}},
    )
    assert list(found) == ["/agents/boss/time_zone"]


def test_managers_in_a_circle_are_refused_wherever_they_come_in_the_bundle():
    found = faults(
        configured({}),
        agents={"a": {"name": "A", "manager": "b"}, "b": {"name": "B", "manager": "a"}},
    )
    assert {"/agents/a/manager", "/agents/b/manager"} >= set(found) != set()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": True}, [("replace", "/a")]),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [("remove", "/a"), ("add", "/c")]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("replace", "/a")]),
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}, [("replace", "/a/0/x")]),
        ({"a": [{"x": 1}]}, {"a": [{"x": 1}, {}]}, [("add", "/a/1")]),
        ({"a": {"b": 1}}, {"a": [1]}, [("replace", "/a")]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [("replace", "/a~1b/~0")]),
    ],
)
def test_differences_are_named_by_json_pointers(before, after, found):
    assert [(d.op, d.pointer) for d in differences(before, after)] == found


def test_what_is_hardly_meant_of_two_documents_is_said_of_one():
    step = {"targets": [{"agent": "boss"}]}
    climb = {"steps": [step]}
    found = planned(
        configured({}),
        agents={"boss": BOSS},
        **{"escalation-policies": {"climb": climb}},
    )
    said = [w.message for c in found for w in c.fact.warnings if "boss" in w.message]
    assert said == ["no notification channel configured for: boss"]
    assert not any(
        "is a target of" in w.message for c in found for w in c.fact.warnings
    )


def test_a_default_that_is_written_out_by_now_is_no_difference():
    def normal(_, document):
        return {"active": True, **document}

    config = replace(configured({"agents": {"boss": BOSS}}), normal=normal)
    assert planned(config, agents={"boss": {"active": True, **BOSS}}) == ()
    [made] = planned(config, agents={"boss": {"active": False, **BOSS}})
    assert [(d.op, d.pointer) for d in made.differences] == [("replace", "/active")]


def plan_pruned(config, **kinds):
    handed_in = replace(bundle(**kinds), prunes=frozenset(kinds))
    found = changes(handed_in, config, OnCallBook(), NOON)
    return [(c.fact.kind, c.fact.name, c.action) for c in found]


def test_only_of_kinds_that_the_bundle_names_anything_is_retired():
    config = configured({"teams": {"a": {"members": []}, "b": {"members": []}}})
    kept = {"members": [], "name": "A"}
    assert plan_pruned(config, teams={"a": kept}) == [
        ("teams", "a", "replace"),
        ("teams", "b", "retire"),
    ]


def test_a_kind_without_any_document_retires_all_of_it():
    config = configured({"teams": {"a": {"members": []}}})
    assert plan_pruned(config, agents={"boss": BOSS}, teams={}) == [
        ("agents", "boss", "create"),
        ("teams", "a", "retire"),
    ]


def test_what_names_others_is_retired_before_them():
    config = configured(STAFFED)
    assert plan_pruned(config, agents={}, teams={}, macros={}) == [
        ("teams", "a", "retire"),
        ("agents", "boss", "retire"),
        ("agents", "clerk", "retire"),
    ]


def test_what_something_that_stays_names_is_not_retired_and_it_is_said_by_what():
    config = configured(STAFFED)
    with pytest.raises(RuleError) as refused:
        plan_pruned(config, agents={"clerk": CLERK})
    said = str(refused.value)
    assert "agent boss is in use: agent clerk names it at /manager" in said
    assert "agent boss is in use: team a names it at /lead" in said


def test_what_the_bundle_itself_lets_go_of_is_retired():
    config = configured(STAFFED)
    alone, empty = {"name": "Clerk"}, {"members": ["clerk"]}
    found = plan_pruned(config, agents={"clerk": alone}, teams={"a": empty})
    assert found[-1] == ("agents", "boss", "retire")


def test_alone_a_bundle_is_checked_but_for_the_names_that_stand_elsewhere():
    found = validated(bundle(agents={"clerk": CLERK}, teams={"desk": DESK}))
    assert found.faults == ()
    assert [e.pointer for e in found.unchecked] == [
        "/agents/clerk/manager",
        "/teams/desk/lead",
    ]


def test_alone_a_bundle_shows_a_zone_that_there_is_not_and_managers_in_a_circle():
    lost = {"name": "Lost", "time_zone": "Nowhere"}
    own = {"name": "Own", "manager": "own"}
    found = validated(bundle(agents={"lost": lost, "own": own}))
    assert [e.pointer for e in found.faults] == [
        "/agents/lost/time_zone",
        "/agents/own/manager",
    ]


def test_who_is_on_call_by_an_override_of_a_schedule_that_stays_is_not_retired():
    turns = {"start": "2026-01-05T09:00", "unit": "week", "people": ["boss"]}
    night = {"tz": "UTC", "layers": [{"name": "base", "rotation": turns}]}
    spare = {"name": "Spare"}
    config = configured(
        {"agents": {"boss": BOSS, "spare": spare}, "schedules": {"night": night}}
    )
    made = Override(
        id="o",
        kind="replace",
        person="spare",
        begin=NOON + timedelta(days=1),
        end=NOON + timedelta(days=2),
        made_at=NOON,
        by="boss",
    )
    schedule = config.entry("schedules", "night").current.schedule
    book = OnCallBook(plans={"night": Plan.of(schedule, changes=(made,))})
    handed_in = replace(bundle(agents={"boss": BOSS}), prunes=frozenset({"agents"}))
    with pytest.raises(RuleError, match="agent spare is in use"):
        changes(handed_in, config, book, NOON)
