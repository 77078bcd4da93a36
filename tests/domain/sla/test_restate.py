"""The ticket changes, and its promises with it; and what a reopened one is promised."""

import pytest

from domain.escalation.facts import EscalationStarted
from domain.lifecycle.facts import Customer
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaRestated,
    SlaWarned,
)
from domain.ticket.decide import Change, Close, PauseTicket, Reopen, Resolve, Resume
from tests.support.dsl import (
    ANSWER,
    CUSTOMER,
    Story,
    instant,
    promising,
    published,
    world,
)

BY_PRIORITY = {
    "match": [
        {"when": {"priority": "urgent"}, "targets": {"resolution": "1h"}},
        {"when": {"priority": "high"}, "targets": {"resolution": "4h"}},
        {"when": {"priority": "low"}, "targets": {"resolution": "24h"}},
        {"when": {"priority": "normal"}, "targets": {"resolution": "8h"}},
    ],
    "warn_at": ["50%"],
}
URGENT, HIGH, LOW = (Change(priority=p) for p in ("urgent", "high", "low"))
TYPED = {"match": [{"when": {"type": "question"}, "targets": {"resolution": "8h"}}]}
QUESTION, OTHER = (Change(fields={"type": t}) for t in ("question", "other"))


def given(policy=BY_PRIORITY, **fields):
    return Story(world({"care": policy}), **fields)


def test_a_change_of_priority_counts_the_new_target_from_the_old_start():
    fact = given().when("1h", HIGH).one(SlaRestated)
    assert (fact.old_due_at, fact.new_due_at) == (instant("8h"), instant("4h"))


def test_a_restatement_says_how_the_used_time_is_treated():
    assert given().when("1h", HIGH).one(SlaRestated).rule_of_change == "from_start"


def test_a_restatement_names_the_rule_that_chose_the_new_target():
    clock = given().when("1h", HIGH).clock("resolution")
    assert (clock.rule, clock.decision.inputs["priority"]) == (1, "high")


def test_a_restatement_names_the_change_that_caused_it():
    assert given().when("1h", HIGH).event(SlaRestated).meta.causation_id == "t-1/4"


def test_a_change_of_tier_restates():
    policy = {
        "match": [
            {"when": {"tier": "key_account"}, "targets": {"resolution": "1h"}},
            {"targets": {"resolution": "8h"}},
        ]
    }
    fact = given(policy).when("10m", Change(tier="key_account")).one(SlaRestated)
    assert fact.new_due_at == instant("1h")


def test_pauses_of_before_the_change_still_do_not_count():
    story = given().when("10m", PauseTicket(reason="r")).when("40m", Resume())
    assert story.when("1h", HIGH).clock("resolution").due_at == instant("PT4H30M")


def test_a_change_that_leaves_the_target_restates_nothing():
    assert given(priority="high").when("1h", HIGH).all(SlaRestated) == []


def test_a_change_that_makes_it_late_breaks_it_at_the_instant_of_the_change():
    event = given().when("2h", URGENT).event(SlaBreached)
    assert (event.timestamp, event.fact.breach_at) == (instant("2h"), instant("2h"))


def test_a_breach_by_a_change_is_marked_inherited():
    assert given().when("2h", URGENT).one(SlaBreached).inherited is True


def test_a_breach_in_its_own_time_is_not_inherited():
    story = given().when("30m", URGENT).enforce("2h")
    assert story.one(SlaBreached).inherited is False


def test_a_change_at_the_very_instant_of_the_new_deadline_breaks_nothing_yet():
    story = given().when("1h", URGENT)
    assert story.all(SlaBreached) == []
    assert story.enforce("2h").one(SlaBreached).inherited is False


def test_a_paused_promise_made_too_late_by_a_change_is_broken_at_once():
    story = given().when("3h", PauseTicket(reason="r")).when("4h", URGENT)
    assert story.log(SlaBreached) == ["PT4H sla.breached"]


def test_what_is_broken_already_is_not_warned_of():
    assert given().when("2h", URGENT).all(SlaWarned) == []


def test_a_warning_that_the_change_brought_forward_is_given_at_once():
    story = given().when("3h", HIGH)
    assert story.log(SlaWarned) == ["PT3H sla.warned"]


def test_a_warning_that_was_given_is_not_repeated_for_an_earlier_deadline():
    story = given().enforce("4h").when("PT4H", Change(priority="high"))
    assert len(story.all(SlaWarned)) == 1


def test_a_deadline_that_moved_away_is_warned_of_again():
    story = given().enforce("4h").when("5h", LOW).enforce("13h")
    assert story.log(SlaWarned) == ["PT4H sla.warned", "PT12H sla.warned"]


def test_a_change_keeps_to_the_policy_version_that_the_ticket_was_attached_to():
    story = given()
    stricter = {"match": [{"targets": {"resolution": "PT1M"}}]}
    config = published(story.world.config, "sla-policies", "care", stricter)
    story.world = type(story.world)(config=config)
    fact = story.when("1h", HIGH).one(SlaRestated)
    assert (fact.policy.version, fact.new_due_at) == (1, instant("4h"))


def test_two_changes_at_once_restate_once():
    change = Change(priority="high", tier="key_account", fields={"type": "other"})
    assert len(given().when("1h", change).all(SlaRestated)) == 1


def test_two_changes_that_only_together_match_cancel_nothing():
    rules = [
        {"when": {"type": t, "priority": p}, "targets": {"resolution": "8h"}}
        for t, p in (("question", "normal"), ("other", "high"))
    ]
    change = Change(priority="high", fields={"type": "other"})
    story = given({"match": rules}).when("1h", change)
    assert story.clock("resolution").live


