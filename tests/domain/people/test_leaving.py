"""Who is retired or not active is on call no more, from that instant on, and their
leaving says what it uncovers.
"""

import pytest

from domain.configuration.configuration import config_stream, fold_config
from domain.configuration.on_call_book import fold_oncall
from domain.configuration.publishing import publish
from domain.configuration.retiring import left_by, retire, uses
from domain.errors import RuleError
from domain.escalation.facts import EscalationStepFired
from domain.event import Event
from domain.oncall.book import OnCallBook
from domain.oncall.on_call import on_call_at
from domain.oncall.shifts import gaps, shifts
from domain.ticket.world import World
from tests.support.dsl import AGENTS, BY_ANN, NOON, Story, configured, instant

PEOPLE = {**AGENTS, "zed": {"name": "Zed"}}


def duty(*people):
    rotation = {
        "people": [*people],
        "start": "2026-11-20T00:00:00",
        "unit": "day",
    }
    return {"tz": "UTC", "layers": [{"name": "day", "rotation": rotation}]}


class Ops:
    """The log of a configuration, folded as a running Pledge folds it."""

    def __init__(self, **schedules):
        self.events, self.config, self.book = [], configured({}), OnCallBook()
        for name, document in PEOPLE.items():
            self.put("agents", name, document, "-30d")
        for name, document in schedules.items():
            self.put("schedules", name, document, "-20d")

    def _add(self, kind, name, fact, at):
        version = self.config.entry(kind, name).stream_version + 1
        stream = config_stream(kind, name)
        event = Event(stream, version, instant(at), BY_ANN, fact)
        self.config = fold_config([event], self.config)
        self.book = fold_oncall([event], self.book)
        return fact

    def put(self, kind, name, document, at="0s"):
        return self._add(kind, name, publish(self.config, kind, name, document), at)

    def retire(self, name, at="0s", kind="agents", **how):
        found = retire(self.config, kind, name, book=self.book, at=instant(at), **how)
        return self._add(kind, name, found, at)

    def now(self, at="0s", schedule="duty"):
        found = on_call_at(self.book.plan(schedule), instant(at))
        return [shift.person for shift in found.now]

    def absent(self, at="0s"):
        found = on_call_at(self.book.plan("duty"), instant(at))
        return {a.person: a.reason for a in found.absent}

    def gaps(self, begin, end):
        plan = self.book.plan("duty")
        return [g.begin for g in gaps(plan, instant(begin), instant(end))]


def test_field_017_after_the_retirement_the_next_of_the_turn_stands_in():
    ops = Ops(duty=duty("zed", "ann"))
    assert ops.now() == ["zed"]
    ops.retire("zed", "1s", force=True)
    assert ops.now("2s") == ["ann"]
    assert ops.absent("2s") == {"zed": "retired"}


def test_where_nobody_is_left_there_is_a_gap():
    ops = Ops(duty=duty("zed"))
    ops.retire("zed", "1s", force=True)
    assert (ops.now("2s"), ops.gaps("0s", "1h")) == ([], [instant("1s")])


def test_so_it_is_of_who_is_not_active():
    ops = Ops(duty=duty("zed", "ann"))
    ops.put("agents", "zed", {"name": "Zed", "active": False}, "1s")
    assert ops.now("2s") == ["ann"]
    assert ops.absent("2s") == {"zed": "not active"}


def test_who_is_active_again_has_the_turn_again():
    ops = Ops(duty=duty("zed", "ann"))
    ops.put("agents", "zed", {"name": "Zed", "active": False}, "1s")
    ops.put("agents", "zed", {"name": "Zed"}, "1h")
    assert (ops.now("30m"), ops.now("2h")) == (["ann"], ["zed"])


def test_who_was_retired_and_is_made_again_has_the_turn_again():
    ops = Ops(duty=duty("zed", "ann"))
    ops.retire("zed", "1s", force=True)
    ops.put("agents", "zed", {"name": "Zed"}, "1h")
    assert (ops.now("30m"), ops.now("2h")) == (["ann"], ["zed"])


