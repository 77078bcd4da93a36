"""What is allowed in configuration and probably unintended is said when it is
published, at the place in the document that it speaks of.
"""

import pytest

from domain.conditions.condition import Condition, read_condition
from domain.configuration.lint.conditions import holds_never, implies
from domain.documents.reader import Reader
from domain.sla.metric import FIELDS
from tests.support.lint import BOTH, given, rule, said, sla


def test_what_is_meant_is_not_warned_of():
    document = sla(rule(BOTH, priority="high"), rule(BOTH), warn_at=["50%", "PT5M"])
    assert said("sla-policies", document) == {}


def test_a_rule_after_one_that_takes_every_ticket_never_applies():
    found = said("sla-policies", sla(rule(), rule(type="fault")))
    assert "/match/0 takes" in found["/match/1/targets/first_response"]


def test_a_rule_after_a_wider_one_never_applies():
    wide = rule(priority=["high", "urgent"])
    found = said("sla-policies", sla(wide, rule(priority="high", type="fault")))
    assert list(found) == ["/match/1/targets/first_response"]


def test_a_rule_that_promises_another_metric_applies():
    document = sla(rule(), rule({"resolution": "8h"}, type="fault"))
    assert said("sla-policies", document) == {}


def test_a_policy_that_is_asked_before_takes_the_tickets_too():
    config = given(sla_policies={"all": sla(rule(), order=1)})
    found = said("sla-policies", sla(rule(type="fault")), config)
    assert "all /match/0" in found["/match/0/targets/first_response"]


def test_a_policy_that_is_asked_later_takes_nothing_away():
    config = given(sla_policies={"all": sla(rule(), order=900)})
    assert said("sla-policies", sla(rule(type="fault")), config) == {}


def test_a_rule_that_can_never_hold_is_named():
    amount = {"attributes.amount": {"at_least": 10, "at_most": 5}}
    found = said("sla-policies", sla(rule(**amount)))
    assert found == {"/match/0/when": "can never hold"}


CALLBACK = {"start": {"status": "open"}, "stop": {"finished": True}}


def test_a_clock_that_no_rule_promises_is_named():
    found = said("sla-policies", sla(clocks={"callback": CALLBACK}))
    assert "no rule has a target for it" in found["/clocks/callback"]


def clock(**conditions):
    document = sla(rule({"callback": "1h"}), clocks={"callback": CALLBACK | conditions})
    return said("sla-policies", document)


def test_servicenow_003_a_start_within_the_stop_stops_at_once():
    wider = {"priority": ["high", "urgent"]}
    found = clock(start={"priority": "high", "type": "fault"}, stop=wider)
    assert "stops as soon as it starts" in found["/clocks/callback/start"]


def test_servicenow_003_also_where_one_field_follows_from_another():
    found = clock(start={"status": "closed"})
    assert "stops as soon as it starts" in found["/clocks/callback/start"]


def test_a_clock_that_each_reply_ends_and_starts_again_is_meant():
    reply = {"reply": True}
    assert clock(start=reply | {"finished": False}, stop=[reply]) == {}


def test_servicenow_005_a_pause_that_cancels_first_never_comes():
    found = clock(cancel={"status": {"not": ["open"]}}, pause={"status": "on_hold"})
    assert "cancel holds too then, and comes first" in found["/clocks/callback/pause"]


def test_servicenow_005_a_pause_beside_the_start_is_meant_where_nothing_cancels():
    assert clock(pause={"status": "on_hold"}) == {}


def test_a_pause_of_a_finished_ticket_never_comes():
    found = clock(pause={"status": "resolved"})
    assert "stop holds too then, and comes first" in found["/clocks/callback/pause"]


def test_a_pause_that_resumes_at_once_is_named():
    found = clock(pause={"status": "on_hold"}, resume={"finished": False})
    assert list(found) == ["/clocks/callback/resume"]


def test_a_warning_as_long_as_the_target_is_named_with_the_target():
    found = said("sla-policies", sla(warn_at=["50%", "PT1H"]))
    assert found["/warn_at/1"].endswith("for: /match/0 first_response PT1H")


def condition(**tests):
    reader = Reader(tests)
    return reader.finished(read_condition(reader, FIELDS)) if tests else Condition()


@pytest.mark.parametrize(
    ("narrow", "wide", "follows"),
    [
        ({"type": "a"}, {}, True),
        ({}, {"type": "a"}, False),
        ({"type": "a"}, {"type": ["a", "b"]}, True),
        ({"type": ["a", "b"]}, {"type": "a"}, False),
        ({"type": "a"}, {"type": {"not": ["b"]}}, True),
        ({"tags": "a"}, {"tags": {"not": ["b"]}}, False),
        ({"type": {"not": ["a", "b"]}}, {"type": {"not": ["a"]}}, True),
        ({"team": "a"}, {"team": {"set": True}}, True),
        ({"team": {"not": ["a"]}}, {"team": {"set": True}}, False),
        ({"team": {"set": False}}, {"team": {"set": False}}, True),
        ({"team": "a"}, {"team": {"set": False}}, False),
        ({"finished": {"not": [True]}}, {"finished": False}, True),
        ({"status": "closed"}, {"finished": True}, True),
        ({"finished": False}, {"status": ["open", "pending", "on_hold"]}, True),
        ({"finished": False}, {"status": "open"}, False),
        ({"attributes.n": {"at_least": 5}}, {"attributes.n": {"at_least": 3}}, True),
        ({"attributes.n": {"at_least": 3}}, {"attributes.n": {"at_least": 5}}, False),
        ({"attributes.n": 1}, {"attributes.n": True}, False),
    ],
)  # fmt: skip
def test_a_condition_follows_from_another_or_not(narrow, wide, follows):
    assert implies(condition(**narrow), condition(**wide)) is follows


def test_a_condition_on_two_states_at_once_holds_never():
    assert holds_never(condition(status="open", finished=True))
    assert not holds_never(condition(status="closed", finished=True))
