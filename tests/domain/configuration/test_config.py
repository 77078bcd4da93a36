"""What ops publish is checked whole, numbered for ever, and never changed."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendar.holiday_sources import Found, expand
from domain.configuration.configuration import Configuration
from domain.configuration.facts import PolicyRetired
from domain.configuration.publishing import Submission, next_version, publish, unchanged
from domain.configuration.retiring import retire
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.event import Event
from tests.support.dsl import BY_ANN, NOON, configured, fold_config, published, world

SLA = {"match": [{"targets": {"resolution": "1h"}}]}
STEP = {"after": "10m", "targets": [{"assignee": True}]}


def faults(kind, document, name="new"):
    with pytest.raises(InvalidError) as refused:
        publish(world().config, kind, name, document)
    return {error.pointer: error.message for error in refused.value.errors}


def sla(**fields):
    return SLA | fields


def target(text):
    return {"match": [{"targets": {"resolution": text}}]}


def escalation_policy(*steps, **fields):
    return {"steps": list(steps), **fields}


@pytest.mark.parametrize(
    ("kind", "document", "pointer", "words"),
    [
        ("sla-policies", {}, "/match", "at least one rule"),
        ("sla-policies", {"match": [{}]}, "/match/0/targets", "at least one target"),
        ("sla-policies", target("PT0S"), "/match/0/targets/resolution", "than zero"),
        ("sla-policies", target("-PT1H"), "/match/0/targets/resolution", "than zero"),
        ("sla-policies", target("P36500D"), "/match/0/targets/resolution", "five year"),
        ("sla-policies", target("soon"), "/match/0/targets/resolution", "not a durati"),
        ("sla-policies", sla(warn_at=["50%", "100%"]), "/warn_at/1", "1% to 99%"),
        ("sla-policies", sla(warn_at=["0%"]), "/warn_at/0", "1% to 99%"),
        ("sla-policies", sla(warn_at=["PT0S"]), "/warn_at/0", "longer than zero"),
        (
            "sla-policies",
            sla(escalation_policy="none"),
            "/escalation_policy",
            "there is no escalation policy 'none'",
        ),
        (
            "sla-policies",
            {"match": [{"when": {"mood": "bad"}, "targets": {"resolution": "1h"}}]},
            "/match/0/when/mood",
            "'mood' is not one of type, channel, tier, priority",
        ),
        (
            "sla-policies",
            {"match": [{"when": {"type": []}, "targets": {"resolution": "1h"}}]},
            "/match/0/when/type",
            "must be a word, a number or a list",
        ),
        (
            "sla-policies",
            {"match": [{"targets": {"happiness": "1h"}}]},
            "/match/0/targets/happiness",
            "is not one of first_response",
        ),
        ("escalation-policies", {}, "/steps", "at least one step"),
        (
            "escalation-policies",
            escalation_policy({}),
            "/steps/0/targets",
            "tells nobody",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP, STEP | {"after": "5m"}),
            "/steps/1/after",
            "could never be reached",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP | {"after": "P36500D"}),
            "/steps/0/after",
            "at most five years",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP, STEP | {"after": "-PT1M"}),
            "/steps/1/after",
            "before the breach",
        ),
        (
            "escalation-policies",
            escalation_policy({"targets": [{"team": "nobody"}]}),
            "/steps/0/targets/0/team",
            "there is no team 'nobody'",
        ),
        (
            "escalation-policies",
            escalation_policy({"targets": [{"agent": "nobody"}]}),
            "/steps/0/targets/0/agent",
            "there is no agent 'nobody'",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP | {"reassign": {"team": "nobody"}}),
            "/steps/0/reassign/team",
            "there is no team 'nobody'",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP | {"reassign": {"strategy": "random"}}),
            "/steps/0/reassign/strategy",
            "is not one of least_loaded",
        ),
        (
            "escalation-policies",
            escalation_policy({"targets": [{"assignee": True, "team": "front"}]}),
            "/steps/0/targets/0",
            "exactly one of",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP, repeat=-1),
            "/repeat",
            "from 0 to 100",
        ),
        (
            "escalation-policies",
            escalation_policy(STEP | {"raise_priority": 9}),
            "/steps/0/raise_priority",
            "from 0 to 3",
        ),
        ("teams", {"members": ["ann", "dan"]}, "/members/1", "there is no agent 'dan'"),
        ("teams", {"members": [], "lead": "dan"}, "/lead", "there is no agent 'dan'"),
        ("agents", {"manager": "dan"}, "/manager", "there is no agent 'dan'"),
    ],
)
def test_a_fault_is_named_by_its_place(kind, document, pointer, words):
    assert words in faults(kind, document)[pointer]


def test_all_faults_are_named_at_once():
    document = {"match": [{"targets": {}}], "warn_at": ["x%"], "calendar": "office"}
    assert set(faults("sla-policies", document)) == {
        "/match/0/targets",
        "/warn_at/0",
        "/calendar",
    }


def test_two_steps_may_be_due_at_once():
    assert publish(
        world().config, "escalation-policies", "new", escalation_policy(STEP, STEP)
    )


def test_a_step_that_only_hands_over_to_the_ticket_s_own_team_is_a_step():
    assert publish(
        world().config,
        "escalation-policies",
        "new",
        escalation_policy({"reassign": {}}),
    )


def test_nobody_can_be_their_own_manager():
    assert "ann → ann" in faults("agents", {"manager": "ann"}, "ann")["/manager"]


def test_managers_cannot_form_a_circle():
    found = faults("agents", {"manager": "ann"}, "mia")
    assert "mia → ann → mia" in found["/manager"]


# versions


def test_each_version_is_kept_as_it_was():
    config = configured({"sla-policies": {"p": SLA}})
    config = published(config, "sla-policies", "p", target("2h"))
    assert [v.document for v in config.entry("sla-policies", "p").versions] == [
        SLA,
        target("2h"),
    ]


def test_the_newest_version_is_the_current_one():
    config = configured({"sla-policies": {"p": SLA}})
    assert config.entry("sla-policies", "p").current.version == 1


def test_the_same_content_has_the_same_hash_however_it_is_ordered():
    one = publish(Configuration(), "agents", "a", {"name": "A", "active": True})
    two = publish(Configuration(), "agents", "a", {"active": True, "name": "A"})
    assert one.sha256 == two.sha256


def test_an_old_version_can_still_be_asked_for():
    config = configured({"sla-policies": {"p": SLA}})
    config = published(config, "sla-policies", "p", target("2h"))
    assert config.sla_policy("p", 1).ref.version == 1


def test_a_version_that_never_was_is_not_found():
    with pytest.raises(NotFoundError, match="p@3"):
        configured({"sla-policies": {"p": SLA}}).sla_policy("p", 3)


# retired


def retired(config, kind, name, **how):
    fact = retire(config, kind, name, **how)
    version = config.entry(kind, name).stream_version + 1
    return fold_config([Event(f"{kind}/{name}", version, NOON, BY_ANN, fact)], config)


def test_what_is_retired_matches_nothing_any_more():
    config = retired(configured({"sla-policies": {"p": SLA}}), "sla-policies", "p")
    assert config.sla_policies == ()


def test_what_is_retired_still_explains_the_tickets_that_pinned_it():
    config = retired(configured({"sla-policies": {"p": SLA}}), "sla-policies", "p")
    assert config.sla_policy("p", 1).ref.name == "p"


def test_what_is_retired_cannot_be_named_any_more():
    config = retired(world().config, "agents", "chen", force=True)
    with pytest.raises(InvalidError, match="there is no agent 'chen'"):
        publish(config, "teams", "t", {"members": ["chen"]})


def test_what_was_retired_comes_back_as_the_next_version():
    config = retired(configured({"sla-policies": {"p": SLA}}), "sla-policies", "p")
    entry = published(config, "sla-policies", "p", SLA).entry("sla-policies", "p")
    assert (entry.current.version, entry.stream_version) == (2, 3)


def test_what_is_not_there_cannot_be_retired():
    with pytest.raises(NotFoundError):
        retire(Configuration(), "agents", "dan")


def test_an_escalation_policy_that_a_policy_counts_on_cannot_be_retired():
    made = world(
        {"care": sla(escalation_policy="climb")}, {"climb": escalation_policy(STEP)}
    )
    with pytest.raises(RuleError, match="SLA policy care names it"):
        retire(made.config, "escalation-policies", "climb")


def test_an_escalation_policy_that_nobody_counts_on_can_be_retired():
    made = world({"care": SLA}, {"climb": escalation_policy(STEP)})
    fact = retire(made.config, "escalation-policies", "climb")
    assert isinstance(fact, PolicyRetired)


# calendars

MONDAYS = {"tz": "Asia/Shanghai", "hours": {"mon": [["09:00", "18:00"]]}}
CHINA = MONDAYS | {"holidays": [{"package": "chinesecalendar"}]}


def looked_up(document, *holidays):
    return expand(document, lambda _: Found(holidays=holidays))


def calendars(*documents):
    config = Configuration()
    for document in documents:
        config = published(config, "calendars", "office", document)
    return config


def test_a_calendar_is_checked_whole():
    document = {"tz": "Mars", "hours": {"mon": [["9", "10:00"]]}, "foo": 1}
    assert set(faults("calendars", document)) == {"/tz", "/hours/mon/0/0", "/foo"}


def test_a_calendar_is_kept_as_it_was_written_and_as_it_is_counted_by():
    found = looked_up(CHINA, date(2026, 10, 1))
    fact = publish(Configuration(), "calendars", "office", CHINA, found)
    assert fact.document == CHINA
    assert fact.resolved["holidays"] == [{"from": "2026-10-01", "to": "2026-10-01"}]


def test_what_the_linter_says_is_kept_with_the_version():
    hidden = MONDAYS | {
        "holidays": ["2026-10-01"],
        "shifts": {"2026-10-01": [["09:00", "10:00"]]},
    }
    [warning] = calendars(hidden).entry("calendars", "office").current.warnings
    assert warning.pointer == "/shifts/2026-10-01"


def test_holidays_that_nobody_looked_up_are_refused():
    assert set(faults("calendars", CHINA)) == {"/holidays/0"}


def test_a_ticket_finds_the_version_of_the_calendar_that_it_was_promised_by():
    config = calendars(MONDAYS, MONDAYS | {"tz": "Europe/Berlin"})
    zones = [config.calendar("office", version).tz for version in (1, 2)]
    assert zones == ["Asia/Shanghai", "Europe/Berlin"]


def test_the_name_always_is_taken():
    with pytest.raises(InvalidError, match="round the clock"):
        publish(Configuration(), "calendars", "always", MONDAYS)


def test_the_same_words_are_a_change_when_the_dates_behind_them_are_others():
    old = looked_up(CHINA, date(2026, 10, 1))
    fact = publish(Configuration(), "calendars", "office", CHINA, old)
    event = Event("calendars/office", 1, NOON, BY_ANN, fact)
    new = looked_up(CHINA, date(2026, 10, 1), date(2027, 10, 1))
    config = fold_config([event])
    written = Submission(kind="calendars", name="office", document=CHINA, expansion=old)
    assert unchanged(config, written)
    assert not unchanged(config, replace(written, expansion=new))


@pytest.mark.parametrize(
    ("kind", "document", "pointer"),
    [
        ("sla-policies", sla(calendar="none"), "/calendar"),
        (
            "sla-policies",
            {"match": [{"targets": {"resolution": "1h"}, "calendar": "none"}]},
            "/match/0/calendar",
        ),
        ("teams", {"members": [], "calendar": "none"}, "/calendar"),
    ],
)
def test_a_calendar_that_is_named_has_to_be_there(kind, document, pointer):
    assert faults(kind, document)[pointer] == "there is no calendar 'none'"


@pytest.mark.parametrize(
    ("kind", "document", "words"),
    [
        ("sla-policies", sla(calendar="office"), "SLA policy care names it"),
        (
            "sla-policies",
            {"match": [{"targets": {"resolution": "1h"}, "calendar": "office"}]},
            "SLA policy care names it",
        ),
        ("teams", {"members": [], "calendar": "office"}, "team care names it"),
    ],
)
def test_a_calendar_that_something_counts_by_cannot_be_retired(kind, document, words):
    config = published(calendars(MONDAYS), kind, "care", document)
    with pytest.raises(RuleError, match=words):
        retire(config, "calendars", "office")


def test_a_calendar_that_nothing_counts_by_any_more_can_be_retired():
    config = published(calendars(MONDAYS), "sla-policies", "p", sla(calendar="office"))
    config = published(config, "sla-policies", "p", SLA)
    assert retire(config, "calendars", "office") == PolicyRetired(
        kind="calendars", name="office"
    )


def test_always_needs_no_calendar():
    assert publish(Configuration(), "sla-policies", "p", sla(calendar="always"))


def test_a_name_that_does_not_exist_is_answered_with_the_nearest_that_does():
    config = configured({"agents": {"anna": {"name": "Anna"}}})
    with pytest.raises(InvalidError, match="'ana'; did you mean 'anna'"):
        publish(config, "teams", "desk", {"members": ["ana"]})


def test_a_document_with_a_fault_is_told_of_the_names_that_do_not_exist_too():
    step = {"after": "soon", "targets": [{"team": "nowhere"}], "watch": ["nobody"]}
    found = faults("escalation-policies", {"steps": [step]})
    assert {*found} == {
        "/steps/0/after",
        "/steps/0/targets/0/team",
        "/steps/0/watch/0",
    }


def test_what_was_read_to_be_published_is_what_is_in_force():
    document = escalation_policy({"after": "PT0S", "targets": [{"assignee": True}]})
    written = Submission(kind="escalation-policies", name="new", document=document)
    config, _ = next_version(world().config, written, None)
    in_force = config.entry("escalation-policies", "new").versions[-1]
    assert "reading" in vars(in_force)  # and not only when it is asked for
    assert in_force.escalation_policy is in_force.reading.meaning
