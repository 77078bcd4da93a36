"""Which promise a ticket gets, and the record of why."""

from dataclasses import replace

from domain.lifecycle.facts import Customer
from domain.personal import places
from domain.sla.facts import SlaAttached, SlaMatched, SlaNotMatched
from domain.ticket.decide import Change
from tests.support.dsl import Story, instant, promising, world

KEY = Customer(external_id="c-1", tier="key_account")
AFTER_SALES = {
    "match": [
        {
            "when": {"type": "after_sales", "tier": "key_account"},
            "targets": {"first_response": "PT15M"},
        },
        {
            "when": {"type": "after_sales"},
            "targets": {"first_response": "PT30M", "resolution": "PT8H"},
        },
    ]
}


def given(**fields):
    return Story(world({"after-sales": AFTER_SALES}), **fields)


def targets(story):
    return {fact.metric: str(fact.target) for fact in story.all(SlaAttached)}


def asked(decision):
    return [(r.policy, r.rule, r.failed_field) for r in decision.asked]


def test_the_first_rule_that_matches_wins_for_each_metric_alone():
    story = given(type="after_sales", customer=KEY)
    assert targets(story) == {"first_response": "0:15:00", "resolution": "8:00:00"}


def test_a_rule_that_refuses_is_passed_over():
    assert targets(given(type="after_sales"))["first_response"] == "0:30:00"


def test_the_decision_names_every_rule_asked_and_the_field_that_refused():
    fact = given(type="after_sales").one(SlaMatched)
    assert asked(fact.decision) == [
        ("after-sales", 0, "tier"),
        ("after-sales", 1, None),
    ]


def test_the_decision_keeps_the_inputs_it_was_made_of():
    fact = given(type="after_sales").one(SlaMatched)
    assert fact.decision.inputs == {
        "type": "after_sales",
        "channel": "email",
        "tier": "standard",
        "priority": "normal",
    }


def test_a_ticket_that_nothing_is_promised_says_which_rules_were_asked():
    fact = given(type="question").one(SlaNotMatched)
    assert asked(fact.decision) == [
        ("after-sales", 0, "type"),
        ("after-sales", 1, "type"),
    ]


def test_a_list_of_words_means_any_of_them():
    rule = {"when": {"channel": ["chat", "phone"]}, "targets": {"resolution": "1h"}}
    made = world({"p": {"match": [rule]}})
    assert Story(made, channel="phone").all(SlaAttached)
    assert not Story(made, channel="email").all(SlaAttached)


def test_policies_are_asked_by_their_order_and_then_by_name():
    def rule(target):
        return {"match": [{"targets": {"resolution": target}}]}

    policies = {"a": rule("1h"), "c": rule("3h") | {"order": 1}, "b": rule("2h")}
    story = Story(world(policies))
    asked = story.one(SlaMatched).decision.asked
    assert [r.policy for r in asked] == ["c", "a", "b"]
    assert story.one(SlaAttached).policy.name == "c"


def test_the_promise_counts_from_when_the_customer_wrote():
    story = Story(promising({"resolution": "1h"}), at="2h", occurred_at=instant("0s"))
    assert story.log("sla")[1:] == ["PT0S sla.attached", "PT1H sla.breached"]


def test_a_type_that_no_rule_names_gets_its_promise_once_it_is_changed():
    story = given(type="question").when("1h", Change(fields={"type": "after_sales"}))
    assert story.clock("resolution").started_at == story.events[-1].timestamp


def test_an_input_that_is_personal_is_recorded_as_personal():
    rule = {"when": {"attributes.phone": "4711"}, "targets": {"resolution": "PT8H"}}
    around = world({"by-phone": {"match": [rule]}})
    config = replace(around.config, personal_attributes=("phone", "unused"))
    around = replace(around, config=config)
    story = Story(around, type="x", attributes={"phone": "4711", "unused": "1"})
    [matched] = story.all(SlaMatched)
    form = {"decision": {**vars(matched.decision)}}
    assert [p.pointer for p in places(SlaMatched, form)] == [
        "/decision/inputs/attributes.phone"
    ]
