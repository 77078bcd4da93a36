"""What was decided: each rule with the value that made it say no, each person with the
reason.
"""

from domain.audit.causes import cause_of
from domain.audit.decision_record import decision_record
from domain.audit.sentences import EN, ZH
from domain.escalation.facts import EscalationStepFired
from domain.lifecycle.facts import Customer
from domain.sla.facts import SlaMatched, SlaNotMatched
from tests.support.dsl import ANSWER, Story, promising, world

RULES = world(
    {
        "gold": {
            "match": [
                {
                    "when": {"tier": "gold", "priority": ["high", "urgent"]},
                    "targets": {"resolution": "1h"},
                },
                {
                    "when": {"attributes.amount": {"at_least": 1000}},
                    "targets": {"resolution": "2h"},
                },
            ]
        }
    }
)


def rule_of(name, version, rule):
    policy = RULES.config.sla_policy(name, version)
    return policy.ref, policy.rules[rule].when


def record(event, words=EN):
    return decision_record(event, rule_of, words)


def test_where_no_rule_matched_each_says_why_not():
    story = Story(RULES, customer=Customer(external_id="c-1", tier="standard"))
    found = record(story.event(SlaNotMatched))
    assert [rule.says for rule in found.rules] == [
        "Rule 0 of gold, version 1 said no: tier is standard, and it wants gold.",
        (
            "Rule 1 of gold, version 1 said no: attributes.amount is not set, and it"
            " wants >= 1000."
        ),
    ]
    first = found.rules[0]
    assert (first.matched, first.field, first.value, first.wanted) == (
        False,
        "tier",
        "standard",
        "gold",
    )
    assert len(first.policy.sha256) == 64
    assert found.inputs["tier"] == "standard"


def test_a_rule_that_matched_says_so_beside_those_that_did_not():
    story = Story(
        RULES, customer=Customer(external_id="c", tier="gold"), priority="urgent"
    )
    found = record(story.event(SlaMatched), ZH)
    assert [rule.matched for rule in found.rules] == [True, False]
    assert found.rules[0].says == "gold第1版的规则0符合。"


def test_a_step_names_whom_it_chose_and_whom_not():
    steps = [{"after": "0s", "targets": [{"agent": "ann"}, {"agent": "bo"}]}]
    story = Story(promising({"resolution": "1m"}, steps=steps)).enforce("2m")
    found = record(story.event(EscalationStepFired))
    assert [(p.person, p.chosen) for p in found.people] == [("ann", True), ("bo", True)]
    assert found.policy.name == "climb"


def test_what_a_person_did_is_no_decision_of_a_rule():
    story = Story(RULES).when("1m", ANSWER)
    assert record(story.events[0]) is None
    assert record(story.events[-1]) is None


def test_the_cause_is_the_event_before_or_a_command():
    story = Story(promising({"resolution": "1m"}))
    matched = story.event(SlaMatched)
    assert cause_of(matched) == ("t-1", 1)
    assert cause_of(story.events[0]) is None