def test_the_past_stays_as_it_was():
    ops = Ops(duty=duty("zed", "ann"))
    before = shifts(ops.book.plan("duty"), instant("-10d"), NOON)
    ops.retire("zed", "1s", force=True)
    assert shifts(ops.book.plan("duty"), instant("-10d"), NOON) == before
    assert ops.now("0s") == ["zed"]


def test_a_new_version_of_somebody_active_changes_nothing():
    ops = Ops(duty=duty("zed", "ann"))
    book = ops.book
    ops.put("agents", "zed", {"name": "Zed Z."}, "1s")
    assert ops.book is book


def test_who_is_gone_covers_nobody_by_an_override_either():
    ops = Ops(duty=duty("zed"))
    ops.retire("zed", "1s", force=True)
    assert [leave.person for leave in ops.book.everybody_away] == ["zed"]


def test_a_step_calls_who_stands_in():
    ops = Ops(duty=duty("zed", "ann"))
    ops.retire("zed", "1s", force=True)
    step = {"after": "0s", "targets": [{"on_call": "duty"}]}
    config = configured(
        {
            "escalation-policies": {"climb": {"steps": [step]}},
            "sla-policies": {
                "care": {
                    "match": [{"targets": {"first_response": "1h"}}],
                    "escalation_policy": "climb",
                }
            },
        },
        ops.config,
    )
    story = Story(World(config=config, directory=config.directory, oncall=ops.book))
    fired = story.enforce("2h").one(EscalationStepFired)
    assert [c.person for c in fired.chosen] == ["ann"]
    assert [p.person for p in fired.excluded] == ["zed"]


# what it uncovers


def test_who_is_in_use_is_not_retired_and_it_is_said_by_what():
    ops = Ops(duty=duty("zed", "ann"))
    ops.put("teams", "front", {"members": ["zed"]})
    with pytest.raises(RuleError) as refused:
        ops.retire("zed")
    said = str(refused.value)
    assert "schedule duty names it at /layers/0/rotation/people/0" in said
    assert "team front names it at /members/0" in said
    assert "go to others" in said
    assert "force=true" in said


def test_hours_without_anybody_are_named():
    with pytest.raises(RuleError, match=r"nobody on call for duty from 2026-11-22T12"):
        Ops(duty=duty("zed")).retire("zed")


def test_by_force_it_is_said_in_the_fact():
    fact = Ops(duty=duty("zed")).retire("zed", force=True)
    assert any("nobody on call for duty" in w.message for w in fact.warnings)


def test_who_is_named_nowhere_goes_without_a_word():
    assert Ops(duty=duty("ann")).retire("zed").warnings == ()


def test_not_active_says_the_same():
    ops = Ops(duty=duty("zed"))
    away = {"name": "Zed", "active": False}
    found = left_by(ops.config, "zed", away, ops.book, NOON)
    assert {w.pointer for w in found} == {"/active"}
    assert any("nobody on call for duty" in w.message for w in found)


def test_who_was_not_active_before_says_it_no_more():
    ops = Ops(duty=duty("zed"))
    away = {"name": "Zed", "active": False}
    ops.put("agents", "zed", away)
    again = {**away, "skills": ["english"]}
    assert left_by(ops.config, "zed", again, ops.book, NOON) == ()


@pytest.mark.parametrize("kind", ["teams", "agents", "schedules"])
def test_each_kind_names_its_users(kind):
    ops = Ops(duty=duty("zed"))
    ops.put("teams", "front", {"members": ["zed"]})
    targets = [{"agent": "zed"}, {"team": "front"}, {"on_call": "duty"}]
    ops.put("escalation-policies", "climb", {"steps": [{"targets": targets}]})
    name = {"teams": "front", "agents": "zed", "schedules": "duty"}[kind]
    assert any(
        "escalation policy climb" in f.message for f in uses(ops.config, kind, name)
    )


def test_what_promises_are_counted_by_is_not_retired_by_force():
    ops = Ops()
    ops.put(
        "calendars", "office", {"tz": "UTC", "hours": {"mon": [["09:00", "17:00"]]}}
    )
    match = [{"targets": {"resolution": "8h"}}]
    ops.put("sla-policies", "care", {"match": match, "calendar": "office"})
    with pytest.raises(RuleError, match="SLA policy care"):
        ops.retire("office", kind="calendars", force=True)
