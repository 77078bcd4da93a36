"""Of escalation policies: what is probably unintended is said."""

import pytest

from tests.support.dsl import NOON
from tests.support.lint import (
    ASSIGNEE,
    BOTH,
    FIRST,
    PEOPLE,
    TOLD,
    escalation_policy,
    given,
    rule,
    said,
    sla,
    to,
)

TURNS = {"start": "2026-01-05T09:00", "unit": "day", "people": ["bo"]}


def climbing(*steps, targets=BOTH, **fields):
    """A second version of a ladder that a policy escalates by."""
    config = given(
        escalation_policies={"climb": escalation_policy(ASSIGNEE)},
        sla_policies={"care": sla(rule(targets), escalation_policy="climb")},
    )
    return said(
        "escalation-policies", escalation_policy(*steps, **fields), config, "climb"
    )


def test_an_escalation_policy_that_works_is_not_warned_of():
    assert climbing(ASSIGNEE, to({"team": "second"}, after="1h")) == {}


@pytest.mark.parametrize(
    ("target", "pointer", "words"),
    [
        ({"team": "none"}, "team", "none has no members"),
        ({"least_loaded": "none"}, "least_loaded", "none has no members"),
        ({"lead_of": "second"}, "lead_of", "second has no lead"),
        ({"agent": "gone"}, "agent", "reaches nobody: not active: gone"),
        ({"team": "left"}, "team", "reaches nobody: not active: gone"),
        ({"team": "half"}, "team", "not active: gone"),
        ({"agent": "mute"}, "agent", "no notification channel configured for: mute"),
        (
            {"skilled": {"team": "second", "needs": {"latin": 1}}},
            "skilled",
            "nobody in second has any of the skills: latin",
        ),
        (
            {"manager_of": "assignee", "depth": 2},
            "manager_of",
            "nobody has a manager at level 2: reaches nobody",
        ),
        (
            {"manager_of": "assignee", "up_to": 2},
            "manager_of",
            "nobody has a manager at level 2: reaches at most 1 of them",
        ),
    ],
)
def test_esc_079_a_step_that_reaches_nobody_is_named(target, pointer, words):
    config = given(
        agents=PEOPLE | {"gone": TOLD | {"active": False}, "mute": {"name": "M"}},
        teams={
            "none": {"members": []},
            "second": {"members": ["bo", "chen"]},
            "left": {"members": ["gone"]},
            "half": {"members": ["bo", "gone"]},
        },
    )
    found = said("escalation-policies", escalation_policy(to(target)), config)
    assert words in found[f"/steps/0/targets/0/{pointer}"]


def test_esc_080_an_escalation_policy_that_no_policy_uses_is_named():
    config = given(escalation_policies={"climb": escalation_policy(ASSIGNEE)})
    found = said(
        "escalation-policies", escalation_policy(ASSIGNEE, repeat=1), config, "climb"
    )
    assert found == {"": "no SLA policy uses it"}


def test_an_escalation_policy_that_is_new_cannot_be_used_yet():
    assert said("escalation-policies", escalation_policy(ASSIGNEE)) == {}


def test_a_step_after_one_that_finishes_the_ticket_is_never_reached():
    done = {"after": "1h", "status": "resolved"}
    found = climbing(ASSIGNEE, done, to({"agent": "bo"}, after="2h"))
    assert list(found) == ["/steps/2"]
    assert "never reached: /steps/1 finishes the ticket" in found["/steps/2"]


def test_a_step_after_one_that_finishes_the_ticket_under_a_condition_is_reached():
    done = {"after": "1h", "status": "closed", "when": {"tier": "standard"}}
    assert climbing(ASSIGNEE, done, to({"agent": "bo"}, after="2h")) == {}


def test_rounds_after_a_step_that_finishes_the_ticket_are_never_reached():
    found = climbing(ASSIGNEE, {"after": "1h", "status": "closed"}, repeat=1)
    assert "never repeated: /steps/1" in found["/repeat"]


