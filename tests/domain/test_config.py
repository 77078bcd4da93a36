"""What ops publish is checked whole, numbered for ever, and never changed."""

import pytest

from domain.config import Configuration, PolicyRetired, publish, retire
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.event import Event
from tests.dsl import BY_ANN, NOON, configured, fold_config, published, world

SLA = {"match": [{"targets": {"resolution": "1h"}}]}
STEP = {"after": "10m", "targets": [{"assignee": True}]}


def faults(kind, document):
    with pytest.raises(InvalidError) as refused:
        publish(world().config, kind, "new", document)
    return {error.pointer: error.message for error in refused.value.errors}


def sla(**fields):
    return SLA | fields


def target(text):
    return {"match": [{"targets": {"resolution": text}}]}


def ladder(*steps, **fields):
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
        ("sla-policies", sla(calendar="office"), "/calendar", "only 'always'"),
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
            "names no value",
        ),
        (
            "sla-policies",
            {"match": [{"targets": {"happiness": "1h"}}]},
            "/match/0/targets/happiness",
            "is not one of first_response, resolution",
        ),
        ("escalation-policies", {}, "/steps", "at least one step"),
        ("escalation-policies", ladder({}), "/steps/0/targets", "tells nobody"),
        (
            "escalation-policies",
            ladder(STEP, STEP | {"after": "5m"}),
            "/steps/1/after",
            "could never be reached",
        ),
        (
            "escalation-policies",
            ladder(STEP | {"after": "P36500D"}),
            "/steps/0/after",
            "at most five years",
        ),
        (
            "escalation-policies",
            ladder(STEP | {"after": "-PT1M"}),
            "/steps/0/after",
            "at or after the breach",
        ),
        (
            "escalation-policies",
            ladder({"targets": [{"team": "nobody"}]}),
            "/steps/0/targets/0/team",
            "there is no team 'nobody'",
        ),
        (
            "escalation-policies",
            ladder({"targets": [{"agent": "nobody"}]}),
            "/steps/0/targets/0/agent",
            "there is no agent 'nobody'",
        ),
        (
            "escalation-policies",
            ladder(STEP | {"reassign": {"team": "nobody"}}),
            "/steps/0/reassign/team",
            "there is no team 'nobody'",
        ),
        (
            "escalation-policies",
            ladder(STEP | {"reassign": {"strategy": "random"}}),
            "/steps/0/reassign/strategy",
            "only 'least_loaded'",
        ),
        (
            "escalation-policies",
            ladder({"targets": [{"assignee": True, "team": "front"}]}),
            "/steps/0/targets/0",
            "exactly one of",
        ),
        ("escalation-policies", ladder(STEP, repeat=-1), "/repeat", "from 0 to 100"),
        (
            "escalation-policies",
            ladder(STEP | {"raise_priority": 9}),
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
    assert publish(world().config, "escalation-policies", "new", ladder(STEP, STEP))


def test_a_step_that_only_hands_over_to_the_ticket_s_own_team_is_a_step():
    assert publish(
        world().config, "escalation-policies", "new", ladder({"reassign": {}})
    )


def test_an_agent_may_be_its_own_manager():
    assert publish(Configuration(), "agents", "ann", {"manager": "ann"})


def test_managers_may_form_a_circle_and_nothing_hangs():
    config = published(world().config, "agents", "mia", {"manager": "ann"})
    assert config.directory.agents["ann"].manager == "mia"


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


def retired(config, kind, name):
    fact = retire(config, kind, name)
    version = config.entry(kind, name).stream_version + 1
    return fold_config([Event(f"{kind}/{name}", version, NOON, BY_ANN, fact)], config)


def test_what_is_retired_matches_nothing_any_more():
    config = retired(configured({"sla-policies": {"p": SLA}}), "sla-policies", "p")
    assert config.sla_policies == ()


def test_what_is_retired_still_explains_the_tickets_that_pinned_it():
    config = retired(configured({"sla-policies": {"p": SLA}}), "sla-policies", "p")
    assert config.sla_policy("p", 1).ref.name == "p"


def test_what_is_retired_cannot_be_named_any_more():
    config = retired(world().config, "agents", "chen")
    with pytest.raises(InvalidError, match="there is no agent 'chen'"):
        publish(config, "teams", "t", {"members": ["chen"]})


def test_what_was_retired_comes_back_as_the_next_version():
    config = retired(configured({"sla-policies": {"p": SLA}}), "sla-policies", "p")
    entry = published(config, "sla-policies", "p", SLA).entry("sla-policies", "p")
    assert (entry.current.version, entry.stream_version) == (2, 3)


def test_what_is_not_there_cannot_be_retired():
    with pytest.raises(NotFoundError):
        retire(Configuration(), "agents", "dan")


def test_a_ladder_that_a_policy_counts_on_cannot_be_retired():
    made = world({"care": sla(escalation_policy="climb")}, {"climb": ladder(STEP)})
    with pytest.raises(RuleError, match="SLA policies escalate by it: care"):
        retire(made.config, "escalation-policies", "climb")


def test_a_ladder_that_nobody_counts_on_can_be_retired():
    made = world({"care": SLA}, {"climb": ladder(STEP)})
    fact = retire(made.config, "escalation-policies", "climb")
    assert isinstance(fact, PolicyRetired)