def test_another_policy_that_takes_over_brings_its_own_warnings_and_escalation_policy():
    care = {"match": [{"when": {"tier": "standard"}, "targets": {"resolution": "8h"}}]}
    gold = {
        "match": [{"when": {"tier": "key_account"}, "targets": {"resolution": "2h"}}],
        "warn_at": ["50%"],
        "escalation_policy": "climb",
    }
    escalation_policy = {"steps": [{"targets": [{"agent": "bo"}]}]}
    story = Story(world({"care": care, "gold": gold}, {"climb": escalation_policy}))
    story.when("10m", Change(tier="key_account")).enforce("3h")
    assert story.log(SlaWarned, SlaBreached, EscalationStarted) == [
        "PT1H sla.warned",
        "PT2H sla.breached",
        "PT2H escalation.started",
    ]


def test_another_policy_that_takes_over_may_pause_what_the_first_did_not():
    def policy(tier, pauses):
        rule = {"when": {"tier": tier}, "targets": {"resolution": "8h"}}
        return {"match": [rule], "pauses": pauses}

    policies = {"a": policy("standard", []), "b": policy("gold", ["resolution"])}
    story = Story(world(policies)).when("1h", PauseTicket(reason="r"))
    story.when("2h", Change(tier="gold"))
    assert story.clock("resolution").state == "paused"
    assert story.clock("resolution").due_at is None


# no longer promised


def test_a_promise_that_no_rule_makes_any_more_is_cancelled():
    story = given(TYPED).when("1h", OTHER)
    assert story.clock("resolution").state == "cancelled"
    assert story.enforce("9h").all(SlaBreached) == []


def test_a_cancelled_promise_says_why():
    fact = given(TYPED).when("1h", OTHER).one(SlaCancelled)
    assert fact.reason == "no policy sets this target any more"


def test_a_change_made_by_mistake_and_taken_back_restores_the_promise():
    clock = given(TYPED).when("1h", OTHER).when("2h", QUESTION).clock("resolution")
    assert (clock.cycle, clock.due_at) == (2, instant("8h"))


def test_a_restored_promise_that_is_late_by_then_is_broken_then():
    story = given(TYPED).when("1h", OTHER).when("9h", QUESTION)
    assert story.one(SlaBreached).inherited is True
    assert story.log(SlaBreached) == ["PT9H sla.breached"]


def test_a_resolved_ticket_is_promised_nothing_new():
    story = given(TYPED, type="other").when("1h", Resolve(), QUESTION)
    assert story.all(SlaAttached) == []


def test_a_ticket_that_was_answered_is_not_promised_a_first_response():
    rule = {"when": {"type": "question"}, "targets": {"first_response": "1h"}}
    story = given({"match": [rule]}, type="other").when("1h", ANSWER, QUESTION)
    assert story.all(SlaAttached) == []


# reopened


def test_a_resolution_that_was_met_goes_on_with_the_time_already_used():
    story = given().when("2h", Resolve()).when("50h", Reopen(reason="r"))
    assert story.clock("resolution").due_at == instant("56h")


def test_the_time_it_lay_closed_does_not_count_either():
    story = given().when("2h", Resolve()).when("3h", Close())
    story.when("50h", Reopen(reason="r"))
    assert story.clock("resolution").due_at == instant("56h")


def test_the_first_verdict_stays():
    story = given().when("2h", Resolve()).when("50h", Reopen(reason="r"))
    assert [c.state for c in story.ticket.clocks] == ["met", "running"]


def test_a_resolution_that_was_missed_starts_a_new_cycle():
    story = given().when("9h", Resolve()).when("50h", Reopen(reason="r"))
    clock = story.clock("resolution")
    assert (clock.cycle, clock.due_at) == (2, instant("58h"))


def test_the_second_cycle_is_judged_for_itself():
    story = given().when("9h", Resolve()).when("50h", Reopen(reason="r"))
    story.when("51h", Resolve())
    assert story.log(SlaMet, SlaMissed) == ["PT9H sla.missed", "P2DT3H sla.met"]


def test_a_reopened_promise_does_not_warn_again_of_what_has_passed():
    story = given().when("5h", Resolve()).when("50h", Reopen(reason="r")).enforce("52h")
    assert story.log(SlaWarned) == ["PT4H sla.warned"]


def test_the_customer_s_word_reopens():
    assert given().when("2h", Resolve(), CUSTOMER).ticket.reopen_count == 1


def test_a_change_while_it_was_resolved_counts_when_it_is_reopened():
    story = given().when("2h", Resolve()).when("3h", HIGH)
    story.when("50h", Reopen(reason="r"))
    assert story.clock("resolution").due_at == instant("52h")


def test_what_came_to_be_promised_while_it_was_resolved_starts_when_it_is_reopened():
    story = given(TYPED, type="other").when("1h", Resolve(), QUESTION)
    story.when("5h", Reopen(reason="r"))
    assert story.clock("resolution").due_at == instant("13h")


@pytest.mark.parametrize("close", [Resolve(), Close()])
def test_a_finished_ticket_has_nothing_due(close):
    story = given(customer=Customer(external_id="c", tier="gold")).when("1h", close)
    assert story.enforce("99h").log("sla")[-1] == "PT1H sla.met"


def test_without_rules_a_reopened_ticket_is_promised_nothing():
    story = Story(world()).when("1h", Resolve(), Reopen(reason="r"))
    assert story.ticket.clocks == ()


def test_a_first_response_is_not_promised_twice():
    story = Story(promising({"first_response": "1h"})).when("1m", ANSWER, Resolve())
    story.when("2h", Reopen(reason="r"))
    assert len(story.ticket.clocks) == 1