def test_steps_before_the_breach_are_taken_once_and_a_repeat_of_them_is_said():
    found = climbing(ASSIGNEE | {"after": "50%"}, repeat=2)
    assert "never repeated" in found["/repeat"]


def test_a_step_that_comes_after_one_below_it_is_named():
    pair = ASSIGNEE | {"after": "-PT1H"}, to({"agent": "bo"}, after="80%")
    found = climbing(*pair, targets={"first_response": "10h"})
    assert found["/steps/0/after"].endswith("for: first_response PT10H of care")


def test_a_step_that_comes_before_one_below_it_is_fine():
    pair = ASSIGNEE | {"after": "-PT1H"}, to({"agent": "bo"}, after="80%")
    assert climbing(*pair, targets={"first_response": "4h"}) == {}


def test_the_policy_by_which_steps_come_the_other_way_round_hears_of_it_too():
    pair = ASSIGNEE | {"after": "-PT1H"}, to({"agent": "bo"}, after="80%")
    config = given(escalation_policies={"climb": escalation_policy(*pair)})
    document = sla(rule({"first_response": "10h"}), escalation_policy="climb")
    found = said("sla-policies", document, config)
    assert "its /steps/0 is due after a later step" in found["/escalation_policy"]


def test_a_webhook_that_is_none_is_named():
    found = climbing(to({"webhook": "bo"}))
    assert "bo has no webhook" in found["/steps/0/targets/0/webhook"]


def test_a_step_that_turns_the_status_is_not_the_one_before_it_again():
    assert climbing(ASSIGNEE, ASSIGNEE | {"after": "1h", "status": "on_hold"}) == {}


def test_esc_080_an_escalation_policy_that_outlasts_the_promises_is_named():
    found = climbing(ASSIGNEE, to({"agent": "bo"}, after="3h"), repeat=2)
    assert "takes PT15H" in found["/steps"]
    assert "longest promise of care: resolution PT8H" in found["/steps"]


def test_an_escalation_policy_as_long_as_the_longest_promise_is_fine():
    assert climbing(ASSIGNEE, to({"agent": "bo"}, after="8h")) == {}


def test_a_step_before_the_start_of_every_promise_is_named():
    found = climbing(ASSIGNEE | {"after": "-PT2H"}, targets=FIRST)
    assert "first_response PT1H of care" in found["/steps/0/after"]


def test_the_policy_that_takes_up_such_an_escalation_policy_hears_of_it_too():
    steps = ASSIGNEE | {"after": "-PT2H"}
    config = given(escalation_policies={"climb": escalation_policy(steps)})
    found = said("sla-policies", sla(rule(), escalation_policy="climb"), config)
    assert "/steps/0 comes before the ticket is opened" in found["/escalation_policy"]


def test_a_step_for_the_same_people_as_the_one_before_is_named():
    pair = to({"agent": "bo"}, {"agent": "chen"}, after="1h")
    found = climbing(to({"team": "second"}), pair)
    assert "the same people" in found["/steps/1/targets"]


def test_the_assignee_again_after_the_ticket_was_handed_over_is_somebody_else():
    moves = ASSIGNEE | {"reassign": {"team": "second"}}
    assert climbing(moves, ASSIGNEE | {"after": "1h"}) == {}


def test_a_step_whose_condition_never_holds_is_named():
    found = climbing(ASSIGNEE | {"when": {"status": "open", "finished": True}})
    assert "never taken" in found["/steps/0/when"]


def test_holding_for_a_shift_where_no_step_asks_for_one_is_named():
    assert "no step targets" in climbing(ASSIGNEE, nobody="hold PT1H")["/nobody"]


def test_hours_of_a_schedule_that_nobody_covers_are_named():
    layer = {"name": "base", "rotation": TURNS, "restrict": [{"to": "20:00"}]}
    config = given(schedules={"front": {"tz": "UTC", "layers": [layer]}})
    steps = escalation_policy(to({"on_call": "front"}))
    found = said("escalation-policies", steps, config, at=NOON)
    assert "front: nobody is on call for" in found["/steps/0/targets/0/on_call"]
